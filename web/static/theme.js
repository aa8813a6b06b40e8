// Before the first paint: a reader who chose "auto" gets the theme of their system.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    if (root.dataset.theme === "auto") {
      root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
    }
  }
  follow();
  dark.addEventListener("change", follow);
  // Paper is light.
  var shown = "";
  window.addEventListener("beforeprint", function () {
    shown = root.getAttribute("data-bs-theme");
    root.setAttribute("data-bs-theme", "light");
  });
  window.addEventListener("afterprint", function () {
    root.setAttribute("data-bs-theme", shown);
  });
})();
