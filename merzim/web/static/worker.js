// Keeps the list of the desk for reading without a network. Of our own origin alone; forgotten at log-out.
(function () {
  "use strict";
  var STORE = "merzim-desk";
  var PAGE = "/desk/kept";
  var HOUR = 3600 * 1000;
  var LASTS = 24 * HOUR;

  function forget() {
    return caches.delete(STORE);
  }

  function age(answer) {
    return Date.now() - Date.parse(answer.headers.get("date"));
  }

  // The list as it was kept; nothing once it is older than a day.
  function kept() {
    return caches.match(PAGE).then(function (answer) {
      if (answer && age(answer) > LASTS) {
        return forget().then(function () { return undefined; });
      }
      return answer;
    });
  }

  function files(text) {
    return Array.from(text.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g), function (match) { return match[1]; });
  }

  // Fetch the list and its assets again; without a log-in there is none.
  function keep() {
    return fetch(PAGE, { credentials: "same-origin", cache: "no-store" }).then(function (answer) {
      if (!answer.ok || answer.redirected) {
        return forget();
      }
      return Promise.all([caches.open(STORE), answer.clone().text()]).then(function (both) {
        return both[0].addAll(files(both[1])).then(function () { return both[0].put(PAGE, answer); });
      });
    }).catch(function () {});
  }

  self.addEventListener("install", function () { self.skipWaiting(); });
  self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

  self.addEventListener("message", function (event) {
    if (event.data === "forget") {
      event.waitUntil(forget());
      return;
    }
    event.waitUntil(kept().then(function (answer) {
      var same = answer && answer.headers.get("content-language") === event.data.language;
      if (event.data.now || !same || age(answer) > HOUR) {
        return keep();
      }
    }));
  });

  self.addEventListener("fetch", function (event) {
    var address = new URL(event.request.url);
    if (address.origin !== self.location.origin) {
      return;
    }
    if (event.request.method === "POST" && address.pathname === "/logout") {
      event.waitUntil(forget());
    } else if (event.request.method === "GET" && event.request.mode === "navigate") {
      event.respondWith(fetch(event.request).catch(function (problem) {
        return kept().then(function (answer) {
          if (answer) {
            return answer;
          }
          throw problem;
        });
      }));
    } else if (event.request.method === "GET" && address.pathname.startsWith("/static/")) {
      event.respondWith(fetch(event.request).catch(function (problem) {
        return caches.match(event.request).then(function (answer) {
          if (answer) {
            return answer;
          }
          throw problem;
        });
      }));
    }
  });
})();
