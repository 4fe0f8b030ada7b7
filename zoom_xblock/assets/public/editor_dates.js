/* The dates of a series that is at Zoom: each can be moved or removed, at once and by itself. */
(function () {
  "use strict";

  window.ZoomXBlockEditor.parts.dates = function (form) {
    const { at, args, text } = form;
    let dates = args.dates;

    function make(tag, className, content) {
      const node = document.createElement(tag);
      if (className) node.className = className;
      if (content) node.textContent = content;
      return node;
    }

    function button(label, quiet) {
      const node = make("button", "zoom-xblock__button zoom-xblock__button--small" + (quiet ? " zoom-xblock__button--quiet" : ""), label);
      node.type = "button";
      return node;
    }

    function input(type, label, value, id) {
      const cell = make("div", "zoom-xblock__cell");
      const name = make("label", "zoom-xblock__sublabel", label);
      const field = make("input", "zoom-xblock__input");
      name.htmlFor = field.id = id;
      field.type = type;
      field.value = value;
      field.required = true;
      field.setAttribute("aria-describedby", at["error-date"].id);
      cell.append(name, field);
      return { cell: cell, field: field };
    }

    /** The answer to a change of one date: the list as it is now. The focus stays near where it was. */
    function take(answer, index) {
      if (!answer) return;
      if (answer.saved !== true) {
        form.showErrors({}, answer.message || text.failed);
        at["error-date"].textContent = (answer.errors && answer.errors.date) || answer.message || text.failed;
        at["error-date"].hidden = false;
        return;
      }
      form.tokens.seen = answer.seen;
      dates = answer.dates;
      show();
      at.done.textContent = [answer.message].concat(answer.notes || []).join(" ");
      const lines = Array.from(at["dates-list"].children, (item) => item.querySelector("button"));
      // A date that was removed stays in the list, and has nothing to press any more.
      (lines.slice(index).find(Boolean) || lines.findLast(Boolean) || at["dates-list"]).focus();
    }

    function asking(item, one, index) {
      const box = make("div", "zoom-xblock__date-form");
      const yes = button(text.yesRemove);
      const no = button(text.keep, true);
      box.append(make("p", "", text.reallyRemove), yes, no);
      yes.addEventListener("click", () => form.ask("remove_date", { occurrence_id: one.id }).then((answer) => take(answer, index)));
      no.addEventListener("click", () => show(index));
      item.append(box);
      no.focus();
    }

    function moving(item, one, index) {
      const box = make("div", "zoom-xblock__date-form");
      const row = make("div", "zoom-xblock__row");
      const id = at["error-date"].id + "-" + index;
      const day = input("date", text.date, one.start_date, id + "-day");
      const time = input("time", text.time, one.start_time, id + "-time");
      const minutes = input("number", text.duration, one.duration_minutes, id + "-minutes");
      minutes.field.min = args.fields.duration_minutes.least;
      minutes.field.max = args.fields.duration_minutes.most;
      const saveIt = button(text.saveDate);
      const cancel = button(text.cancel, true);
      function send() {
        const sent = { occurrence_id: one.id, start_date: day.field.value, start_time: time.field.value, duration_minutes: minutes.field.value };
        form.ask("move_date", sent).then((answer) => take(answer, index));
      }
      row.append(day.cell, time.cell, minutes.cell);
      box.append(row, saveIt, cancel);
      box.addEventListener("keydown", function (event) {
        if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
        event.preventDefault(); // saves this date, not the form
        send();
      });
      saveIt.addEventListener("click", send);
      cancel.addEventListener("click", () => show(index));
      item.append(box);
      day.field.focus();
    }

    function line(one, index) {
      const item = make("li", one.is_removed || one.is_over ? "is-off" : "");
      item.append(make("span", "", one.text));
      if (one.state) item.append(make("span", "zoom-xblock__badge", one.state));
      if (one.is_removed || one.is_over) return item;
      const tools = make("span", "zoom-xblock__date-tools");
      const move = button(text.move, true);
      const remove = button(text.remove, true);
      move.setAttribute("aria-label", form.fill(text.moveOf, { date: one.text }));
      remove.setAttribute("aria-label", form.fill(text.removeOf, { date: one.text }));
      [[move, moving], [remove, asking]].forEach(function ([tool, open]) {
        tool.addEventListener("click", function () {
          tools.hidden = true;
          open(item, one, index);
        });
      });
      tools.append(move, remove);
      item.append(tools);
      return item;
    }

    function show(focusOn) {
      at.dates.hidden = !dates.length;
      at["error-date"].hidden = true;
      at["dates-list"].replaceChildren(...dates.map(line));
      if (focusOn !== undefined) at["dates-list"].children[focusOn].querySelector("button").focus();
    }

    at["dates-list"].tabIndex = -1;
    show();
  };
})();
