/* Tells blocks which theme the site shows: the one that the person's system prefers. */
(function () {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  function tell() {
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  }
  dark.addEventListener("change", tell);
  tell();
})();
