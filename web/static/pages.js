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
