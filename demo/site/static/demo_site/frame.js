/*
 * The page inside the learning frontend's iframe: it reports its height, and adds a handler to every link whenever the document changes,
 * as the platform's does. A link without href makes that handler throw; a countdown that replaces nodes collects handlers.
 */
(function () {
  "use strict";
  if (window.parent === window) return;

  const content = document.getElementById("content");
  let height = 0;

  function report() {
    if (content.offsetHeight === height) return;
    height = content.offsetHeight;
    window.parent.postMessage({ type: "plugin.resize", payload: { width: content.offsetWidth, height: height } }, "*");
    window.scrollTo(0, 0);
  }

  function watchLinks() {
    document.querySelectorAll("a").forEach(function (link) {
      link.addEventListener("click", function (event) {
        const target = event.currentTarget.getAttribute("href");
        if (target.startsWith("#")) window.parent.postMessage({ offset: content.querySelector(target).offsetTop }, "*");
      });
    });
  }

  new ResizeObserver(report).observe(content);
  new MutationObserver(function () {
    const before = height;
    report();
    if (before === height) watchLinks();
  }).observe(content, { childList: true, attributes: true, subtree: true });
  report();
})();
