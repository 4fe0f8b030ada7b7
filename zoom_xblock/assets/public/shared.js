/*
 * What the scripts of Studio and of the course team share: asking a handler of the block, filling a sentence, making a node. The learner's page does
 * without: it is one file, because a whole class opens it at once.
 */
(function () {
  "use strict";

  const REQUEST_TIMEOUT_SECONDS = 30;

  function csrfToken() {
    const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  /** A sentence with its places filled; what is filled in is not looked at again. */
  function fill(sentence, values) {
    return sentence.replace(/\{(\w+)\}/g, function (whole, name) {
      return Object.prototype.hasOwnProperty.call(values, name) ? String(values[name]) : whole;
    });
  }

  /** A node with text alone: what people typed somewhere never becomes markup. */
  function make(tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  /**
   * The answer of a handler at this address. Rejects with the server's own sentence, or none, as the error's message;
   * `isRefusal` tells that the person may not ask (any more). What is no JSON is no answer: a log-out may show as a
   * redirect to a page of HTML.
   */
  function post(address, data, seconds) {
    const limit = new AbortController();
    const alarm = window.setTimeout(
      function () {
        limit.abort();
      },
      (seconds || REQUEST_TIMEOUT_SECONDS) * 1000,
    );
    return window
      .fetch(address, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify(data),
        signal: limit.signal,
      })
      .then(function (response) {
        return response
          .json()
          .catch(function () {
            return null;
          })
          .then(function (body) {
            if (response.ok && body !== null) return body;
            const error = new Error(body !== null && typeof body.error === "string" ? body.error : "");
            error.isRefusal = response.status === 401 || response.status === 403;
            throw error;
          });
      })
      .finally(function () {
        window.clearTimeout(alarm);
      });
  }

  window.ZoomXBlockShared = { post: post, fill: fill, make: make };
})();
