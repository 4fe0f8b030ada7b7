/*
 * The work list: people in a session of whom nobody can prove who they were, for course staff. `ZoomXBlockWorkList(root, runtime, element, args)`
 * fills the element that worklist.html draws inside `root`; it asks when it comes into view, and after each decision shows the list as it is then.
 *
 * Names and addresses are what strangers typed into Zoom: they enter the page as text alone.
 */
(function () {
  "use strict";

  const SEARCH_AFTER_MS = 300;

  const { fill, make, post } = window.ZoomXBlockShared;

  function button(text, label, className) {
    const node = make("button", "zoom-work__button" + (className ? " " + className : ""), text);
    node.type = "button";
    if (label) node.setAttribute("aria-label", label);
    return node;
  }

  function WorkList(root, runtime, element, args) {
    const list = root && root.querySelector("[data-work=list]");
    if (!list || !args || !args.text || list.dataset.workBegun) return;
    list.dataset.workBegun = "yes";
    const text = args.text;
    const at = {};
    list.querySelectorAll("[data-work]").forEach(function (node) {
      at[node.getAttribute("data-work")] = node;
    });
    const locale = (root.closest("[lang]") || document.documentElement).getAttribute("lang") || undefined;

    let number = 1;
    let rows = [];
    let opener = null;
    let finding = [];
    let timer = null;
    let asked = 0;
    let busy = false;

    // -- asking ----------------------------------------------------------------------------------------------------

    function call(handler, data) {
      return post(runtime.handlerUrl(element, handler), data).catch(function (error) {
        // What the browser says of a lost network is in its own language, and no help.
        throw error.name === "AbortError" || error instanceof TypeError ? new Error(text.failed) : error;
      });
    }

    function complain(error) {
      at.error.textContent = error.message || text.failed;
      at.error.hidden = false;
    }

    function announce(sentence) {
      at.announce.textContent = "";
      window.setTimeout(function () {
        at.announce.textContent = sentence;
      }, 50);
    }

    /** Ask for a page, or for a decision and then the page; the focus goes on to what stands in its place. */
    function ask(handler, data, focusIndex) {
      if (busy) return;
      busy = true;
      list.setAttribute("aria-busy", "true");
      call(handler, Object.assign({ page: number }, data))
        .then(function (answer) {
          at.error.hidden = true;
          close(false);
          render(answer);
          if (answer.said) announce(answer.said);
          if (typeof focusIndex === "number") refocus(focusIndex);
        })
        .catch(complain)
        .finally(function () {
          busy = false;
          list.removeAttribute("aria-busy");
        });
    }

    function refocus(index) {
      const next = at.rows.children[Math.min(index, at.rows.children.length - 1)];
      const name = next && next.querySelector("[tabindex]");
      (name || at.title).focus();
    }

    // -- showing ---------------------------------------------------------------------------------------------------

    function clock(iso, more) {
      return new Intl.DateTimeFormat(locale, Object.assign({ hour: "numeric", minute: "2-digit" }, more)).format(new Date(iso));
    }

    function when(row) {
      if (!row.first_at) return "";
      const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" }).format(new Date(row.first_at));
      const zoned = { timeZoneName: "short" };
      if (row.is_in || !row.last_at) return [day, clock(row.first_at, zoned), row.is_in ? text.stillIn : ""].filter(Boolean).join(", ");
      return day + ", " + clock(row.first_at) + "–" + clock(row.last_at, zoned);
    }

    function render(answer) {
      number = answer.number;
      rows = answer.rows;
      at.summary.textContent = answer.summary || text.empty;
      at.rows.replaceChildren.apply(at.rows, rows.map(drawn));
      at.bar.hidden = rows.length < 2;
      at.all.checked = false;
      at.pages.hidden = answer.pages < 2;
      at.page.textContent = fill(text.page, { number: answer.number, pages: answer.pages });
      at.previous.disabled = answer.number < 2;
      at.next.disabled = answer.number >= answer.pages;
      at.settled.hidden = !answer.settled.length;
      at["settled-summary"].textContent = answer.settled_summary;
      at["settled-rows"].replaceChildren.apply(at["settled-rows"], answer.settled.map(drawnSettled));
      countSelected();
    }

    function drawn(row, index) {
      const name = row.name || text.nobody;
      const item = make("li", "zoom-work__row");
      const head = make("div", "zoom-work__head");
      if (row.key) {
        const box = make("input", "zoom-work__box");
        box.type = "checkbox";
        box.setAttribute("aria-label", fill(text.select, { name: name }));
        box.addEventListener("change", countSelected);
        head.append(box);
      }
      const who = make("span", "zoom-work__name");
      who.append(make("bdi", "", name));
      who.tabIndex = -1;
      head.append(who);
      if (row.other_names.length) {
        head.append(make("span", "zoom-work__quiet", fill(text.alsoAs, { names: row.other_names.join(", ") })));
      }
      item.append(head);
      const facts = make("p", "zoom-work__quiet");
      // Each by itself: a time that ends in "UTC" would take the number behind it along, from right to left.
      [row.came_by, when(row), row.minutes, row.joins].filter(Boolean).forEach(function (fact, place) {
        facts.append(place ? " · " : "", make("bdi", "", fact));
      });
      item.append(facts);
      if (row.email) {
        item.append(make("p", "zoom-work__quiet", fill(row.is_vouched ? text.vouched : text.given, { email: row.email })));
      }
      if (!row.key) {
        item.append(make("p", "zoom-work__quiet", text.unassignable));
        return item;
      }
      const buttons = make("div", "zoom-work__buttons");
      row.suggestions.forEach(function (one) {
        const why = one.by === "address" ? text.sameAddress : text.similarName;
        const label = fill(text.assignLabel, { guest: name, name: one.name, username: one.username, why: why });
        const press = button(fill(text.assignTo, { name: one.name }), label, "zoom-work__main");
        press.append(make("span", "zoom-work__why", one.username + " · " + why));
        press.addEventListener("click", function () {
          ask("worklist_assign", { keys: [row.key], user_id: one.user_id }, index);
        });
        buttons.append(press);
      });
      const words = row.suggestions.length ? text.choose : text.chooseFirst;
      const choose = button(words, words + " " + name);
      choose.setAttribute("aria-expanded", "false");
      const place = make("div", "zoom-work__place");
      choose.addEventListener("click", function () {
        open(choose, place, [row.key], fill(text.searchFor, { guest: name }), index);
      });
      const dismiss = button(text.dismiss, fill(text.dismissLabel, { guest: name }));
      dismiss.addEventListener("click", function () {
        ask("worklist_dismiss", { keys: [row.key] }, index);
      });
      buttons.append(choose, dismiss);
      item.append(buttons, place);
      return item;
    }

    function drawnSettled(one) {
      const name = one.name || text.nobody;
      const item = make("li", "zoom-work__row");
      const sentence = one.is_foreign ? text.wasForeign : one.learner ? text.was : text.wasNobody;
      item.append(make("span", "", fill(sentence, { guest: name, name: one.learner })));
      const stamp = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(one.made_at));
      item.append(make("span", "zoom-work__quiet", [one.made_by, stamp].filter(Boolean).join(" · ")));
      if (!one.is_foreign) {
        const undo = button(text.undo, fill(text.undoLabel, { guest: name }));
        undo.addEventListener("click", function () {
          ask("worklist_undo", { keys: [one.key] }, 0);
        });
        item.append(undo);
      }
      return item;
    }

    // -- several at once -------------------------------------------------------------------------------------------

    function boxes() {
      return Array.from(at.rows.querySelectorAll(".zoom-work__box"));
    }

    function selectedKeys() {
      return rows
        .filter(function (row, index) {
          const box = at.rows.children[index].querySelector(".zoom-work__box");
          return box && box.checked;
        })
        .map(function (row) {
          return row.key;
        });
    }

    function countSelected() {
      const count = boxes().filter(function (box) {
        return box.checked;
      }).length;
      at.selected.textContent = count ? fill(text.selected, { count: count }) : "";
      at.several.hidden = !count;
      at.all.checked = count > 0 && count === boxes().length;
      if (!count && opener === at["choose-several"]) close(false);
    }

    at.all.addEventListener("change", function () {
      const checked = at.all.checked;
      boxes().forEach(function (box) {
        box.checked = checked;
      });
      countSelected();
    });
    at["choose-several"].addEventListener("click", function () {
      const keys = selectedKeys();
      open(at["choose-several"], at.place, keys, fill(text.searchForSeveral, { count: keys.length }), 0);
    });
    at["dismiss-several"].addEventListener("click", function () {
      ask("worklist_dismiss", { keys: selectedKeys() }, 0);
    });

    // -- finding a learner -----------------------------------------------------------------------------------------

    let findingIndex = 0;

    function open(press, place, keys, label, index) {
      const again = opener === press;
      close(false);
      if (again) return;
      opener = press;
      finding = keys;
      findingIndex = index;
      press.setAttribute("aria-expanded", "true");
      at["search-label"].textContent = label;
      at.search.value = "";
      at.found.replaceChildren();
      at["found-count"].textContent = "";
      place.append(at.finder);
      at.finder.hidden = false;
      at.search.focus();
    }

    function close(goBack) {
      window.clearTimeout(timer);
      asked += 1; // an answer that is under way comes too late
      if (!opener) return;
      const press = opener;
      opener = null;
      press.setAttribute("aria-expanded", "false");
      at.finder.hidden = true;
      list.append(at.finder);
      if (goBack) press.focus();
    }

    function find() {
      const wanted = at.search.value.trim();
      const turn = (asked += 1);
      if (!wanted) {
        at.found.replaceChildren();
        at["found-count"].textContent = "";
        return;
      }
      call("worklist_search", { text: wanted })
        .then(function (answer) {
          if (turn !== asked) return;
          at.found.replaceChildren.apply(at.found, answer.people.map(drawnPerson));
          at["found-count"].textContent = answer.people.length ? fill(text.found, { count: answer.people.length }) : text.noneFound;
        })
        .catch(complain);
    }

    function drawnPerson(person) {
      const item = make("li", "");
      const press = button(person.name || person.username, "", "zoom-work__person");
      press.append(make("span", "zoom-work__why", [person.username, person.email].filter(Boolean).join(" · ")));
      press.addEventListener("click", function () {
        // Of several the selection counts as it is now, not as it was when the search was opened.
        const keys = opener === at["choose-several"] ? selectedKeys() : finding;
        ask("worklist_assign", { keys: keys, user_id: person.user_id }, findingIndex);
      });
      item.append(press);
      return item;
    }

    at.search.addEventListener("input", function () {
      window.clearTimeout(timer);
      timer = window.setTimeout(find, SEARCH_AFTER_MS);
    });
    at.search.addEventListener("keydown", function (event) {
      // Inside Studio's and the LMS's forms Enter would send something of theirs.
      if (event.key === "Enter") {
        event.preventDefault();
        window.clearTimeout(timer);
        find();
      }
    });
    at.finder.addEventListener("keydown", function (event) {
      if (event.key === "Escape") {
        event.stopPropagation();
        close(true);
      }
    });
    at.close.addEventListener("click", function () {
      close(true);
    });

    // -- pages, and the beginning ----------------------------------------------------------------------------------

    at.previous.addEventListener("click", function () {
      ask("worklist", { page: number - 1 }, 0);
    });
    at.next.addEventListener("click", function () {
      ask("worklist", { page: number + 1 }, 0);
    });
    at.summary.textContent = text.loading;
    if (!window.IntersectionObserver) {
      ask("worklist", {});
      return;
    }
    const watcher = new IntersectionObserver(function (entries) {
      if (
        entries.some(function (entry) {
          return entry.isIntersecting;
        })
      ) {
        watcher.disconnect();
        ask("worklist", {});
      }
    });
    watcher.observe(list);
  }

  window.ZoomXBlockWorkList = WorkList;
})();
