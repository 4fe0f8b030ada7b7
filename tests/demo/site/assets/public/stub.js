function StubView(runtime, element, args) {
  const root = element.jquery ? element[0] : element;
  const kind = element.jquery ? "jquery" : "node";
  root.querySelector("[data-out]").textContent = [kind, runtime.handlerUrl(element, "ping"), args.word].join(" ");
  root.addEventListener("click", function (event) {
    const name = event.target.dataset.notify;
    if (name) runtime.notify(name, JSON.parse(event.target.dataset.with || "{}"));
    if (event.target.dataset.post) {
      $.ajax({ type: "POST", url: runtime.handlerUrl(element, "ping"), data: "{}", contentType: "application/json" }).done(
        (answer) => (root.querySelector("[data-out]").textContent = "asked by " + answer.username),
      );
    }
  });
}
