// A plan date is moved on the timeline by dragging or by arrow keys; what that changes is shown before it is done.
(function () {
  "use strict";
  var day = 86400000;
  function table() { return document.querySelector("table.portfolio"); }
  function dialog() { return document.getElementById("replan"); }
  // Days are counted from the first of the year, in UTC, where none has 23 hours.
  function first() { return Date.UTC(Number(table().dataset.year), 0, 1); }
  function number(iso) { return Math.round((Date.parse(iso) - first()) / day); }
  function iso(n) { return new Date(first() + n * day).toISOString().slice(0, 10); }
  function isWorking(n) { return table().dataset.working[n] === "1"; }
  // The next working day in that direction; the same one where the year ends.
  function step(n, by) {
    for (var next = n + by; next >= 0 && next < table().dataset.working.length; next += by) {
      if (isWorking(next)) {
        return next;
      }
    }
    return n;
  }
  function place(mark, n) {
    mark.dataset.now = n;
    mark.closest("[data-plan]").setAttribute("x", 100 * (n + 0.5) / table().dataset.working.length + "%");
    document.getElementById("moved").textContent = mark.dataset.title + ": " + iso(n).split("-").reverse().join(".");
  }
  function now(mark) { return Number(mark.dataset.now || number(mark.dataset.on)); }
  function ask(mark) {
    var box = dialog(), form = box.querySelector("form");
    form.action = "/cases/" + encodeURIComponent(mark.dataset.case) + "/plan";
    form.elements.fact.value = mark.dataset.fact;
    form.elements.on.value = iso(now(mark));
    box.querySelector("[data-title]").textContent = mark.dataset.title;
    box.querySelector("[data-case]").textContent = mark.dataset.case;
    document.getElementById("plan-problem").replaceChildren();
    box.mark = mark;
    box.showModal();
  }
  function marked(event) { return event.target.closest("[data-plan] a"); }

  document.addEventListener("htmx:load", function () {
    document.querySelectorAll("[data-plan] a").forEach(function (mark) { mark.setAttribute("role", "button"); });
  });
  var drag = null;
  document.addEventListener("pointerdown", function (event) {
    var mark = marked(event);
    if (mark && event.button === 0) {
      drag = { mark: mark, from: now(mark), x: event.clientX, moved: false };
      event.preventDefault();
      mark.focus();
    }
  });
  document.addEventListener("pointermove", function (event) {
    if (!drag || (!drag.moved && Math.abs(event.clientX - drag.x) < 4)) {
      return;
    }
    drag.moved = true;
    var days = table().dataset.working.length, width = drag.mark.closest(".p-track").getBoundingClientRect().width;
    var to = Math.round(drag.from + (event.clientX - drag.x) * days / width);
    to = Math.max(0, Math.min(days - 1, to));
    place(drag.mark, isWorking(to) ? to : step(to, to < drag.from ? -1 : 1));
  });
  document.addEventListener("pointerup", function () {
    if (drag && drag.moved) {
      ask(drag.mark);
    }
    // The click that follows the drag is part of it.
    setTimeout(function () { drag = null; }, 0);
  });
  document.addEventListener("pointercancel", function () {
    if (drag) {
      place(drag.mark, drag.from);
      drag = null;
    }
  });
  document.addEventListener("dragstart", function (event) {
    if (marked(event)) {
      event.preventDefault();
    }
  });
  document.addEventListener("click", function (event) {
    var mark = marked(event);
    if (mark) {
      event.preventDefault();
      if (!(drag && drag.moved)) {
        ask(mark);
      }
    } else if (event.target.closest("[data-close]")) {
      dialog().close();
    }
  });
  document.addEventListener("keydown", function (event) {
    var mark = marked(event);
    if (!mark) {
      return;
    }
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      event.preventDefault();
      place(mark, step(now(mark), event.key === "ArrowLeft" ? -1 : 1));
    } else if (event.key === " ") {
      event.preventDefault();
      ask(mark);
    } else if (event.key === "Escape") {
      place(mark, number(mark.dataset.on));
    }
  });
  // What was not confirmed is not moved.
  document.addEventListener("close", function (event) {
    if (event.target.mark) {
      place(event.target.mark, number(event.target.mark.dataset.on));
      event.target.mark.focus();
    }
  }, true);
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.closest("#replan")) {
      return;
    }
    event.preventDefault();
    window.htmx.ajax("POST", form.action, {
      source: form, target: "#plan-problem", select: "#plan-problem", swap: "outerHTML",
      values: Object.fromEntries(new FormData(form))
    });
  }, true);
})();
