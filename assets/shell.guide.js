/* The first visit: three questions to the sample site, each with a short guide on its page. */
(function () {
  "use strict";
  const np = window.np;
  const { el, make } = np;
  const GAP_PX = 10;
  const WAIT_MS = 60000; // the first answer of all may compile the kernels
  const text = (selector) => ((document.querySelector(selector) || {}).innerText || "").replace(/^[✓✕]\s*/, "").trim();
  const quoted = (selector) => (text(selector) ? "The answer: “" + text(selector) + "”" : "The answer stands here.");

  np.guides = [
    { key: "servers", ask: "How many more servers?", href: "/?guide=servers", ready: "#explore-verdict .np-headline", steps: [
      ["#explore-verdict", () => quoted("#explore-verdict .np-headline") + " A day of traffic was simulated for it just now."],
      ["#explore-added-row", () => "Servers beyond those that the row was provisioned for. Move it: everything beside it answers again."],
      [".np-chart-risk", () => "Every server count at once. Where a line crosses its limit, that policy carries no more."],
      [".np-chart-power", () => "The proof: the row's power over the day, the limit drawn into it. Drag to zoom."],
    ] },
    { key: "failure", ask: "What if this UPS fails?", href: "/site/?view=failures&failed=UPS-H1-A&guide=failure", ready: "#site-fail-oneline .np-node", steps: [
      ["#site-story-words", () => quoted("#site-story-words .np-story-words")],
      ["#site-fail-oneline", () => "Choose any UPS, feed or panel in the diagram to fail it, and again to repair it."],
      ["#site-frame-marks", () => "What happens after the other, second by second: who takes over, whether the cap lands before a breaker trips."],
      ["#site-affected", () => "Whom it reaches, with the cause."],
    ] },
    { key: "utility", ask: "Will the utility accept this job?", href: "/stabilize/?guide=utility", ready: "#stab-verdict .np-headline", steps: [
      ["#stab-verdict", () => quoted("#stab-verdict .np-headline")],
      ["#stab-compliance", () => "Rule by rule: the worst value, its limit and when it was. Choose a row to see that moment."],
      ["#stab-held", () => "What smooths the job: switch measures on and size them."],
      ["#stab-find", () => "Or let the program search for the cheapest measures that pass every rule."],
    ] },
  ];

  let G = null;

  function box() {
    if (!el("np-guide")) {
      document.body.append(make("div", { id: "np-guide", role: "dialog", "aria-label": "Guide", "aria-live": "polite", tabIndex: -1 }));
    }
    return el("np-guide");
  }

  function place() {
    if (!G) return;
    const node = document.querySelector(G.guide.steps[G.at][0]);
    if (!node) return;
    const at = node.getBoundingClientRect();
    const size = box().getBoundingClientRect();
    const fits = (top) => top >= 8 && top + size.height <= window.innerHeight - 8;
    const below = at.bottom + GAP_PX, above = at.top - size.height - GAP_PX;
    const top = fits(below) ? below : fits(above) ? above : Math.max(8, window.innerHeight - size.height - 16);
    const left = Math.max(8, Math.min(at.left, window.innerWidth - size.width - 8));
    box().style.top = top + "px";
    box().style.left = left + "px";
  }

  function show(at) {
    const { steps } = G.guide;
    G.at = at;
    document.querySelectorAll(".np-pointed").forEach((node) => node.classList.remove("np-pointed"));
    const node = document.querySelector(steps[at][0]);
    if (node) {
      node.classList.add("np-pointed");
      const fold = node.closest("details:not([open])");
      if (fold) fold.open = true;
      node.scrollIntoView({ block: "center" });
    }
    const last = at === steps.length - 1;
    const button = (id, words, run, kind) => make("button", { id, type: "button", className: kind || "np-mini", textContent: words, onclick: run });
    box().replaceChildren(
      make("p", { textContent: steps[at][1]() }),
      make("div", { className: "np-guide-row" },
        make("span", { className: "np-quiet", textContent: at + 1 + " of " + steps.length }),
        last ? null : button("np-guide-skip", "Skip", end),
        at ? button("np-guide-back", "Back", () => show(at - 1)) : null,
        button("np-guide-next", last ? "Done" : "Next", last ? end : () => show(at + 1), "np-mini np-mini-strong")));
    place();
    el("np-guide-next").focus({ preventScroll: true });
  }

  function end() {
    np.keep("np-guide-" + G.guide.key, "done");
    const shown = document.querySelector(".np-pointed"); // Tab goes on from what was shown
    G = null;
    box().remove();
    if (shown) {
      shown.classList.remove("np-pointed");
      if (shown.tabIndex < 0) shown.tabIndex = -1; // what Tab does not reach can be focused so
      shown.focus({ preventScroll: true });
    }
    const done = np.guides.filter((g) => np.kept("np-guide-" + g.key)).length;
    if (done === np.guides.length) closed();
  }

  function begin(guide) {
    const since = Date.now();
    const timer = setInterval(() => {
      const there = document.querySelector(guide.ready);
      if (!there && Date.now() - since < WAIT_MS) return;
      clearInterval(timer);
      if (!there) return;
      G = { guide, at: 0 };
      show(0);
    }, 150);
  }

  document.addEventListener("keydown", (event) => {
    if (!G || document.querySelector("dialog[open]")) return;
    const last = G.guide.steps.length - 1;
    const inside = event.target.closest && event.target.closest("#np-guide");
    if (event.key === "Escape") end();
    else if (inside && event.key === "ArrowRight") show(Math.min(last, G.at + 1));
    else if (inside && event.key === "ArrowLeft") show(Math.max(0, G.at - 1));
  });
  window.addEventListener("resize", place);
  document.addEventListener("scroll", place, true);

  // --- the strip: told by a mark on the root, so that nothing moves when the page is drawn -------

  const first = () => !np.kept("np-visited");
  document.documentElement.classList.toggle("np-first", first());
  function closed() {
    np.keep("np-visited", "1");
    document.documentElement.classList.remove("np-first");
  }
  document.addEventListener("click", (event) => event.target.closest("#np-welcome-close") && closed());

  const asked = new URLSearchParams(window.location.search).get("guide");
  const guide = np.guides.find((g) => g.key === asked);
  if (guide) begin(guide);
})();
