/* A busy server asks to wait: callbacks answered 429 or 503 with Retry-After are sent again
   by themselves, a calm line says so, and the last numbers stay on the page. One that fails
   is told in the same line, and nothing goes on waiting for it. */
(function () {
  "use strict";
  const ASK = "_dash-update-component";
  const MOST_TRIES = 8;
  const TOLD_MS = 12000;
  const plain = window.fetch.bind(window);
  let waiting = 0;
  let until = 0;

  function line() {
    let node = document.getElementById("np-waiting");
    if (!node) {
      node = document.createElement("div");
      node.id = "np-waiting";
      node.className = "np-waiting";
      node.setAttribute("role", "status");
      document.body.appendChild(node);
    }
    return node;
  }

  function say() {
    const node = line();
    node.hidden = waiting === 0;
    if (!waiting) return;
    const s = Math.max(1, Math.ceil((until - Date.now()) / 1000));
    node.textContent = "Busy: many ask at once. Asking again in " + s + " s.";
    setTimeout(say, 500);
  }

  let leaving = false;
  window.addEventListener("beforeunload", () => { leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });

  async function refused(reply) {
    const told = await reply.json().catch(() => ({}));
    failed((told.title || "No answer") + ": " + (told.detail || "status " + reply.status));
  }

  function failed(words) {
    if (leaving) return; // the browser has ended the question itself
    document.dispatchEvent(new Event("np-failed"));
    const node = line();
    node.hidden = false;
    node.textContent = words;
    setTimeout(() => { node.hidden = node.hidden || waiting === 0; }, TOLD_MS);
  }

  async function rest(waitMs) {
    waiting += 1;
    until = Math.max(until, Date.now() + waitMs);
    if (waiting === 1) say();
    await new Promise((done) => setTimeout(done, waitMs));
    waiting -= 1;
    if (!waiting) say();
  }

  window.fetch = async function (address, options) {
    const url = String((address && address.url) || address);
    if (!url.includes(ASK)) return plain(address, options);
    for (let tried = 1; ; tried += 1) {
      const reply = await plain(address, options).catch((error) => {
        failed("No answer: the server was not reached");
        throw error;
      });
      const waitS = Number(reply.headers.get("retry-after"));
      const busy = (reply.status === 429 || reply.status === 503) && waitS > 0;
      if (!busy || tried >= MOST_TRIES) {
        if (reply.status >= 400) refused(reply.clone());
        return reply;
      }
      await rest(1000 * waitS * (1 + Math.random() / 4)); // not all of them at once
    }
  };
})();
