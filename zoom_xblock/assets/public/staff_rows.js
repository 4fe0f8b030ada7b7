/*
 * The rows of the course team's table: `ZoomXBlockRows(text, hooks)` gives a function that makes the rows of a page. Names are what people typed
 * somewhere: they enter the page as text alone.
 */
(function () {
  "use strict";

  //: Columns of the table.
  const COLUMNS = 10;

  const { fill, make } = window.ZoomXBlockShared;

  function Rows(text, hooks) {
    function cell(line, value, className) {
      const node = make("td", className, value);
      line.appendChild(node);
      return node;
    }

    function button(label, spoken, focus, onClick) {
      const node = make("button", "zoom-staff__small", label);
      node.type = "button";
      node.setAttribute("aria-label", spoken);
      node.setAttribute("data-focus", focus);
      node.addEventListener("click", onClick);
      return node;
    }

    function tableRow(row) {
      const line = make("tr");
      line.dataset.complete = row.complete ? "yes" : "no";
      const pick = make("input", "zoom-staff__check");
      pick.type = "checkbox";
      pick.checked = hooks.isChosen(row.id);
      pick.setAttribute("aria-label", fill(text.select, { name: row.name }));
      pick.setAttribute("data-focus", "pick:" + row.id);
      pick.addEventListener("change", function () {
        hooks.choose([row.id], pick.checked);
      });
      cell(line, "", "zoom-staff__pick").appendChild(pick);
      const name = make("th", "zoom-staff__name");
      name.scope = "row";
      name.appendChild(make("span", "", row.name));
      row.flags.forEach(function (flag) {
        const chip = make("span", "zoom-staff__flag", flag.text);
        chip.dataset.flag = flag.slug;
        name.appendChild(document.createTextNode(" "));
        name.appendChild(chip);
      });
      line.appendChild(name);
      cell(line, row.username);
      const registered = row.registration.slug === "registered";
      cell(line, registered ? row.registered : row.registration.text, registered ? "" : "zoom-staff__quiet");
      const joined = cell(line, row.joined);
      if (row.in_now) {
        joined.appendChild(document.createTextNode(" "));
        joined.appendChild(make("span", "zoom-staff__now", text.inNow));
      }
      cell(line, row.minutes, "zoom-staff__number");
      cell(line, row.requirement);
      const state = cell(line, row.state.text);
      if (row.decisions.length) {
        const more = button(text.history, fill(text.historyOf, { name: row.name }), "history:" + row.id, function () {
          hooks.open(row.id, !hooks.isOpen(row.id));
        });
        more.setAttribute("aria-expanded", String(hooks.isOpen(row.id)));
        state.appendChild(document.createTextNode(" "));
        state.appendChild(more);
      }
      const completion = cell(line, "", "zoom-staff__completion");
      completion.appendChild(make("span", "zoom-staff__mark", row.completion));
      if (row.asks) {
        const asking = make("span", "zoom-staff__ask");
        asking.appendChild(make("span", "zoom-staff__quiet", text.ask));
        asking.appendChild(
          button(text.keep, fill(text.keepFor, { name: row.name }), "keep:" + row.id, function () {
            hooks.decide([row.id], "present", text.keepReason);
          })
        );
        asking.appendChild(
          button(text.withdraw, fill(text.withdrawFor, { name: row.name }), "withdraw:" + row.id, function () {
            hooks.decide([row.id], "counted", text.withdrawReason);
          })
        );
        completion.appendChild(asking);
      }
      cell(line, row.grade, "zoom-staff__number");
      return line;
    }

    function historyRow(row) {
      const line = make("tr", "zoom-staff__history");
      cell(line, "");
      const place = cell(line, "");
      place.colSpan = COLUMNS - 1;
      const list = make("ul");
      list.setAttribute("aria-label", fill(text.historyOf, { name: row.name }));
      row.decisions.forEach(function (one) {
        const item = make("li");
        item.appendChild(make("strong", "", one.text));
        item.appendChild(document.createTextNode(" "));
        item.appendChild(make("q", "", one.reason));
        item.appendChild(make("span", "zoom-staff__quiet", one.by + " · " + one.change));
        list.appendChild(item);
      });
      place.appendChild(list);
      return line;
    }

    return function (page) {
      const rows = document.createDocumentFragment();
      page.rows.forEach(function (row) {
        rows.appendChild(tableRow(row));
        if (row.decisions.length && hooks.isOpen(row.id)) rows.appendChild(historyRow(row));
      });
      if (!page.rows.length) {
        const line = make("tr");
        cell(line, text.none, "zoom-staff__nobody").colSpan = COLUMNS;
        rows.appendChild(line);
      }
      return rows;
    };
  }

  window.ZoomXBlockRows = Rows;
})();
