/*
 * The connection page: saves the app's credentials as JSON, because the platform's tracking log records what ordinary forms send, copies what
 * belongs into Zoom, shows what belongs to the kind of app that is chosen, and follows a test of the connection.
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
    const lines = Array.from(source.querySelectorAll("li, span"));
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
    } catch {
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

  // -- talking to the site -----------------------------------------------------------------------------------------

  function csrfToken() {
    // The page's own token first: a site may keep the cookie from scripts.
    const field = page.querySelector("input[name=csrfmiddlewaretoken]");
    if (field) return field.value;
    const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function send(address, values) {
    return window.fetch(address, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(values),
    });
  }

  function readAnswer(response) {
    return response.json().catch(function () {
      return null;
    });
  }

  // -- saving ------------------------------------------------------------------------------------------------------

  function serveForm(form) {
    const summary = form.querySelector("[data-zoom-summary]");
    const save = form.querySelector("[data-zoom-save]");
    const progress = form.querySelector("[data-zoom-progress]");
    const anyway = form.querySelector("[data-zoom-anyway]");
    const inputs = Array.from(form.querySelectorAll("[data-zoom-field]"));
    const kinds = Array.from(page.querySelectorAll("[data-zoom-kind-choice]"));
    const stored = chosen();
    let saving = false;

    function chosen() {
      const found = kinds.find(function (choice) {
        return choice.checked;
      });
      return found ? found.value : "oauth";
    }

    /** What belongs to the chosen kind is shown; connecting waits until the choice is saved. */
    function showKind() {
      const kind = chosen();
      page.querySelectorAll("[data-zoom-kind]").forEach(function (part) {
        part.hidden = part.dataset.zoomKind !== kind;
      });
      page.querySelector("[data-zoom-kind-unsaved]").hidden = kind === stored;
      page.querySelector("[data-zoom-kind-saved]").hidden = kind !== stored;
    }

    kinds.forEach(function (choice) {
      choice.addEventListener("change", showKind);
    });
    showKind(); // browsers keep a choice over a reload

    function setError(input, sentence) {
      const error = document.getElementById(input.id + "-error");
      error.textContent = sentence || "";
      error.hidden = !sentence;
      if (sentence) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }

    function setSaving(isSaving) {
      saving = isSaving;
      save.setAttribute("aria-disabled", String(isSaving)); // `disabled` would take the focus
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

    /** The site would lose its connection: only a second press, with the reason in sight, goes on. */
    function ask(message) {
      refuse(message, {});
      anyway.hidden = false;
    }

    anyway.addEventListener("click", function () {
      submit(true);
    });

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      submit(false);
    });

    function submit(knowingly) {
      if (saving) return;
      summary.hidden = true;
      anyway.hidden = true;
      const values = { app_kind: chosen(), knowingly: knowingly ? "yes" : "" };
      inputs.forEach(function (input) {
        setError(input, "");
        values[input.dataset.zoomField] = input.value;
      });
      setSaving(true);
      send(window.location.pathname, values)
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
            if (said.ask) return ask(said.message);
            refuse(said.message || page.dataset.textFailed, said.errors || {});
          });
        })
        .catch(function () {
          refuse(page.dataset.textFailed, {});
        });
    }

    form.addEventListener("input", function (event) {
      if (event.target.matches("[data-zoom-field]")) setError(event.target, "");
    });
  }

  // -- testing the connection --------------------------------------------------------------------------------------

  function serveTest(section) {
    const form = section.querySelector("[data-zoom-test-form]");
    const start = section.querySelector("[data-zoom-test-start]");
    const state = section.querySelector("[data-zoom-test-state]");
    const list = section.querySelector("[data-zoom-test-steps]");
    const pattern = section.querySelector("[data-zoom-test-step]").content.firstElementChild;
    const told = {}; // what was read out of each step
    let failures = 0;

    function setRunning(isRunning) {
      start.setAttribute("aria-disabled", String(isRunning)); // it keeps the focus
      section.setAttribute("aria-busy", String(isRunning));
    }

    function lineOf(name) {
      let line = Array.from(list.children).find(function (one) {
        return one.dataset.step === name;
      });
      if (!line) {
        line = pattern.cloneNode(true);
        line.dataset.step = name;
        list.append(line);
      }
      return line;
    }

    function show(test) {
      const news = [];
      list.hidden = false;
      test.steps.forEach(function (step) {
        const line = lineOf(step.name);
        line.querySelector(".zoom-mark").dataset.tone = step.tone;
        line.querySelector("[data-at=title]").textContent = step.title;
        line.querySelector("[data-at=text]").textContent = step.text;
        if (step.is_over && told[step.name] !== step.text) {
          told[step.name] = step.text;
          news.push(step.title + " " + step.text);
        }
      });
      Array.from(list.children).forEach(function (line) {
        const known = test.steps.some(function (step) {
          return step.name === line.dataset.step;
        });
        if (!known) line.remove();
      });
      state.textContent = test.text;
      if (test.is_over) news.push(test.text);
      if (news.length) announce(news.join(" "));
      setRunning(!test.is_over);
    }

    function follow() {
      window
        .fetch(section.dataset.progress, { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (response) {
          if (!response.ok) throw new Error(String(response.status));
          return response.json();
        })
        .then(function (test) {
          failures = 0;
          show(test);
          if (!test.is_over) window.setTimeout(follow, 1000);
        })
        .catch(function () {
          failures += 1;
          state.textContent = page.dataset.textLost;
          // Asked less and less often; the test itself goes on without anybody watching.
          if (failures < 8) window.setTimeout(follow, 1000 * Math.pow(2, failures));
          else setRunning(false);
        });
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (start.getAttribute("aria-disabled") === "true") return;
      Object.keys(told).forEach(function (name) {
        delete told[name];
      });
      setRunning(true);
      send(form.getAttribute("action"), {})
        .then(function (response) {
          if (response.status === 401 || response.status === 403) {
            state.textContent = page.dataset.textForbidden;
            setRunning(false);
            return null;
          }
          return readAnswer(response).then(function (answer) {
            if (response.ok) return follow();
            state.textContent = (answer && answer.message) || page.dataset.textFailed;
            announce(state.textContent);
            setRunning(false);
            return null;
          });
        })
        .catch(function () {
          state.textContent = page.dataset.textFailed;
          announce(state.textContent);
          setRunning(false);
        });
    });

    if (section.hasAttribute("data-running")) {
      setRunning(true);
      follow();
    }
  }

  page.querySelectorAll("[data-zoom-form]").forEach(serveForm);
  page.querySelectorAll("[data-zoom-test]").forEach(serveTest);
})();
