/* What Studio does when a block's editor says "save", "cancel" or "error", and one trap: a global AMD `define`. */
(function ($) {
  "use strict";

  // Studio has RequireJS. A script that registers itself there instead of on `window` cannot be found by its block.
  window.define = function () {};
  window.define.amd = {};

  const dialog = document.querySelector("[data-editor-back]");
  const note = document.querySelector("[data-studio-note]");

  function show(kind, title, message) {
    if (!note) return;
    note.className = "note note-" + kind;
    note.replaceChildren();
    const strong = document.createElement("strong");
    strong.textContent = title;
    note.append(strong);
    if (message) note.append(" " + message);
    note.hidden = false;
  }

  function leave() {
    if (!dialog) return window.location.reload();
    window.location.assign(dialog.dataset.editorBack);
  }

  $(document)
    .on("studio:save", function (_event, data) {
      if (data.state === "start") show("busy", data.message || "Saving");
      if (data.state === "end") leave();
    })
    .on("studio:cancel", leave)
    .on("studio:error", function (_event, data) {
      const message = data.message || data.msg;
      // The platform's own default title, so that a block that gives none is noticed.
      if (message) show("error", data.title || "OpenAssessment Save Error", message);
    });

  document.addEventListener("keydown", function (event) {
    if (dialog && event.key === "Escape" && !event.defaultPrevented) leave();
  });
})(window.jQuery);
