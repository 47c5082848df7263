// Keys of the queue. An element says with aria-keyshortcuts which key it answers to; everything can be done
// with Tab and Enter as well, and the page works without this file.
"use strict";
(() => {
  const OFF = "decide.keys.off";
  const help = document.getElementById("keys");
  const toggle = document.getElementById("keys-on");
  const isOff = () => localStorage.getItem(OFF) === "1";

  const isTyping = (element) =>
    element instanceof HTMLElement &&
    element.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=submit])");

  /** Letters under Vietnamese input methods and Caps Lock come as they are printed on the key. */
  const keyOf = (event) => (/^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key);

  const answer = (element) => {
    if (element.matches("input[type=radio]")) {
      element.checked = true;
      element.focus();
      // The field for another value stands right behind its choice.
      element.closest(".choice")?.querySelector("[data-typed]")?.focus();
    } else {
      element.click();
    }
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (isTyping(event.target) || isOff() || document.querySelector("dialog[open]")) return;
    const key = keyOf(event);
    if (key === "Enter") {
      // Where a choice or a button has the focus, Enter does the right thing by itself.
      if (event.target !== document.body) return;
      const confirm = document.querySelector("[data-confirm]");
      if (confirm) {
        event.preventDefault();
        confirm.click();
      }
      return;
    }
    const wanted =
      key === "u"
        ? document.querySelector('form[action$="/undo"] button')
        : document.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]:not([disabled])`);
    if (wanted) {
      event.preventDefault();
      answer(wanted);
    }
  });

  // Whoever types another value means it.
  for (const typed of document.querySelectorAll("[data-typed]")) {
    typed.addEventListener("input", () => {
      const radio = typed.closest(".choice")?.querySelector("input[type=radio]");
      if (radio) radio.checked = true;
    });
  }

  // A second Enter while the page is on its way must not decide the next item unseen.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) delete form.dataset.sent;
  });

  document.querySelector(".decide-row [aria-current]")?.scrollIntoView({ block: "nearest" });

  if (help && toggle) {
    toggle.checked = !isOff();
    toggle.addEventListener("change", () => localStorage.setItem(OFF, toggle.checked ? "0" : "1"));
    for (const opener of document.querySelectorAll("[data-help]")) {
      opener.hidden = false;
      opener.addEventListener("click", () => help.showModal());
    }
  }
})();
