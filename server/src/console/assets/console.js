// Small conveniences. Every page works without this file.
(() => {
  "use strict";
  // A button that can't be taken back easily asks once more.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    const question = button?.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    // Nothing is sent twice by a second press; what downloads a file may be pressed again.
    const form = event.target;
    if (form.dataset.sent && form.method === "post" && !form.hasAttribute("data-again")) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
  });
  // Back from the browser's memory: forms may be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  // One key presses the first visible button or link that names it in data-key, unless something is being typed.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    if (typing || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const pressed = [...document.querySelectorAll("[data-key]")].find(
      (element) => element.dataset.key === key && element.offsetParent !== null && !element.disabled,
    );
    if (!pressed) return;
    event.preventDefault();
    pressed.click();
  });
  // A file too large for the server is told before it travels.
  document.addEventListener("change", (event) => {
    const input = event.target;
    const most = Number(input.dataset?.bytesMax ?? 0);
    const file = input.files?.[0];
    if (most && file) input.setCustomValidity(file.size > most ? input.dataset.tooLarge : "");
    if (most && file && file.size > most) input.reportValidity();
  });
  for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
})();
