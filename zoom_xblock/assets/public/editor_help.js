/* The editor's helps that follow what is typed: which share that is, how many characters are left. */
(function () {
  "use strict";

  window.ZoomXBlockEditor.parts.help = function (form) {
    const { at, text, fill, read, root } = form;
    const unaided = {};
    root.querySelectorAll("[data-help]").forEach(function (node) {
      unaided[node.getAttribute("data-help")] = node.textContent;
    });

    function whole(name) {
      const value = String(read(name));
      return /^\d{1,5}$/.test(value) ? Number(value) : null;
    }

    /** Whether minutes are compared with the one duration that the form shows. */
    function isPlain() {
      return form.mode !== "existing" && read("counted") !== "custom" && (read("every") === "never" || read("dates") !== "all");
    }

    function shareText() {
      const duration = whole("duration_minutes");
      const required = whole("required_minutes");
      if (!duration || required === null || !isPlain()) return unaided.required_minutes;
      if (required === 0) return text.anyTime;
      if (required > duration) return text.tooLong;
      return fill(text.share, { required: required, duration: duration, percent: Math.floor((required * 100) / duration) });
    }

    function percentText() {
      const duration = whole("duration_minutes");
      const percent = whole("required_percent");
      if (!duration || percent === null || percent > 100 || !isPlain()) return unaided.required_percent;
      return fill(text.shareMinutes, { percent: percent, duration: duration, required: Math.floor((duration * percent) / 100) });
    }

    function help(name, sentence) {
      root.querySelectorAll('[data-help="' + name + '"]').forEach((node) => form.say(node, sentence));
    }

    form.showHelp = function () {
      help("required_minutes", shareText());
      help("required_percent", percentText());
      form.say(at.counter, fill(text.counter, { count: read("description").length, limit: form.args.fields.description.most }));
    };
  };
})();
