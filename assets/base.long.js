/* A question that takes long says how far it is and what is left, and can be stopped: the
   last answer stays. app/pages/under_way.py tells and stops. */
(function () {
  "use strict";
  const np = (window.np = window.np || {});
  const SLOW_MS = 900; // shorter questions say nothing
  const POLL_MS = 400;

  np.long = function (prefix, pace, words) {
    const L = { n: 0, stop: null, stopped: false }; // stop: the question given up
    const at = (name) => np.el(prefix + "-" + name);
    const say = (text, button) => {
      at("under-way-text").textContent = text;
      at("cancel").textContent = button;
    };
    const show = (is) => at("under-way") && at("under-way").classList.toggle("np-hidden", !is);

    function ask() {
      L.n += 1;
      np.set(prefix + "-long-ask", { data: { tab: np.tab, n: L.n, cancel: L.stop } });
    }

    setInterval(() => {
      if (L.stopped) return;
      const slow = Boolean(pace.sentAt) && Date.now() - pace.sentAt > SLOW_MS;
      show(slow);
      if (slow) ask();
    }, POLL_MS);

    document.addEventListener("click", (event) => {
      if (!event.target.closest("#" + prefix + "-cancel")) return;
      if (L.stopped) return pace.ask();
      L.stop = pace.seq;
      ask();
      pace.forget(); // the server may take a moment; its answer is not waited for
      if (pace.dirty) pace.ask();
      else ended(true);
    });

    function ended(wasStopped) {
      L.stopped = wasStopped;
      show(wasStopped);
      if (wasStopped) say("Stopped. Below stays the last answer; your inputs are kept.", "Ask again");
    }

    return {
      sent() {
        L.stop = null;
        L.stopped = false;
        if (at("cancel")) say(words + ".", "Cancel");
        show(false);
      },
      ended,
      progress(found) {
        if (!found || !found.told || !pace.sentAt) return;
        const { part, text, ran_s: ranS } = found.told;
        say(words + ": " + text + ", " + Math.round(100 * part) + " %" + np.left(part, Date.now() - 1000 * ranS), "Cancel");
      },
    };
  };
})();
