/*
 * The course team's part of the block: the table of learners with its search, order and decisions. Its rows are made in
 * staff_rows.js, the picture in staff_picture.js, the work list in worklist.js.
 */
(function () {
  "use strict";

  const SEARCH_AFTER_MS = 300;
  const MOST_SELECTED = 200;
  const LONGEST_WAIT_SECONDS = 300;
  //: A decision or a recount is paid by a job: the table is looked at again so long afterwards.
  const LOOK_AGAIN_SECONDS = [2, 6, 15];

  const { fill, post } = window.ZoomXBlockShared;

  function Staff(runtime, element, args) {
    const whole = element.jquery || (element.length && !element.nodeType) ? element[0] : element;
    const root = whole.querySelector(".zoom-staff");
    if (root && args && args.text && !root.dataset.staffBegun) {
      root.dataset.staffBegun = "yes";
      begin(root, runtime, element, args);
      root.querySelectorAll("[data-zoom-worklist]").forEach(function (list) {
        if (window.ZoomXBlockWorkList) window.ZoomXBlockWorkList(list, runtime, element, args.worklist);
      });
    }
    if (args && args.student && window.ZoomXBlockStudent) window.ZoomXBlockStudent(runtime, element, args.student);
  }

  function begin(root, runtime, element, args) {
    const text = args.text;
    const at = {};
    root.querySelectorAll("[data-staff]").forEach(function (node) {
      at[node.getAttribute("data-staff")] = node;
    });
    const hint = at.selected.textContent;
    const wish = { search: "", sort: "name", descending: false, only: "all", page: 1 };
    const selected = new Set();
    const open = new Set();
    let shown = null;
    let asked = 0;
    let failures = 0;
    let timer = null;
    let stopped = false;
    let deciding = false;
    let picture = null;

    // -- asking ----------------------------------------------------------------------------------------------------

    function call(handler, data) {
      return post(runtime.handlerUrl(element, handler), data);
    }

    function say(node, sentence) {
      node.textContent = sentence || "";
      node.hidden = !sentence;
    }

    function announce(sentence) {
      at.announce.textContent = "";
      window.setTimeout(function () {
        at.announce.textContent = sentence;
      }, 50);
    }

    function refused(error) {
      stopped = true;
      say(at.error, error.message || text.signedOut);
    }

    /** Ask for the page that is wished for. Of several answers only the newest question's counts. */
    function load(announces) {
      const number = ++asked;
      window.clearTimeout(timer);
      at.table.setAttribute("aria-busy", "true");
      return call("roster", wish)
        .then(function (page) {
          if (number !== asked) return;
          failures = 0;
          say(at.error, "");
          render(page);
          if (announces) announce(page.found + " " + page.range);
        })
        .catch(function (error) {
          if (number !== asked) return;
          if (error.isRefusal) {
            refused(error);
            return;
          }
          failures += 1;
          say(at.error, text.unavailable);
        })
        .finally(function () {
          if (number !== asked) return;
          at.table.removeAttribute("aria-busy");
          schedule();
        });
    }

    function schedule() {
      window.clearTimeout(timer);
      if (stopped || document.hidden || !root.isConnected) return;
      const usual = shown && shown.poll_after_seconds;
      if (!failures && !usual) return;
      const wait = failures ? Math.min(LONGEST_WAIT_SECONDS, 5 * Math.pow(2, failures - 1)) : usual;
      timer = window.setTimeout(load, wait * 1000 * (1 + Math.random() * 0.25));
    }

    function lookAgain() {
      LOOK_AGAIN_SECONDS.forEach(function (seconds) {
        window.setTimeout(function () {
          if (!stopped && root.isConnected && !document.hidden) load();
        }, seconds * 1000);
      });
    }

    const rowsOf = window.ZoomXBlockRows(text, {
      isChosen: function (id) {
        return selected.has(id);
      },
      choose: choose,
      isOpen: function (id) {
        return open.has(id);
      },
      open: function (id, isOpen) {
        if (isOpen) open.add(id);
        else open.delete(id);
        redraw();
      },
      decide: decide,
    });

    // -- the table -------------------------------------------------------------------------------------------------

    function render(page) {
      const isNews = !shown || JSON.stringify(page) !== JSON.stringify(shown);
      shown = page;
      wish.page = page.page;
      if (!isNews) return;
      at.summary.textContent = page.summary;
      at.range.textContent = page.total ? page.range : "";
      at["page-text"].textContent = page.pages > 1 ? page.page_text : "";
      const turning = [at.previous, at.next].includes(document.activeElement);
      at.previous.disabled = page.page <= 1;
      at.next.disabled = page.page >= page.pages;
      if (turning && document.activeElement.disabled) at.scroll.focus({ preventScroll: true });
      at.previous.hidden = at.next.hidden = page.pages <= 1;
      at.recount.hidden = !page.took_place;
      at.asks.hidden = !page.asks;
      at["asks-text"].textContent = page.asks_text;
      const focused = root.contains(document.activeElement) ? document.activeElement.getAttribute("data-focus") : null;
      at.rows.replaceChildren(rowsOf(page));
      if (focused) refocus(focused);
      renderSelection();
      if (picture) picture.refresh(wish);
    }

    function refocus(key) {
      const again = Array.from(at.rows.querySelectorAll("[data-focus]")).find(function (node) {
        return node.getAttribute("data-focus") === key;
      });
      (again || at.scroll).focus({ preventScroll: true });
    }

    function redraw() {
      const page = shown;
      shown = null;
      render(page);
    }

    // -- choosing and deciding -------------------------------------------------------------------------------------

    function choose(ids, isChosen) {
      let tooMany = false;
      ids.forEach(function (id) {
        if (!isChosen) selected.delete(id);
        else if (selected.size < MOST_SELECTED) selected.add(id);
        else tooMany = tooMany || !selected.has(id);
      });
      renderSelection();
      say(at.wrong, tooMany ? text.tooMany : "");
    }

    function renderSelection() {
      const ids = shown
        ? shown.rows.map(function (row) {
            return row.id;
          })
        : [];
      const chosen = ids.filter(function (id) {
        return selected.has(id);
      }).length;
      at.all.checked = chosen > 0 && chosen === ids.length;
      at.all.indeterminate = chosen > 0 && chosen < ids.length;
      at.all.disabled = !ids.length;
      at.rows.querySelectorAll("[data-focus^='pick:']").forEach(function (pick) {
        pick.checked = selected.has(Number(pick.getAttribute("data-focus").slice(5)));
      });
      at.decide.hidden = !selected.size;
      at.selected.textContent = selected.size ? fill(text.selected, { count: selected.size }) : hint;
    }

    function decide(ids, verdict, reason) {
      if (deciding) return;
      deciding = true;
      at.apply.setAttribute("aria-disabled", "true"); // `disabled` would take the focus
      say(at.wrong, "");
      at.reason.removeAttribute("aria-invalid");
      call("decide", { user_ids: ids, verdict: verdict, reason: reason })
        .then(function (answer) {
          if (!answer.decided) {
            say(at.decide.hidden ? at.error : at.wrong, answer.message);
            if (answer.errors.reason) {
              at.reason.setAttribute("aria-invalid", "true");
              at.reason.focus();
            }
            return;
          }
          if (!at.decide.hidden && ids.length === selected.size) {
            const hadFocus = at.decide.contains(document.activeElement);
            selected.clear();
            at.reason.value = "";
            renderSelection();
            if (hadFocus) at.scroll.focus({ preventScroll: true });
          }
          announce(answer.message);
          at.selected.textContent = selected.size ? at.selected.textContent : answer.message;
          lookAgain();
          return load();
        })
        .catch(function (error) {
          if (error.isRefusal) refused(error);
          else say(at.decide.hidden ? at.error : at.wrong, error.message || text.failed);
        })
        .finally(function () {
          deciding = false;
          at.apply.removeAttribute("aria-disabled");
        });
    }

    at.all.addEventListener("change", function () {
      if (shown)
        choose(
          shown.rows.map(function (row) {
            return row.id;
          }),
          at.all.checked
        );
    });
    at.clear.addEventListener("click", function () {
      selected.clear();
      renderSelection();
      at.scroll.focus({ preventScroll: true });
    });
    at.apply.addEventListener("click", function () {
      decide(Array.from(selected), at.verdict.value, at.reason.value);
    });
    at.reason.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      at.apply.click();
    });
    at.recount.addEventListener("click", function () {
      if (at.recount.hasAttribute("aria-disabled")) return;
      at.recount.setAttribute("aria-disabled", "true");
      call("recount", {})
        .then(function (answer) {
          announce(answer.message);
          at.summary.textContent = answer.message;
          shown = null;
          lookAgain();
        })
        .catch(function (error) {
          if (error.isRefusal) refused(error);
          else say(at.error, error.message || text.failed);
        })
        .finally(function () {
          at.recount.removeAttribute("aria-disabled");
        });
    });

    // -- searching, order, pages -----------------------------------------------------------------------------------

    let typing = null;
    function search() {
      window.clearTimeout(typing);
      if (wish.search === at.search.value.trim()) return;
      wish.search = at.search.value.trim();
      wish.page = 1;
      load(true);
    }
    at.search.addEventListener("input", function () {
      window.clearTimeout(typing);
      typing = window.setTimeout(search, SEARCH_AFTER_MS);
    });
    at.search.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      search();
    });
    function only(value) {
      at.only.value = wish.only = value;
      wish.page = 1;
      load(true);
    }
    at.only.addEventListener("change", function () {
      only(at.only.value);
    });
    at["asks-show"].addEventListener("click", function () {
      only("ask");
      at.scroll.focus();
    });
    root.querySelectorAll("[data-sort]").forEach(function (node) {
      node.addEventListener("click", function () {
        const by = node.getAttribute("data-sort");
        wish.descending = wish.sort === by && !wish.descending;
        wish.sort = by;
        wish.page = 1;
        root.querySelectorAll("[data-sort]").forEach(function (other) {
          other.closest("th").removeAttribute("aria-sort");
        });
        node.closest("th").setAttribute("aria-sort", wish.descending ? "descending" : "ascending");
        load(true);
      });
    });
    function turn(by) {
      wish.page += by;
      load(true);
    }
    at.previous.addEventListener("click", function () {
      turn(-1);
    });
    at.next.addEventListener("click", function () {
      turn(1);
    });
    document.addEventListener("visibilitychange", function () {
      if (document.hidden) window.clearTimeout(timer);
      else if (!stopped && root.isConnected && shown && shown.poll_after_seconds) load();
    });
    root.addEventListener("zoom-people-changed", lookAgain);

    if (window.ZoomXBlockPicture) picture = window.ZoomXBlockPicture(at.picture, call, text);
    load();
  }

  window.ZoomXBlockStaff = Staff;
})();
