// Signs the file of a form with NCALayer, a program on the reader's own machine, and sends the form with the
// signature. The protocol: one web socket, JSON; it greets with its version, `sign` answers with the signature.
(function () {
  "use strict";
  // The file of the form, or what the server makes of its fields (data-statement), in base64.
  function load(form) {
    var address = form.dataset.statement;
    var asked = address
      ? fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)) })
      : fetch(form.dataset.file);
    return asked.then(function (answer) {
      if (!answer.ok) {
        throw new Error(address ? "fields" : "no_file");
      }
      return answer.blob();
    }, function () {
      throw new Error("no_file");
    }).then(function (file) {
      return new Promise(function (resolve) {
        var reader = new FileReader();
        reader.onload = function () {
          resolve(reader.result.slice(reader.result.indexOf(",") + 1));
        };
        reader.readAsDataURL(file);
      });
    });
  }
  function request(file) {
    return JSON.stringify({
      module: "kz.gov.pki.knca.basics",
      method: "sign",
      args: {
        allowedStorages: null,
        format: "cms",
        data: file,
        signingParams: { decode: true, encapsulate: false, digested: false, tsaProfile: {} },
        signerParams: { extKeyUsageOids: ["1.3.6.1.5.5.7.3.4"] },
        locale: ["kk", "en"].indexOf(document.documentElement.lang) < 0 ? "ru" : document.documentElement.lang
      }
    });
  }
  function sign(address, file) {
    return new Promise(function (resolve, reject) {
      var socket = new WebSocket(address), greeted = false;
      socket.onerror = socket.onclose = function () {
        reject(new Error(greeted ? "cancelled" : "absent"));
      };
      socket.onmessage = function (message) {
        var answer = JSON.parse(message.data);
        if (!greeted) {
          greeted = true;
          socket.send(request(file));
        } else if (!answer.status) {
          reject(new Error("failed " + [answer.message, answer.details].filter(Boolean).join(": ")));
        } else if (!answer.body || !answer.body.result) {
          reject(new Error("cancelled"));
        } else {
          resolve([].concat(answer.body.result)[0]);
        }
        if (answer.status !== undefined) {
          socket.close();
        }
      };
    });
  }
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-eds]") || (event.submitter && !event.submitter.matches("[data-eds-button]"))) {
      return;
    }
    event.preventDefault();
    var status = form.querySelector("[role=status]"), button = form.querySelector("[data-eds-button]");
    status.textContent = form.dataset.waiting;
    button.disabled = true;
    load(form).then(function (file) {
      return sign(form.dataset.eds, file);
    }).then(function (signature) {
      form.querySelector("[name=signature]").value = signature;
      form.submit();
    }).catch(function (problem) {
      var code = problem.message.split(" ")[0];
      button.disabled = false;
      if (code === "fields") {
        form.querySelector("[name=signature]").value = "-";  // never taken: the page that comes back says what is wrong
        form.submit();
      } else {
        status.textContent = (form.dataset[code] || form.dataset.failed) + problem.message.slice(code.length);
      }
    });
  }, true);
})();
