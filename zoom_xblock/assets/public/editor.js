/*
 * The editor in Studio: gathers the form, saves it through the block's own handler, and says at each field what is wrong with it.
 *
 * Zoom decides while the author waits, so a save may take seconds and may be refused. Studio's "save" notice can only be ended by closing the
 * modal (`notify("save", {state: "end"})`); begun before a refusal it would stay on the page for good. So the waiting is shown here, and
 * Studio is told "start" and "end" together, once there is something to close for.
 */
(function () {
  "use strict";

  //: Zoom is given ten seconds for each of at most four calls.
  const REQUEST_TIMEOUT_SECONDS = 60;
  const FIELDS = [
    "display_name",
    "description",
    "start_date",
    "start_time",
    "time_zone",
    "duration_minutes",
    "required_minutes",
    "weight",
  ];
  //: In the order of the page. Date and time are one thing to us; their errors carry the name `starts_at`.
  const PLACES = ["kind", "display_name", "description", "starts_at", "time_zone", "duration_minutes", "required_minutes", "weight"];

  function csrfToken() {
    const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function twoDigits(number) {
    return String(number).padStart(2, "0");
  }

  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (whole, name) {
      return name in values ? values[name] : whole;
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
    const kinds = Array.from(root.querySelectorAll('[data-zoom="kind"]'));
    const text = args.text;
    let saving = false;

    // -- what the form says ----------------------------------------------------------------------------------------

    function values() {
      const gathered = {};
      FIELDS.forEach(function (name) {
        gathered[name] = at[name].value;
      });
      const chosen = kinds.find(function (radio) {
        return radio.checked;
      });
      gathered.kind = chosen ? chosen.value : "";
      gathered.has_score = at.has_score.checked;
      return gathered;
    }

    function fillIn() {
      if (!args.isNew) return;
      const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
      const known = Array.from(at.zones.options).some(function (option) {
        return option.value === own;
      });
      if (at.start_date.value) return;
      if (known) at.time_zone.value = own;
      // Tomorrow, at the next full hour of the author's clock.
      const start = new Date(Date.now() + 24 * 3600 * 1000);
      start.setHours(start.getHours() + 1, 0, 0, 0);
      at.start_date.value = [start.getFullYear(), twoDigits(start.getMonth() + 1), twoDigits(start.getDate())].join("-");
      at.start_time.value = twoDigits(start.getHours()) + ":00";
    }

    /** "Madrid", "new york" or "europe/berlin" become the zone that is meant, where only one can be. */
    function completeZone() {
      const typed = at.time_zone.value.trim().toLowerCase().replace(/ /g, "_");
      if (!typed) return;
      const names = Array.from(at.zones.options, function (option) {
        return option.value;
      });
      const same = names.filter(function (name) {
        return name.toLowerCase() === typed;
      });
      const found = same.length
        ? same
        : names.filter(function (name) {
            return name.toLowerCase().split("/").pop() === typed;
          });
      if (found.length === 1) at.time_zone.value = found[0];
    }

    // -- what lives while one types --------------------------------------------------------------------------------

    const unaided = { ends: at.ends.textContent, share: at.share.textContent };

    function whole(value) {
      return /^\d{1,5}$/.test(value) ? Number(value) : null;
    }

    function endTime() {
      const duration = whole(at.duration_minutes.value);
      // As UTC, because it is the wall clock that is counted on, in whatever zone.
      const start = Date.parse(at.start_date.value + "T" + at.start_time.value + "Z");
      if (!duration || Number.isNaN(start)) return "";
      const end = new Date(start + duration * 60000);
      const shown = { hour: "numeric", minute: "2-digit", timeZone: "UTC" };
      if (end.toISOString().slice(0, 10) !== at.start_date.value) Object.assign(shown, { weekday: "long", day: "numeric", month: "long" });
      try {
        return new Intl.DateTimeFormat(document.documentElement.lang || undefined, shown).format(end);
      } catch (_error) {
        return new Intl.DateTimeFormat(undefined, shown).format(end);
      }
    }

    function shareText() {
      const duration = whole(at.duration_minutes.value);
      const required = whole(at.required_minutes.value);
      if (duration === null || required === null || !duration) return unaided.share;
      if (required > duration) return text.tooLong;
      if (required === 0) return text.anyTime;
      return fill(text.share, { required: required, duration: duration, percent: Math.round((required * 100) / duration) });
    }

    function renderHelp() {
      at.counter.textContent = fill(text.counter, { count: at.description.value.length, limit: at.description.maxLength });
      const end = endTime();
      at.ends.textContent = end ? fill(text.ends, { time: end }) : unaided.ends;
      at.share.textContent = shareText();
      at["weight-field"].hidden = !at.has_score.checked;
    }

    // -- what is wrong ---------------------------------------------------------------------------------------------

    function controls(place) {
      if (place === "kind") return kinds;
      return place === "starts_at" ? [at.start_date, at.start_time] : [at[place]];
    }

    function clearError(place) {
      at["error-" + place].textContent = "";
      at["error-" + place].hidden = true;
      controls(place).forEach(function (control) {
        control.removeAttribute("aria-invalid");
      });
    }

    function showError(place, sentence) {
      at["error-" + place].textContent = sentence;
      at["error-" + place].hidden = false;
      controls(place).forEach(function (control) {
        control.setAttribute("aria-invalid", "true");
      });
    }

    function labelOf(place) {
      const group = root.querySelector('[data-field="' + place + '"]');
      return group.querySelector(".zoom-xblock__label, .zoom-xblock__sublabel").firstChild.data.trim();
    }

    function clearErrors() {
      PLACES.forEach(clearError);
      at.summary.hidden = true;
      at["summary-list"].replaceChildren();
    }

    function showErrors(errors, message) {
      const wrong = PLACES.filter(function (place) {
        return typeof errors[place] === "string";
      });
      wrong.forEach(function (place) {
        showError(place, errors[place]);
        const link = document.createElement("a");
        const target = controls(place)[0];
        link.href = "#" + target.id;
        link.target = "_self";
        link.textContent = labelOf(place) + ": " + errors[place];
        link.addEventListener("click", function (event) {
          event.preventDefault();
          target.focus();
        });
        const item = document.createElement("li");
        item.append(link);
        at["summary-list"].append(item);
      });
      at["summary-text"].textContent = message;
      at.summary.hidden = false;
      (wrong.length ? controls(wrong[0])[0] : at.summary).focus();
    }

    // -- saving ----------------------------------------------------------------------------------------------------

    function setSaving(isSaving) {
      saving = isSaving;
      at.save.disabled = isSaving;
      at.cancel.disabled = isSaving;
      at.form.setAttribute("aria-busy", String(isSaving));
      at.progress.textContent = isSaving ? text.saving : "";
    }

    function close(message) {
      runtime.notify("save", { state: "start", message: message });
      runtime.notify("save", { state: "end" });
    }

    function showNotes(answer) {
      at.form.classList.add("is-saved");
      at.fields.hidden = true;
      at.save.hidden = true;
      at.cancel.hidden = true;
      at.close.hidden = false;
      at["notes-list"].replaceChildren();
      answer.notes.forEach(function (note) {
        const item = document.createElement("li");
        item.textContent = note;
        at["notes-list"].append(item);
      });
      at.notes.hidden = false;
      at.close.addEventListener("click", function () {
        close(answer.message);
      });
      at.notes.focus();
    }

    function accept(answer) {
      setSaving(false);
      if (!answer || answer.saved !== true) {
        const refusal = answer || {};
        showErrors(refusal.errors || {}, refusal.message || text.failed);
      } else if (answer.notes && answer.notes.length) {
        showNotes(answer);
      } else {
        close(answer.message || text.saved);
      }
    }

    function fail(sentence) {
      setSaving(false);
      showErrors({}, sentence);
      runtime.notify("error", { title: text.title, message: sentence });
    }

    function save() {
      if (saving) return;
      clearErrors();
      setSaving(true);
      const limit = new AbortController();
      const alarm = window.setTimeout(function () {
        limit.abort();
      }, REQUEST_TIMEOUT_SECONDS * 1000);
      window
        .fetch(runtime.handlerUrl(element, "save_session"), {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
          body: JSON.stringify(values()),
          signal: limit.signal,
        })
        .then(function (response) {
          if (response.status === 401 || response.status === 403) {
            setSaving(false);
            showErrors({}, text.forbidden);
            return null;
          }
          if (!response.ok) throw new Error(String(response.status));
          return response.json().then(accept);
        })
        .catch(function () {
          fail(text.failed);
        })
        .then(function () {
          window.clearTimeout(alarm);
        });
    }

    // -- the start -------------------------------------------------------------------------------------------------

    fillIn();
    renderHelp();
    at.form.addEventListener("submit", function (event) {
      event.preventDefault();
      save();
    });
    at.form.addEventListener("input", function (event) {
      renderHelp();
      const group = event.target.closest("[data-field]");
      const place = group ? group.getAttribute("data-field") : "";
      if (PLACES.includes(place)) clearError(place);
    });
    at.time_zone.addEventListener("change", completeZone);
    at.time_zone.addEventListener("focus", function () {
      // The browser lists only what contains the text; with the text marked, typing begins a new search.
      at.time_zone.select();
    });
    Array.from(at.zones.options).forEach(function (option) {
      if (option.value.includes("_")) option.label = option.value.replace(/_/g, " ");
    });
    at.form.addEventListener("keydown", function (event) {
      // A page around us may close the modal on Escape, and what was typed would be lost.
      if (event.key === "Escape" && event.target.matches("input, textarea")) event.stopPropagation();
    });
    at.cancel.addEventListener("click", function () {
      runtime.notify("cancel", {});
    });
  }

  window.ZoomXBlockEditor = Editor;
})();
