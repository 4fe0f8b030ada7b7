/* An existing session: picked from a list that is asked of Zoom, or pasted; and the search among hosts. */
(function () {
  "use strict";

  window.ZoomXBlockEditor.parts.link = function (form) {
    const { at, text } = form;

    // -- hosts: typing leaves those in the list that fit ------------------------------------------------------------

    const hostSearch = at["host-search"];
    if (hostSearch) {
      const select = form.controls.host_email[0];
      const all = Array.from(select.options);
      hostSearch.addEventListener("input", function () {
        const typed = hostSearch.value.trim().toLowerCase();
        const chosen = select.value;
        const fitting = all.filter((option) => option.text.toLowerCase().includes(typed) || option.value === chosen);
        select.replaceChildren(...fitting);
        select.value = chosen;
        at["host-found"].textContent = form.fill(text.found, { count: fitting.length });
      });
      hostSearch.addEventListener("keydown", function (event) {
        if (event.key === "Enter") event.preventDefault(); // a search is not a save
      });
    }
    if (at.unlink) {
      at.unlink.addEventListener("click", function () {
        form.ask("unlink_session", {}).then(form.accept);
      });
    }
    if (!at.existing) return;

    // -- new or existing --------------------------------------------------------------------------------------------

    let sessions = [];
    let asked = null;
    let latest = 0;

    function setMode(mode) {
      form.mode = mode;
      at.existing.hidden = mode !== "existing";
      at.save.textContent = mode === "existing" ? text.link : text.save;
      form.clearErrors();
      form.refresh();
      if (mode === "existing") load();
      else form.check();
    }

    function host() {
      return at["link-host"] ? at["link-host"].value : "";
    }

    function load() {
      if (asked === host()) return;
      asked = host();
      const mine = ++latest;
      at["link-found"].textContent = text.loading;
      at["link-group"].hidden = true;
      at["search-group"].hidden = true;
      form.post("sessions_to_link", { host_email: host() }).then(
        function (answer) {
          if (mine !== latest) return;
          sessions = answer.sessions || [];
          at["search-group"].hidden = sessions.length < 2;
          if (answer.sessions) show();
          else {
            asked = null;
            at["link-found"].textContent = answer.message || text.notDone;
          }
        },
        function (error) {
          if (mine !== latest) return;
          asked = null;
          at["link-found"].textContent = error.message === "forbidden" ? text.forbidden : text.notDone;
        },
      );
    }

    function card(session, index) {
      const label = document.createElement("label");
      label.className = "zoom-xblock__card";
      const radio = document.createElement("input");
      radio.type = "radio";
      radio.name = at.reference.id + "-picked";
      radio.value = session.id;
      radio.checked = at.reference.value === session.id;
      const about = document.createElement("span");
      about.className = "zoom-xblock__help";
      about.id = at.reference.id + "-about-" + index;
      about.textContent = session.about;
      radio.setAttribute("aria-describedby", about.id);
      radio.addEventListener("change", function () {
        at.reference.value = session.id;
        form.clearError("reference");
      });
      const name = document.createElement("span");
      name.className = "zoom-xblock__card-name";
      name.textContent = session.topic;
      const said = document.createElement("span");
      said.className = "zoom-xblock__card-text";
      said.append(name, about);
      label.append(radio, said);
      return label;
    }

    function show() {
      const typed = at["link-search"].value.trim().toLowerCase();
      const fitting = sessions.filter((one) => (one.topic + " " + one.about + " " + one.id).toLowerCase().includes(typed));
      at["link-list"].replaceChildren(...fitting.map(card));
      at["link-group"].hidden = !fitting.length;
      at["link-found"].textContent = !sessions.length ? text.noSessions : fitting.length ? form.fill(text.found, { count: fitting.length }) : text.noneFound;
    }

    function picked() {
      return sessions.find((one) => one.id === at.reference.value.trim());
    }

    form.link = function (agreed) {
      const chosen = picked();
      const sent = { reference: at.reference.value, reference_kind: chosen ? chosen.kind : null, agreed: agreed };
      return form.ask("link_session", Object.assign(form.values(), sent)).then(form.accept);
    };

    form.showAgreement = function (answer) {
      at["agreement-text"].textContent = answer.message;
      at["agreement-title"].textContent = answer.agreement.title;
      form.refill(at["agreement-list"], answer.agreement.changes);
      at.agreement.hidden = false;
      at.agreement.focus();
    };

    at["mode-new"].addEventListener("change", () => setMode("new"));
    at["mode-existing"].addEventListener("change", () => setMode("existing"));
    if (at["link-host"]) at["link-host"].addEventListener("change", load);
    at["link-search"].addEventListener("input", show);
    at["link-search"].addEventListener("keydown", function (event) {
      if (event.key === "Enter") event.preventDefault();
    });
    at.reference.addEventListener("input", function () {
      form.clearError("reference");
      at["link-list"].querySelectorAll("input").forEach((radio) => (radio.checked = radio.value === at.reference.value.trim()));
    });
    at.agree.addEventListener("click", () => form.link(true));
    at.disagree.addEventListener("click", function () {
      at.agreement.hidden = true;
      at.reference.focus();
    });
    if (at["mode-existing"].checked) setMode("existing"); // a reloaded page remembers what was chosen
  };
})();
