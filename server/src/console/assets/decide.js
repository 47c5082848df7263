// The queue of decisions under the fingers. Keys that press something are console.js's (data-key); here is what
// follows a press. Everything can be done with Tab and Enter as well, and the page works without this file.
(() => {
  "use strict";
  const OFF = "decide.keys.off";
  const help = document.getElementById("keys");
  const toggle = document.getElementById("keys-on");
  const isOff = localStorage.getItem(OFF) === "1";
  const isTyping = (target) => target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select");

  if (isOff) for (const element of document.querySelectorAll("main [data-key]")) delete element.dataset.key;

  // A value picked by its number has the focus, so that Enter decides; another value is typed right away.
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".choice input[type=radio]")) return;
    const typed = event.target.closest(".choice").querySelector("[data-typed]");
    (typed ?? event.target).focus();
  });

  // Shift and a digit give a reason, wherever the digit alone picks a value.
  document.addEventListener("keydown", (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    if (!digit || !event.shiftKey || event.ctrlKey || event.altKey || isOff || isTyping(event.target)) return;
    const reason = document.querySelector(`[data-reason="${digit}"]`);
    if (!reason || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    reason.checked = true;
  });

  // Where several answers follow, Enter after own words decides nothing yet: the answers have the focus then.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-reason-own]")) return;
    const form = event.target.form;
    const answers = form.querySelectorAll("button[type=submit]");
    if (answers.length < 2 || form.querySelector("[data-decide]")) return;
    event.preventDefault();
    answers[0].focus();
  });

  // Whoever types another value means it.
  document.addEventListener("input", (event) => {
    const radio = event.target.matches("[data-typed]") && event.target.closest(".choice")?.querySelector("input[type=radio]");
    if (radio) radio.checked = true;
  });

  // Where a choice or a button has the focus, Enter does the right thing by itself.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== document.body || isOff || document.querySelector("dialog[open]")) return;
    const decide = document.querySelector("[data-decide]");
    if (!decide) return;
    event.preventDefault();
    decide.click();
  });

  document.querySelector(".decide-row [aria-current]")?.scrollIntoView({ block: "nearest" });

  if (help && toggle) {
    toggle.checked = !isOff;
    toggle.addEventListener("change", () => {
      localStorage.setItem(OFF, toggle.checked ? "0" : "1");
      location.reload();
    });
    for (const opener of document.querySelectorAll("[data-help]")) {
      opener.hidden = false;
      opener.addEventListener("click", () => help.showModal());
    }
  }
})();
