/* The learning frontend's side of the iframe: it follows the height that the page inside reports. */
(function () {
  "use strict";
  const frame = document.querySelector("iframe[data-unit]");
  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.data.type !== "plugin.resize") return;
    frame.height = event.data.payload.height;
  });
})();
