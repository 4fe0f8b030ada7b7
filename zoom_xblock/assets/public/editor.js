/*
 * The editor in Studio: the form and its table of fields, what is checked while one types, and the save.
 *
 * The table (limits, conditions, messages) comes from the server, which checks everything once more; no text and no rule is written here. Single
 * dates and existing sessions have files of their own, which hang their part on the one name that this file gives to the page.
 *
 * Zoom decides while the author waits, so a save may take seconds and may be refused. Studio's "save" notice can only be ended by closing the
 * modal (`notify("save", {state: "end"})`); begun before a refusal it would stay on the page for good. So the waiting is shown here, and
 * Studio is told "start" and "end" together, once there is something to close for.
 */
(function () {
  "use strict";

  //: Zoom is given ten seconds for each of at most a handful of calls.
  const REQUEST_TIMEOUT_SECONDS = 60;
  const CHECK_AFTER_MS = 450;

  const { fill } = window.ZoomXBlockShared;

  function refill(list, texts) {
    list.replaceChildren();
    texts.forEach(function (text) {
      const item = document.createElement("li");
      item.textContent = text;
      list.append(item);
    });
  }

  function Editor(runtime, element, args) {
    const holder = element.jquery || (element.length && !element.nodeType) ? element[0] : element;
    const root = holder.querySelector(".zoom-xblock--editor");
    if (!root) return;

    const at = {};
    root.querySelectorAll("[data-zoom]").forEach(function (node) {
      at[node.getAttribute("data-zoom")] = node;
    });
    const text = args.text;
    const table = args.fields;
    const form = { root: root, at: at, args: args, text: text, fill: fill, mode: "new" };
    const tokens = { seen: args.seen, wishesSeen: args.wishesSeen };
    let [isBusy, isPressed, twice] = [false, false, false];
    let planned = "";

    // -- the fields ------------------------------------------------------------------------------------------------

    const controls = {};
    args.order.forEach(function (name) {
      controls[name] = Array.from(root.querySelectorAll('[data-control="' + name + '"]'));
    });

    function read(name) {
      const found = controls[name];
      const shape = table[name].shape;
      if (!found.length) return args.values[name];
      if (shape === "yes") return found[0].checked;
      if (shape === "days")
        return found.filter((box) => box.checked).map((box) => Number(box.value));
      if (found[0].type === "radio") return (found.find((radio) => radio.checked) || { value: "" }).value;
      return found[0].value;
    }

    function write(name, value) {
      const found = controls[name];
      if (!found.length) return;
      if (table[name].shape === "yes") found[0].checked = value === true;
      else if (table[name].shape === "days") found.forEach((box) => (box.checked = (value || []).includes(Number(box.value))));
      else if (found[0].type === "radio") found.forEach((radio) => (radio.checked = radio.value === String(value)));
      else found[0].value = value;
    }

    function matters(name) {
      if (form.mode === "existing" && table[name].ofSession) return false;
      if (name === "start_fold" && !twice) return false;
      return table[name].onlyIf.every((condition) => condition[1].includes(read(condition[0])));
    }

    function values() {
      const gathered = {};
      args.order.forEach(function (name) {
        if (controls[name].length && matters(name)) gathered[name] = read(name);
      });
      return gathered;
    }

    function snapshot() {
      const taken = {};
      args.order.forEach(function (name) {
        taken[name] = read(name);
      });
      return taken;
    }

    // -- what lives while one types --------------------------------------------------------------------------------

    function refresh() {
      args.order.forEach(function (name) {
        const place = root.querySelector('[data-field="' + name + '"]');
        if (place) place.hidden = !matters(name);
      });
      root.querySelectorAll("[data-group]").forEach(function (group) {
        group.hidden = form.mode === "existing" && !group.querySelector("[data-field]:not([hidden])");
      });
      at.session.hidden = form.mode === "existing";
      at.unit.textContent = text["interval_" + read("every")] || "";
      if (form.showHelp) form.showHelp();
    }

    // -- what is known before a save: the server says it, without asking Zoom --------------------------------------

    /** What the dates of a series follow from: as it is at Zoom, they are listed there already. */
    function plan() {
      const parts = args.order.filter((name) => name.startsWith("start_") || name === "time_zone" || table[name].group === "repetition");
      return JSON.stringify(parts.map(read));
    }

    let checking = 0;
    let alarm = 0;

    function checkLater() {
      window.clearTimeout(alarm);
      alarm = window.setTimeout(check, CHECK_AFTER_MS);
    }

    function check() {
      if (form.mode === "existing" || isBusy) return;
      const mine = ++checking;
      post("check_session", values()).then(
        function (answer) {
          if (mine === checking && !isBusy) showChecked(answer);
        },
        function () {}, // a save says what is wrong
      );
    }

    function say(node, sentence) {
      if (node.textContent !== sentence) node.textContent = sentence;
    }

    function showChecked(answer) {
      say(at.when, answer.when || "");
      say(at.yours, answer.yours ? fill(text.yours, { time: answer.yours }) : "");
      twice = Boolean(answer.choice);
      say(at["fold-first"], twice ? answer.choice.first : "");
      say(at["fold-second"], twice ? answer.choice.second : "");
      ["starts_at", "until", "recurrence"].forEach(function (place) {
        if (answer.errors && answer.errors[place]) showError(place, answer.errors[place]);
      });
      at.preview.hidden = !answer.dates.length || (args.dates.length > 0 && plan() === planned);
      say(at["preview-title"], answer.datesTitle);
      refill(at["preview-list"], answer.dates);
      say(at.hint, answer.datesTitle && answer.dates.length ? answer.datesTitle : text.oneDate);
      say(at.recount, answer.recount || "");
      if (Array.from(at.warnings.children, (node) => node.textContent).join("\n") !== answer.warnings.join("\n")) {
        at.warnings.replaceChildren();
        answer.warnings.forEach(function (warning) {
          const line = document.createElement("p");
          line.className = "zoom-xblock__warning";
          line.textContent = warning;
          at.warnings.append(line);
        });
      }
      refresh();
    }

    // -- what is wrong ---------------------------------------------------------------------------------------------

    const places = Array.from(root.querySelectorAll('[data-zoom^="error-"]'), (node) => node.getAttribute("data-zoom").slice(6));

    function controlsAt(place) {
      if (place === "starts_at") return controls.start_date.concat(controls.start_time);
      if (controls[place] && controls[place].length) return controls[place];
      return at[place] ? [at[place]] : [];
    }

    function clearError(place) {
      const node = at["error-" + place];
      node.textContent = "";
      node.hidden = true;
      controlsAt(place).forEach((control) => control.removeAttribute("aria-invalid"));
    }

    function showError(place, sentence) {
      const node = at["error-" + place];
      if (!node) return;
      if (node.textContent !== sentence) node.textContent = sentence;
      node.hidden = false;
      controlsAt(place).forEach((control) => control.setAttribute("aria-invalid", "true"));
    }

    /** Once no button of a mouse is down: a message that appears in between moves the page, and the click goes astray. */
    function afterPress(work) {
      if (!isPressed) return work();
      root.addEventListener("pointerup", () => window.setTimeout(work), { once: true });
    }

    /** What the browser can tell by itself, from the same table and with the same words. */
    function checkField(name) {
      const rule = table[name];
      if (!rule || !matters(name) || !controls[name].length) return;
      const value = read(name);
      const isEmpty = value === "" || (Array.isArray(value) && !value.length);
      let slug = "";
      if (isEmpty) slug = rule.required ? "required" : "";
      else if (rule.shape === "number" && !/^[+-]?\d{1,6}$/.test(String(value).trim())) slug = "out_of_range";
      else if (["number", "points"].includes(rule.shape) && !(Number(value) >= rule.least && Number(value) <= rule.most))
        slug = rule.shape === "points" ? "points" : "out_of_range";
      else if (["text", "area"].includes(rule.shape) && rule.most && Array.from(value.trim()).length > rule.most) slug = "too_long";
      if (slug && rule.messages[slug]) showError(rule.place, rule.messages[slug]);
    }

    function labelOf(place) {
      return (table[place] && table[place].label) || text["place_" + place] || "";
    }

    function clearErrors() {
      places.forEach(clearError);
      [at.summary, at.conflict, at.agreement].forEach((panel) => (panel.hidden = true));
      at["summary-list"].replaceChildren();
      at.done.textContent = "";
    }

    function reveal(node) {
      for (let fold = node.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    }

    function showErrors(errors, message) {
      const wrong = places.filter((place) => typeof errors[place] === "string");
      at["summary-list"].replaceChildren();
      wrong.forEach(function (place) {
        showError(place, errors[place]);
        const target = controlsAt(place)[0] || at["error-" + place];
        reveal(at["error-" + place]);
        const link = document.createElement("a");
        link.href = "#" + (target.id || "");
        link.target = "_self";
        link.textContent = [labelOf(place), errors[place]].filter(Boolean).join(": ");
        link.addEventListener("click", function (event) {
          event.preventDefault();
          reveal(target);
          target.focus();
        });
        const item = document.createElement("li");
        item.append(link);
        at["summary-list"].append(item);
      });
      at["summary-text"].textContent = message;
      at.summary.hidden = false;
      const first = wrong.length ? controlsAt(wrong[0])[0] || at["error-" + wrong[0]] : at.summary;
      first.focus();
    }

    // -- asking the server -----------------------------------------------------------------------------------------

    /** The answer of one of the block's handlers. Rejects with "forbidden", or with "failed" where none came. */
    function post(handler, data) {
      const sent = Object.assign({ browser_zone: args.ownZone }, data);
      const address = runtime.handlerUrl(element, handler);
      return window.ZoomXBlockShared.post(address, sent, REQUEST_TIMEOUT_SECONDS).catch(function (error) {
        throw new Error(error.isRefusal ? "forbidden" : "failed");
      });
    }

    function setBusy(busy, sentence) {
      isBusy = busy;
      // Not `disabled`, which would take the focus from the button that was pressed.
      [at.save, at.cancel, at.mine, at.theirs, at.agree, at.disagree].forEach((button) => button.setAttribute("aria-disabled", String(busy)));
      at.form.setAttribute("aria-busy", String(busy));
      at.progress.textContent = busy ? sentence || text.saving : "";
    }

    /** Ask, and show that one waits; null where no answer came, which has been said then. */
    function ask(handler, data, sentence) {
      if (isBusy) return Promise.resolve(null);
      const isPanels = [at.summary, at.conflict, at.agreement].some((panel) => panel.contains(document.activeElement));
      clearErrors();
      setBusy(true, sentence);
      if (isPanels) at.save.focus(); // the panel is gone, and the button in it that was pressed
      return post(handler, data).then(
        function (answer) {
          setBusy(false);
          return answer || {};
        },
        function (error) {
          setBusy(false);
          const said = error.message === "forbidden" ? text.forbidden : text.failed;
          showErrors({}, said);
          if (error.message !== "forbidden") runtime.notify("error", { title: text.title, message: said });
          return null;
        },
      );
    }

    // -- saving ----------------------------------------------------------------------------------------------------

    function close(message) {
      runtime.notify("save", { state: "start", message: message });
      runtime.notify("save", { state: "end" });
    }

    function showNotes(answer) {
      at.form.classList.add("is-saved");
      [at.fields, at.save, at.cancel].forEach((node) => (node.hidden = true));
      at.close.hidden = false;
      refill(at["notes-list"], answer.notes);
      at.notes.hidden = false;
      at.close.addEventListener("click", () => close(answer.message));
      at.notes.focus();
    }

    function accept(answer) {
      if (!answer) return;
      if (answer.saved === true) {
        if (answer.notes && answer.notes.length) showNotes(answer);
        else close(answer.message || text.saved);
      } else if (answer.changed && form.showConflict) form.showConflict(answer);
      else if (answer.agreement && form.showAgreement) form.showAgreement(answer);
      else showErrors(answer.errors || {}, answer.message || text.failed);
    }

    function save() {
      if (form.mode === "existing") return form.link(false);
      const sent = Object.assign(values(), { seen: tokens.seen, wishes_seen: tokens.wishesSeen });
      return ask("save_session", sent).then(accept);
    }

    // -- the start -------------------------------------------------------------------------------------------------

    Object.assign(form, {
      accept: accept,
      ask: ask,
      check: checkLater,
      clearError: clearError,
      clearErrors: clearErrors,
      close: close,
      controls: controls,
      post: post,
      read: read,
      refill: refill,
      refresh: refresh,
      save: save,
      say: say,
      showErrors: showErrors,
      snapshot: snapshot,
      tokens: tokens,
      values: values,
      write: write,
    });
    Object.keys(Editor.parts).forEach((name) => Editor.parts[name](form));
    planned = plan();
    refresh();
    check();
    root.addEventListener("pointerdown", () => (isPressed = true));
    ["pointerup", "pointercancel"].forEach((name) => window.addEventListener(name, () => (isPressed = false)));
    at.form.addEventListener("submit", function (event) {
      event.preventDefault();
      save();
    });
    at.form.addEventListener("input", function (event) {
      const name = event.target.getAttribute("data-control");
      if (!name) return;
      refresh();
      clearError(table[name].place);
      if (table[name].group === "repetition") ["recurrence", "until"].forEach(clearError);
      checkLater();
    });
    at.form.addEventListener("change", function (event) {
      const name = event.target.getAttribute("data-control");
      if (!name) return;
      afterPress(() => checkField(name));
      checkLater();
    });
    at.form.addEventListener("keydown", function (event) {
      // A page around us may close the modal on Escape, and what was typed would be lost.
      if (event.key === "Escape" && event.target.matches("input, textarea, select")) event.stopPropagation();
    });
    at.cancel.addEventListener("click", () => isBusy || runtime.notify("cancel", {}));
  }

  //: By name: what adds a part to the form. Filled by the files beside this one.
  Editor.parts = Object.assign({}, window.ZoomXBlockEditor && window.ZoomXBlockEditor.parts);
  window.ZoomXBlockEditor = Editor;
})();
