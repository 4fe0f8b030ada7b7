/* Somebody else saved this session while the form was open: what differs, and whose values stand. */
(function () {
  "use strict";

  window.ZoomXBlockEditor.parts.conflict = function (form) {
    const { at, args, text, controls } = form;
    const table = args.fields;
    let initial = form.snapshot();
    let conflict = null;

    function inWords(name, value) {
      if (table[name].shape === "yes") return value ? text.yes : text.no;
      const control = controls[name][0];
      if (control.tagName === "SELECT") {
        const option = Array.from(control.options).find((one) => one.value === String(value));
        return option ? option.text : String(value);
      }
      if (Array.isArray(value) || control.type === "radio") {
        const wanted = [].concat(value).map(String);
        const chosen = controls[name].filter((one) => wanted.includes(one.value));
        const names = chosen.map((one) => (one.parentElement.querySelector(".zoom-xblock__card-name") || one.parentElement).textContent.trim());
        return names.join(", ") || text.nothing;
      }
      return String(value) || text.nothing;
    }

    function takeTokens() {
      form.tokens.seen = conflict.seen;
      form.tokens.wishesSeen = conflict.wishesSeen;
    }

    form.showConflict = function (answer) {
      conflict = answer.changed;
      const other = args.order.filter(function (name) {
        return controls[name].length && name in conflict.theirs && String(conflict.theirs[name]) !== String(initial[name]);
      });
      const said = other.map((name) => form.fill(text.theyHave, { field: table[name].label, value: inWords(name, conflict.theirs[name]) }));
      form.refill(at["conflict-list"], said.length ? said : conflict.fields);
      at["conflict-text"].textContent = answer.message;
      at.conflict.hidden = false;
      at.conflict.focus();
    };

    at.mine.addEventListener("click", function () {
      takeTokens();
      form.save();
    });
    at.theirs.addEventListener("click", function () {
      takeTokens();
      args.order.forEach(function (name) {
        if (name in conflict.theirs) form.write(name, conflict.theirs[name]);
      });
      initial = form.snapshot();
      form.clearErrors();
      at.done.textContent = text.theirsLoaded;
      form.refresh();
      form.check();
      controls.display_name[0].focus();
    });
  };
})();
