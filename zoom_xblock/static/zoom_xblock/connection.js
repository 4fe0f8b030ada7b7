/*
 * The settings page: saves the app's credentials as JSON, because the platform's tracking log records what ordinary forms send, and copies what
 * belongs into Zoom.
 */
(function () {
  "use strict";

  const page = document.querySelector("[data-zoom-page]");
  if (!page) return;
  const announcer = page.querySelector("[data-zoom-announce]");

  function announce(sentence) {
    announcer.textContent = "";
    // A text that is there already is not read out again; an empty moment between makes it new.
    window.setTimeout(function () {
      announcer.textContent = sentence;
    }, 50);
  }

  // -- copying -----------------------------------------------------------------------------------------------------

  function textOf(source) {
    const lines = Array.from(source.querySelectorAll("li"));
    if (!lines.length) return source.textContent.trim();
    return lines
      .map(function (line) {
        return line.textContent.trim();
      })
      .join("\n");
  }

  function select(source) {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  /** The old way, for pages without https: a marked text and the browser's own command. */
  function copyByCommand(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "zoom-hidden";
    page.append(area);
    area.select();
    let done = false;
    try {
      done = document.execCommand("copy");
    } catch (_error) {
      done = false;
    }
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("refused"));
  }

  function copy(text) {
    if (!navigator.clipboard || !window.isSecureContext) return copyByCommand(text);
    return navigator.clipboard.writeText(text).catch(function () {
      return copyByCommand(text);
    });
  }

  page.querySelectorAll("[data-zoom-copy]").forEach(function (button) {
    const label = button.querySelector("[data-zoom-copy-text]");
    const calm = label.textContent;
    let timer = null;
    button.addEventListener("click", function () {
      const source = document.getElementById(button.getAttribute("data-zoom-copy"));
      copy(textOf(source)).then(
        function () {
          button.focus();
          button.classList.add("is-copied");
          label.textContent = page.dataset.textCopied;
          announce(page.dataset.textCopied);
          window.clearTimeout(timer);
          timer = window.setTimeout(function () {
            button.classList.remove("is-copied");
            label.textContent = calm;
          }, 2500);
        },
        function () {
          select(source);
          announce(page.dataset.textCopyFailed);
        }
      );
    });
  });

  // -- saving ------------------------------------------------------------------------------------------------------

  const form = page.querySelector("[data-zoom-form]");
  const summary = form.querySelector("[data-zoom-summary]");
  const save = form.querySelector("[data-zoom-save]");
  const progress = form.querySelector("[data-zoom-progress]");
  const inputs = Array.from(form.querySelectorAll("[data-zoom-field]"));
  let saving = false;

  function csrfToken() {
    // The page's own token first: a site may keep the cookie from scripts.
    const field = page.querySelector("input[name=csrfmiddlewaretoken]");
    if (field) return field.value;
    const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function errorOf(input) {
    return document.getElementById(input.id + "-error");
  }

  function setError(input, sentence) {
    const error = errorOf(input);
    error.textContent = sentence || "";
    error.hidden = !sentence;
    if (sentence) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function setSaving(isSaving) {
    saving = isSaving;
    save.disabled = isSaving;
    form.setAttribute("aria-busy", String(isSaving));
    progress.textContent = isSaving ? page.dataset.textSaving : "";
  }

  function refuse(message, errors) {
    setSaving(false);
    const wrong = inputs.filter(function (input) {
      return typeof errors[input.dataset.zoomField] === "string";
    });
    wrong.forEach(function (input) {
      setError(input, errors[input.dataset.zoomField]);
    });
    summary.textContent = message;
    summary.hidden = false;
    (wrong[0] || summary).focus();
  }

  function readAnswer(response) {
    return response.json().catch(function () {
      return null;
    });
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    if (saving) return;
    summary.hidden = true;
    const values = {};
    inputs.forEach(function (input) {
      setError(input, "");
      values[input.dataset.zoomField] = input.value;
    });
    setSaving(true);
    window
      .fetch(window.location.pathname, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify(values),
      })
      .then(function (response) {
        if (response.status === 401 || response.status === 403) return refuse(page.dataset.textForbidden, {});
        return readAnswer(response).then(function (answer) {
          if (response.ok && answer && answer.saved === true) {
            inputs.forEach(function (input) {
              if (input.type === "password") input.value = "";
            });
            window.location.assign(window.location.pathname);
            return;
          }
          const said = answer || {};
          refuse(said.message || page.dataset.textFailed, said.errors || {});
        });
      })
      .catch(function () {
        refuse(page.dataset.textFailed, {});
      });
  });

  form.addEventListener("input", function (event) {
    if (event.target.matches("[data-zoom-field]")) setError(event.target, "");
  });
})();
