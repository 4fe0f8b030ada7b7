/*
 * The learner's page while it is open: asks for a place, asks how things stand, and writes the answers into the page that the server drew.
 *
 * Texts and attributes change, nodes never: the platform's frame adds a handler to every link whenever nodes come or go.
 */
(function () {
  "use strict";

  const LONGEST_WAIT_SECONDS = 300;
  const REQUEST_TIMEOUT_SECONDS = 20;
  //: From here on an answer that says nothing new is waited for longer, up to the calm rhythm.
  const PATIENCE_ANSWERS = 10;
  const CALM_SECONDS = 30;
  const REST_SECONDS = 2;
  //: Within so many seconds after the way in opens the open pages of a class ask, each at its own moment.
  const OPENING_SECONDS = 10;
  //: So long before the start the join button is the page's main button.
  const SOON_MINUTES = 15;

  function csrfToken() {
    const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  /** The text of an element, as one text node that can be rewritten in place. */
  function textOf(node) {
    let text = node.firstChild;
    if (!text || text.nodeType !== Node.TEXT_NODE) {
      text = document.createTextNode("");
      node.insertBefore(text, node.firstChild);
    }
    return text;
  }

  function write(node, value) {
    const text = textOf(node);
    if (text.data !== value) text.data = value;
    if (node.hidden !== !value) node.hidden = !value;
  }

  function mark(node, name, value) {
    if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }

  function show(node, isShown) {
    if (node.hidden === isShown) node.hidden = !isShown;
  }

  /** The page's language, in the variety that the reader's browser asks for: a British reader of an English page has her own clock. */
  function language(root) {
    const holder = root.closest("[lang]");
    const wanted = holder ? holder.getAttribute("lang") : "";
    const base = wanted.toLowerCase().split("-")[0];
    const own = (navigator.languages || []).find(function (tag) {
      return tag.toLowerCase().split("-")[0] === base;
    });
    try {
      return Intl.getCanonicalLocales((!wanted.includes("-") && own) || wanted)[0];
    } catch {
      return undefined;
    }
  }

  /** From when to when on the reader's clock, with the day where that is another one; "" where both clocks show the same. */
  function readersTime(starts, ends, zones, locale) {
    const onClock = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
    try {
      const there = new Intl.DateTimeFormat("en", Object.assign({ timeZone: zones.session }, onClock));
      const here = new Intl.DateTimeFormat("en", Object.assign({ timeZone: zones.reader }, onClock));
      if (there.format(starts) === here.format(starts) && there.format(ends) === here.format(ends)) return "";
      const dayThere = new Intl.DateTimeFormat("en", { timeZone: zones.session, dateStyle: "short" });
      const dayHere = new Intl.DateTimeFormat("en", { timeZone: zones.reader, dateStyle: "short" });
      const shown = { timeZone: zones.reader, hour: "numeric", minute: "2-digit" };
      if (dayThere.format(starts) !== dayHere.format(starts) || dayThere.format(ends) !== dayHere.format(ends)) {
        Object.assign(shown, { weekday: "long", day: "numeric", month: "long" });
      }
      const format = new Intl.DateTimeFormat(locale, shown);
      if (starts.getTime() === ends.getTime()) return format.format(starts);
      return format.formatRange ? format.formatRange(starts, ends) : format.format(starts) + " – " + format.format(ends);
    } catch {
      return "";
    }
  }

  function enumerated(parts, locale) {
    return Intl.ListFormat ? new Intl.ListFormat(locale, { type: "conjunction" }).format(parts) : parts.join(", ");
  }

  /** "in 25 minutes", in the reader's language; "" once the session should have begun. */
  function untilStart(starts, locale) {
    const minutes = Math.ceil((starts - Date.now()) / 60000);
    if (!(minutes > 0) || !Intl.RelativeTimeFormat) return "";
    const words = new Intl.RelativeTimeFormat(locale, { numeric: "always" });
    if (minutes < 120) return words.format(minutes, "minute");
    if (minutes < 48 * 60) return words.format(Math.floor(minutes / 60), "hour");
    return words.format(Math.floor(minutes / 60 / 24), "day");
  }

  function Student(runtime, element, args) {
    const root = (element.jquery || (element.length && !element.nodeType) ? element[0] : element).querySelector(".zoom-xblock--student");
    if (!root || !args || !args.state) return;

    const at = {};
    root.querySelectorAll("[data-zoom]").forEach(function (node) {
      at[node.getAttribute("data-zoom")] = node;
    });
    // The texts that may be empty now, so that no node has to come later.
    ["phase", "until", "local", "headline", "message", "opens", "counted", "verdict", "spans", "spans-local", "standing", "note", "ask", "notice", "announce"].forEach(
      function (name) {
        textOf(at[name]);
      }
    );
    const phone = root.querySelector("[data-zoom-phone]");
    const dates = Array.from(root.querySelectorAll("[data-zoom-date]"));
    const locale = language(root);
    const starts = at.starts ? new Date(at.starts.getAttribute("datetime")) : null;
    const ends = at.ends ? new Date(at.ends.getAttribute("datetime")) : null;
    // The zone of her account, else that of her browser.
    const zones = { session: args.zone, reader: args.readerZone || undefined };

    let state = args.state;
    const drawn = { timetable: state.timetable, recordings: state.recordings };
    let failures = 0;
    let unchanged = 0;
    let timer = null;
    let clock = null;
    let asking = false;
    let askedAt = 0;
    let stopped = false;

    function announce() {
      const said = [state.headline, state.message].filter(Boolean).join(" ");
      if (announce.last !== undefined && announce.last !== said) textOf(at.announce).data = said;
      announce.last = said;
    }

    function link(node, address) {
      if (address) mark(node, "href", address);
      show(node, Boolean(address));
    }

    function render() {
      mark(root, "data-phase", state.phase);
      write(at.phase, state.phase_name);
      mark(at.panel, "data-tone", state.tone);
      show(at.panel, Boolean(state.headline || state.message || state.join_url || state.start_url));
      write(at.headline, state.headline);
      write(at.message, state.message);
      link(at.join, state.join_url);
      link(at.start, state.start_url);
      const attendance = state.attendance;
      if (attendance) {
        mark(at.attendance, "data-final", attendance.is_final ? "yes" : "no");
        mark(at.attendance, "data-complete", state.is_complete ? "yes" : "no");
        if (at.meter.value !== attendance.share_percent) at.meter.value = attendance.share_percent;
        mark(at.attendance, "data-standing", attendance.standing);
        show(at.meter, attendance.has_meter);
        write(at.counted, attendance.text);
        write(at.verdict, attendance.verdict);
        write(at.spans, attendance.spans_text);
        write(at["spans-local"], spansHere(attendance.spans));
        write(at.standing, attendance.standing_name);
        write(at.note, attendance.note);
        write(at.ask, attendance.ask);
      }
      show(at.attendance, Boolean(attendance));
      renderDates();
      if (phone) {
        textOf(phone).data = state.phone_number;
        show(phone.parentNode, Boolean(state.phone_number));
      }
      write(at.opens, state.opens_at && args.zone ? here(new Date(state.opens_at)) : "");
      write(at.notice, outdated());
      renderClock();
      announce();
    }

    /** One moment, or from when to when, in the reader's zone, as a sentence; "" where the session's is the same. */
    function here(from, until) {
      const time = readersTime(from, until || from, zones, locale);
      return time ? args.text.yourTime.replace("{time}", time) : "";
    }

    function spansHere(spans) {
      if (!spans.length || !args.zone) return "";
      const parts = spans.map(function (span, index) {
        const from = new Date(span.from);
        if (!state.attendance.goes_on || index < spans.length - 1) return readersTime(from, new Date(span.until), zones, locale);
        const since = readersTime(from, from, zones, locale);
        return since && since + " – " + args.text.now;
      });
      return parts.every(Boolean) ? args.text.yourTime.replace("{time}", enumerated(parts, locale)) : "";
    }

    function renderDates() {
      dates.forEach(function (row) {
        const standing = state.dates[row.getAttribute("data-zoom-date")];
        if (!standing || standing === row.getAttribute("data-standing")) return;
        mark(row, "data-standing", standing);
        write(row.querySelector("[data-zoom-date-name]"), args.text.standings[standing] || "");
        if (standing === "next" || standing === "now") row.setAttribute("aria-current", "date");
        else row.removeAttribute("aria-current");
      });
    }

    /** What the page has drawn and can no longer be right. */
    function outdated() {
      if (state.timetable !== drawn.timetable) return args.text.moved;
      return state.recordings > drawn.recordings ? args.text.recorded : "";
    }

    /** What depends on the clock alone. */
    function renderClock() {
      if (!starts) return;
      write(at.until, state.phase === "scheduled" ? untilStart(starts, locale) : "");
      mark(root, "data-soon", state.phase === "live" || starts - Date.now() < SOON_MINUTES * 60000 ? "yes" : "no");
    }

    /** Once a minute, and not at all while nobody looks. */
    function tick() {
      window.clearTimeout(clock);
      if (stopped || !root.isConnected || document.hidden || !starts) return;
      renderClock();
      clock = window.setTimeout(tick, 60000 - (Date.now() % 60000) + 50);
    }

    function waitSeconds() {
      if (failures) return Math.min(LONGEST_WAIT_SECONDS, Math.max(state.poll_after_seconds || 0, 5) * Math.pow(2, failures - 1));
      const asked = state.poll_after_seconds;
      if (unchanged <= PATIENCE_ANSWERS) return asked;
      return Math.max(asked, Math.min(CALM_SECONDS, asked * Math.pow(2, unchanged - PATIENCE_ANSWERS)));
    }

    function awaitsSomething() {
      return !stopped && (state.register || typeof state.poll_after_seconds === "number");
    }

    function schedule() {
      window.clearTimeout(timer);
      timer = null;
      if (!awaitsSomething() || document.hidden) return;
      // A class opens its page at the same minute: nobody asks sooner than told, everybody at another moment.
      let wait = (waitSeconds() || 0) * 1000 * (1 + Math.random() * 0.25);
      const opening = state.opens_at ? new Date(state.opens_at) - Date.now() : -1;
      if (opening > 0 && !failures) wait = Math.min(wait, opening + Math.random() * OPENING_SECONDS * 1000);
      timer = window.setTimeout(ask, wait);
    }

    function stop(sentence) {
      stopped = true;
      write(at.notice, sentence);
      textOf(at.announce).data = sentence;
    }

    function refused(response) {
      // Our own refusals are JSON with a sentence; anything else at this status is the platform's, for want of a log-in.
      return response
        .json()
        .then(function (body) {
          return body && typeof body.error === "string" && body.error;
        })
        .catch(function () {
          return "";
        })
        .then(function (sentence) {
          stop(sentence || args.text.signedOut);
        });
    }

    function accepted(fresh) {
      failures = 0;
      if (fresh.unchanged) {
        unchanged += 1;
        write(at.notice, outdated());
        return;
      }
      const isNews = JSON.stringify(Object.assign({}, fresh, { token: "" })) !== JSON.stringify(Object.assign({}, state, { token: "" }));
      unchanged = isNews ? 0 : unchanged + 1;
      state = fresh;
      render();
    }

    function ask() {
      if (asking || !awaitsSomething()) return;
      if (!root.isConnected) {
        stopped = true;
        return;
      }
      asking = true;
      askedAt = Date.now();
      const limit = new AbortController();
      const alarm = window.setTimeout(function () {
        limit.abort();
      }, REQUEST_TIMEOUT_SECONDS * 1000);
      window
        .fetch(runtime.handlerUrl(element, state.register ? "register" : "state"), {
          method: "POST",
          credentials: "same-origin",
          headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
          body: JSON.stringify({ token: state.token || "" }),
          signal: limit.signal,
        })
        .then(function (response) {
          if (response.status === 401 || response.status === 403) return refused(response);
          // A log-out may show as a redirect to a page of HTML: that is no answer either.
          if (!response.ok) throw new Error(String(response.status));
          return response.json().then(accepted);
        })
        .catch(function () {
          failures += 1;
          if (failures > 1) write(at.notice, args.text.unavailable);
        })
        .then(function () {
          window.clearTimeout(alarm);
          asking = false;
          schedule();
        });
    }

    render();
    if (starts && ends && args.zone) write(at.local, here(starts, ends));
    dates.forEach(function (row) {
      const times = row.querySelectorAll("time");
      const moments = [0, 1].map(function (index) {
        return new Date(times[index].getAttribute("datetime"));
      });
      write(row.querySelector("[data-zoom-date-local]"), here(moments[0], moments[1]));
    });
    tick();
    document.addEventListener("visibilitychange", function () {
      window.clearTimeout(timer);
      window.clearTimeout(clock);
      if (document.hidden || stopped) return;
      tick();
      // Somebody who leafs through tabs is answered once, not at each turn.
      if (Date.now() - askedAt < REST_SECONDS * 1000) schedule();
      else ask();
    });
    if (state.register && !document.hidden) ask();
    else schedule();
  }

  window.ZoomXBlockStudent = Student;
})();
