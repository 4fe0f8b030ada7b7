/* The page of a course's sessions in Studio: several are selected, dated and made at once; what became of each stands beside it. */
(function () {
  "use strict";

  const form = document.querySelector("[data-zoom-make]");
  if (!form) return;
  const text = JSON.parse(document.getElementById("zoom-course-text").textContent);
  const status = form.querySelector("[data-status]");
  const error = form.querySelector("[data-error]");
  const all = form.querySelector("[data-all]");
  const make = form.querySelector("[data-make]");
  const chosen = form.querySelector("[data-selected]");
  let working = false;

  function rows() {
    return Array.from(form.querySelectorAll("[data-row]"));
  }

  function part(row, name) {
    return row.querySelector("[data-" + name + "]");
  }

  function selected() {
    return rows().filter(function (row) {
      return part(row, "select").checked;
    });
  }

  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (whole, name) {
      return name in values ? String(values[name]) : whole;
    });
  }

  function complain(sentence) {
    error.textContent = sentence;
    error.hidden = !sentence;
    if (sentence) error.focus();
  }

  function tell(row, ok, sentence) {
    const result = part(row, "result");
    result.textContent = sentence;
    result.hidden = !sentence;
    result.dataset.ok = ok ? "yes" : "no";
    ["date", "time"].forEach(function (name) {
      if (ok || !sentence) part(row, name).removeAttribute("aria-invalid");
      else part(row, name).setAttribute("aria-invalid", "true");
    });
  }

  function count() {
    const boxes = rows().filter(function (row) {
      return !part(row, "select").disabled;
    });
    const number = selected().length;
    chosen.textContent = number ? fill(text.selected, { count: number }) : "";
    all.checked = number > 0 && number === boxes.length;
    all.disabled = !boxes.length;
    // While it works it keeps the focus; with nothing left to make, the focus goes to what was said.
    make.setAttribute("aria-disabled", String(working));
    if (!boxes.length && document.activeElement === make) status.focus();
    make.disabled = !boxes.length;
  }

  /** A day so many weeks later; in UTC, so that no clock change makes it another day. */
  function later(day, weeks) {
    const moment = new Date(day + "T00:00:00Z");
    moment.setUTCDate(moment.getUTCDate() + weeks * 7);
    return isNaN(moment) ? "" : moment.toISOString().slice(0, 10);
  }

  form.querySelector("[data-shift]").addEventListener("click", function () {
    const weeks = Number(form.querySelector("[data-weeks]").value);
    complain("");
    if (!selected().length) return complain(text.none);
    if (!Number.isInteger(weeks) || weeks < 0 || weeks > 520) return form.querySelector("[data-weeks]").focus();
    let filled = 0;
    selected().forEach(function (row) {
      if (!row.dataset.planned) return;
      part(row, "date").value = later(row.dataset.planned, weeks);
      tell(row, true, "");
      filled += 1;
    });
    status.textContent = fill(text.shifted, { count: filled });
  });

  all.addEventListener("change", function () {
    rows().forEach(function (row) {
      const box = part(row, "select");
      if (!box.disabled) box.checked = all.checked;
    });
    count();
  });

  form.addEventListener("change", function (event) {
    if (event.target.matches("[data-date], [data-time]")) {
      const row = event.target.closest("[data-row]");
      const box = part(row, "select");
      // Whoever sets a date means this session.
      if (!box.disabled && part(row, "date").value) box.checked = true;
      tell(row, true, "");
    }
    count();
  });

  function answered(answer) {
    let focus = null;
    answer.rows.forEach(function (one) {
      const row = rows().find(function (each) {
        return each.dataset.row === one.usage_key;
      });
      if (!row) return;
      tell(row, one.ok, one.message);
      if (!one.ok) {
        focus = focus || part(row, "date");
        return;
      }
      part(row, "select").checked = false;
      part(row, "state").textContent = text.made;
      part(row, "state").dataset.tone = "good";
      ["select", "date", "time"].forEach(function (name) {
        part(row, name).disabled = true;
      });
    });
    status.textContent = answer.message;
    if (focus) focus.focus();
    else if (document.activeElement === make) status.scrollIntoView({ block: "nearest" });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (working) return;
    complain("");
    const wanted = selected();
    if (!wanted.length) return complain(text.none);
    if (wanted.length > Number(form.dataset.most)) return complain(text.many);
    const empty = wanted.filter(function (row) {
      const lacks = !part(row, "date").value || !part(row, "time").value;
      if (lacks) tell(row, false, text.dateless);
      return lacks;
    });
    if (empty.length) return part(empty[0], part(empty[0], "date").value ? "time" : "date").focus();
    working = true;
    status.textContent = text.working;
    form.setAttribute("aria-busy", "true");
    count();
    window
      .fetch(form.dataset.zoomMake, {
        method: "POST",
        credentials: "same-origin",
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
        },
        body: JSON.stringify({
          rows: wanted.map(function (row) {
            return { usage_key: row.dataset.row, date: part(row, "date").value, time: part(row, "time").value };
          }),
        }),
      })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (!response.ok) throw new Error(answer.message || text.failed);
          answered(answer);
        });
      })
      .catch(function (problem) {
        status.textContent = "";
        complain(problem instanceof TypeError || problem instanceof SyntaxError ? text.failed : problem.message);
      })
      .finally(function () {
        working = false;
        form.removeAttribute("aria-busy");
        count();
      });
  });

  count();
})();
