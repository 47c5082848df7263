// Settings: the address phones use is most often the one this page was opened by; a ticked hamlet ticks its households.
"use strict";
const address = document.querySelector(".origin input");
if (address && !address.value) address.value = location.origin;
for (const hamlet of document.querySelectorAll("fieldset.hamlet")) {
  const whole = hamlet.querySelector('input[name="hamlet"]');
  whole?.addEventListener("change", () => {
    for (const box of hamlet.querySelectorAll('input[name="household"]')) box.checked = whole.checked;
  });
}
