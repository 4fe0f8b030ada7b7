/*
 * Studio's preview: the time on the browser's clock where the account names no zone, and one decision, whether the session outlives the component.
 */
(function () {
  "use strict";

  function Author(runtime, element, args) {
    const holder = element.jquery || (element.length && !element.nodeType) ? element[0] : element;
    const root = holder.querySelector(".zoom-xblock--author");
    if (!root) return;
    const at = {};
    root.querySelectorAll("[data-zoom]").forEach(function (node) {
      at[node.getAttribute("data-zoom")] = node;
    });

    function showOwnTime() {
      if (!args.zone || !at.starts) return;
      const starts = new Date(at.starts.getAttribute("datetime"));
      const shown = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "numeric", minute: "2-digit" };
      const language = document.documentElement.lang || undefined;
      function on(zone) {
        return new Intl.DateTimeFormat(language, Object.assign({ timeZone: zone }, shown)).format(starts);
      }
      try {
        const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
        if (on(own) === on(args.zone)) return;
        at.local.textContent = args.text.yourTime.replace("{time}", on(own));
        at.local.hidden = false;
      } catch {
        // A zone that this browser does not know: the session's own time is there.
      }
    }

    function keep() {
      const wanted = at.keeps.checked;
      at.keeps.disabled = true;
      window.ZoomXBlockShared.post(runtime.handlerUrl(element, "keep_session"), { keeps: wanted })
        .then(function (answer) {
          if (answer.saved !== true) at.keeps.checked = !wanted;
          at.kept.textContent = answer.message || args.text.failed;
        })
        .catch(function () {
          at.keeps.checked = !wanted;
          at.kept.textContent = args.text.failed;
        })
        .then(function () {
          at.keeps.disabled = false;
          at.keeps.focus();
        });
    }

    showOwnTime();
    if (at.keeps) at.keeps.addEventListener("change", keep);
  }

  window.ZoomXBlockAuthor = Author;
})();
