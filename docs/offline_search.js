// The search of the site where it is opened from a disk: browsers start no worker there, a hidden frame stands in.
(function () {
  "use strict";
  if (location.protocol !== "file:") return;
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      const inside = this.inside = frame.contentWindow;
      const load = (file) => new Promise((done, failed) => {
        const script = inside.document.createElement("script");
        script.src = file;
        script.onload = done;
        script.onerror = failed;
        inside.document.body.appendChild(script);
      });
      inside.importScripts = (...files) =>
        files.reduce((before, file) => before.then(() => load(file)), Promise.resolve());
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      this.ready = load(address);
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {}
  };
})();
