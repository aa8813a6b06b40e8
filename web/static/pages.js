// Small conveniences; every page works without them.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-print]");
    if (button) {
      window.print();
    }
  });
  // A link to an obligation unfolds its explanation.
  function unfold() {
    var id = decodeURIComponent(window.location.hash.slice(1));
    var target = id && document.getElementById(id);
    var details = target && target.querySelector("details");
    if (details) {
      details.open = true;
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  // The session ended while a form was being filled in: sent as browsers do, it comes back after the log-in.
  document.addEventListener("htmx:responseError", function (event) {
    var form = event.detail.elt.closest("form");
    if (event.detail.xhr.status === 401 && form && form.method === "post") {
      HTMLFormElement.prototype.submit.call(form);
    }
  });
  // Long work says that it is under way, and a button is pressed once.
  var root = document.documentElement;
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) {
      return;
    }
    setTimeout(function () {
      if (event.defaultPrevented) {
        return;
      }
      root.classList.add("is-busy");
      form.setAttribute("aria-busy", "true");
      form.querySelectorAll("button[type=submit]").forEach(function (button) { button.disabled = true; });
      var note = document.createElement("p");
      note.className = "busy-note";
      note.setAttribute("role", "status");
      form.appendChild(note);
      note.textContent = document.body.dataset.busy;
    }, 0);
  });
  window.addEventListener("pageshow", function () {
    root.classList.remove("is-busy");
    document.querySelectorAll(".busy-note").forEach(function (note) {
      note.parentNode.removeAttribute("aria-busy");
      note.parentNode.querySelectorAll("button[type=submit]").forEach(function (button) { button.disabled = false; });
      note.remove();
    });
  });
  // Paper shows every explanation.
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details.why:not([open])"));
    closed.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (details) { details.open = false; });
  });
})();
