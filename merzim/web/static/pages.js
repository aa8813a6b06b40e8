// Small conveniences; every page works without them.
(function () {
  "use strict";
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-print]");
    if (button) {
      window.print();
    }
  });
  // What is folded on the screen and belongs on paper is unfolded while it is printed.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details[data-printed]:not([open])").forEach(function (details) {
      details.open = true;
      window.addEventListener("afterprint", function () { details.open = false; }, { once: true });
    });
  });
  // On a narrow screen the menu is unfolded by its button.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-menu]");
    document.querySelectorAll(".menu-more[open]").forEach(function (more) {
      more.open = more.contains(event.target);
    });
    if (button) {
      button.setAttribute("aria-expanded", String(document.getElementById("menu").classList.toggle("is-open")));
    }
  });
  // One tick stands for all rows alike.
  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-alike]")) {
      event.target.parentNode.querySelectorAll("[name=row]").forEach(function (tick) { tick.checked = event.target.checked; });
    }
  });
  // "/" and Ctrl-K go to the search.
  document.addEventListener("keydown", function (event) {
    var field = document.querySelector("[data-search]");
    var typing = event.target.closest("input, select, textarea, [contenteditable]");
    var asked = (event.key === "/" && !typing) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
    if (field && asked) {
      event.preventDefault();
      var fold = document.getElementById("menu");
      fold.classList.add("is-open");
      field.focus();
      field.select();
    }
  });
  // A link to an obligation unfolds its stage and its explanation; one to a card unfolds it.
  function unfold() {
    var id = decodeURIComponent(window.location.hash.slice(1));
    var target = id && document.getElementById(id);
    if (!target) {
      return;
    }
    var folds = [target.querySelector(target.matches("tbody") ? "details" : ":scope > .fold")];
    for (var above = target.closest("details"); above; above = above.parentNode.closest("details")) {
      folds.push(above);
    }
    folds.forEach(function (details) {
      if (details && !details.open) {
        details.open = true;
        target.scrollIntoView();
      }
    });
    if (target.matches("input, select, textarea")) {
      target.focus();
    }
  }
  window.addEventListener("hashchange", unfold);
  unfold();
  // On a narrow screen the rail of stages begins at the current one, and a row of tabs shows the current tab.
  document.querySelectorAll(".rail [aria-current], .tabs [aria-current]").forEach(function (here) {
    var row = here.closest(".rail, .tabs");
    row.scrollLeft += here.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.matches(".tabs") ? 40 : 16);
  });
  // The session ended while a form was being filled in: sent as browsers do, it comes back after the log-in.
  document.addEventListener("htmx:responseError", function (event) {
    var form = event.detail.elt;
    if ([401, 403, 404].includes(event.detail.xhr.status) && form.matches("form[method=post]")) {
      HTMLFormElement.prototype.submit.call(form);
    }
  });
  // A hint beside a field never takes the page away, nor what was typed into it: the form itself asks to log in.
  document.addEventListener("htmx:beforeOnLoad", function (event) {
    if (event.detail.elt.matches("input") && event.detail.xhr.getResponseHeader("hx-redirect")) {
      event.preventDefault();
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
  // Another language or theme: the page is read again, and what was typed into its forms comes along.
  function forms() {
    return Array.from(document.querySelectorAll("#content form[method=post]"));
  }
  function fields(form) {
    return Array.from(form.elements).filter(function (field) {
      var kind = (field.type || "").toLowerCase();
      return field.name && (field.name === "kept" || !/^(hidden|password|file|submit|button|reset)$/.test(kind));
    });
  }
  document.addEventListener("click", function (event) {
    if (!event.target.closest(".switch a")) {
      return;
    }
    var typed = forms().map(function (form) {
      return [form.getAttribute("action"), fields(form).map(function (field) {
        return [field.name, field.value, Boolean(field.checked)];
      })];
    });
    try {
      window.sessionStorage.setItem("typed", JSON.stringify(typed));
    } catch (full) { /* then it is typed again */ }
  });
  function retype() {
    var kept = null;
    try {
      kept = JSON.parse(window.sessionStorage.getItem("typed"));
      window.sessionStorage.removeItem("typed");
    } catch (none) { /* nothing was kept */ }
    var here = forms();
    (kept || []).forEach(function (one) {
      var at = here.findIndex(function (form) { return form && form.getAttribute("action") === one[0]; });
      if (at < 0) {
        return;
      }
      fields(here[at]).forEach(function (field, n) {
        var was = one[1][n];
        if (!was || was[0] !== field.name) {
          return;
        }
        if (field.type === "checkbox" || field.type === "radio") {
          field.checked = was[2];
        } else if (field.tagName !== "SELECT" || Array.from(field.options).some(function (o) { return o.value === was[1]; })) {
          field.value = was[1];
        }
        var folded = field.closest("details");
        if (folded && field.tagName !== "SELECT" && field.value !== field.defaultValue) {
          folded.open = true;
        }
      });
      here[at] = null;
    });
  }
  retype();
  // A field that finds: what may be meant by what is typed so far. An answer that comes late is not shown.
  var asking = null;
  document.addEventListener("input", function (event) {
    var field = event.target;
    if (!field.matches("input[data-finds]")) {
      return;
    }
    clearTimeout(asking);
    asking = setTimeout(function () {
      var typed = field.value;
      if (!typed.trim() || Array.from(field.list.options).some(function (one) { return one.value === typed; })) {
        return;
      }
      fetch(field.dataset.finds + "?q=" + encodeURIComponent(typed)).then(function (answer) {
        return answer.ok ? answer.json() : [];
      }).then(function (found) {
        if (field.value !== typed) {
          return;
        }
        field.list.replaceChildren.apply(field.list, found.map(function (one) {
          var option = document.createElement("option");
          option.value = one.value;
          option.label = one.label;
          return option;
        }));
      }).catch(function () { /* then the whole name is typed */ });
    }, 150);
  });
  // Links are published on the day of the fact, until another day is typed.
  document.addEventListener("change", function (event) {
    var day = event.target;
    if (day.name !== "on" || !day.form) {
      return;
    }
    var before = day.dataset.before || day.defaultValue;
    day.form.querySelectorAll("input[type=date][name^='published.']").forEach(function (field) {
      if (field.value === before) {
        field.value = day.value;
      }
    });
    day.dataset.before = day.value;
  });
  // Paper shows every stage and every explanation.
  var closed = [];
  window.addEventListener("beforeprint", function () {
    closed = Array.from(document.querySelectorAll("details.why:not([open]), .stage-card details:not([open])"));
    closed.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    closed.forEach(function (details) { details.open = false; });
  });
})();
