/* Where a new session begins: tomorrow on the author's clock, in her zone; and a zone that is found by its city. */
(function () {
  "use strict";

  function twoDigits(number) {
    return String(number).padStart(2, "0");
  }

  window.ZoomXBlockEditor.parts.start = function (form) {
    const { at, args, read, write, controls } = form;
    const names = Array.from(at.zones.options, (option) => option.value);
    const zone = controls.time_zone[0];
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    args.ownZone = own;

    function fillIn() {
      if (!args.isNew) return;
      if (names.includes(own) && !args.hasZone) write("time_zone", own);
      const start = new Date(Date.now() + 24 * 3600 * 1000);
      start.setHours(start.getHours() + 1, 0, 0, 0);
      write("start_date", [start.getFullYear(), twoDigits(start.getMonth() + 1), twoDigits(start.getDate())].join("-"));
      write("start_time", twoDigits(start.getHours()) + ":00");
    }

    /** A series that does not exist yet begins with the weekday and the day of its first date. */
    function followStart() {
      const day = new Date(read("start_date") + "T00:00:00Z");
      if (read("every") !== "never" || Number.isNaN(day.getTime())) return;
      const weekday = day.getUTCDay() || 7;
      write("weekdays", [weekday]);
      write("month_day", day.getUTCDate());
      write("month_week", String(Math.min(Math.ceil(day.getUTCDate() / 7), 4)));
      write("month_weekday", String(weekday));
    }

    /** "Madrid", "new york" or "europe/berlin" become the zone that is meant, where only one can be. */
    function completeZone() {
      const typed = zone.value.trim().toLowerCase().replace(/ /g, "_");
      if (!typed) return;
      const same = names.filter((name) => name.toLowerCase() === typed);
      const found = same.length ? same : names.filter((name) => name.toLowerCase().split("/").pop() === typed);
      if (found.length === 1) write("time_zone", found[0]);
    }

    fillIn();
    followStart();
    controls.start_date[0].addEventListener("input", followStart);
    zone.addEventListener("change", completeZone);
    zone.addEventListener("focus", function () {
      // The browser lists only what contains the text; with the text marked, typing begins a new search.
      zone.select();
    });
    Array.from(at.zones.options).forEach(function (option) {
      if (option.value.includes("_")) option.label = option.value.replace(/_/g, " ");
    });
  };
})();
