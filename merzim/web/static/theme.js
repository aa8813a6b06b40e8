// Before the first paint: a reader who chose "auto" gets the theme of their system.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function follow() {
    if (root.dataset.theme === "auto") {
      root.setAttribute("data-mode", dark.matches ? "dark" : "light");
    }
  }
  follow();
  dark.addEventListener("change", follow);
  // Paper is light.
  var shown = "";
  window.addEventListener("beforeprint", function () {
    shown = root.getAttribute("data-mode");
    root.setAttribute("data-mode", "light");
  });
  window.addEventListener("afterprint", function () {
    root.setAttribute("data-mode", shown);
  });
})();
