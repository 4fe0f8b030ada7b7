(function () {
  "use strict";
  const room = document.getElementById("room");
  const said = document.getElementById("said");
  let stamp = "";
  let where = room.dataset.where;

  function show(news) {
    if (news.stamp === stamp) {
      return;
    }
    const focused = document.activeElement && room.contains(document.activeElement) ? document.activeElement.id : "";
    if (stamp || news.where !== where) {
      room.innerHTML = news.html; // rendered and escaped by the server
      const again = focused && document.getElementById(focused);
      if (again) {
        again.focus();
      }
    }
    if (news.where !== where) {
      where = news.where;
      const line = room.querySelector("[data-say]");
      said.textContent = line ? line.textContent : "";
    }
    stamp = news.stamp;
  }

  async function ask() {
    try {
      const answer = await fetch(room.dataset.state, { cache: "no-store" });
      if (answer.ok) {
        show(await answer.json());
      }
    } catch {
      // the server is away; ask again
    }
    setTimeout(ask, document.hidden ? 5000 : 1500);
  }

  ask();
})();
