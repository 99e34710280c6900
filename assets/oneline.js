/* The one-line diagram as SVG: drawn once per site, a failure's frames change classes. */
(function () {
  "use strict";
  const np = window.np;
  const PAD = 10;
  const TEXT_X = 29;

  const make = (tag, attributes, parent) => parent.appendChild(np.svg(tag, attributes));

  /* Signs of the trade, 16 px, drawn at the left of each box. */
  const SIGNS = {
    utility: "M0 8a8 8 0 1 0 16 0a8 8 0 1 0-16 0M3 8q2.5-6 5 0t5 0",
    generator: "M0 8a8 8 0 1 0 16 0a8 8 0 1 0-16 0M11 6a3.4 3.4 0 1 0 .2 4V8.4H8.6",
    transformer: "M3 5.5a5 5 0 1 0 10 0a5 5 0 1 0-10 0M3 10.5a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
    switchboard: "M0 3H16M3 3V7M8 3V7M13 3V7M3 7l2 3M8 7l2 3M13 7l2 3M3 11V14M8 11V14M13 11V14",
    ups: "M1 1H15V15H1ZM1 15L15 1M3.5 4.5H7M9 12q1.3-2.6 2.6 0t2.6 0",
    sts: "M3 2V6M13 2V6M3 6L8 11M8 11V15M13 6l-2 2",
    pdu: "M1 2H15V14H1ZM5 2V14M1 6H5M1 10H5M8 5H12M8 8H12M8 11H12",
    rpp: "M1 2H15V14H1ZM4 5H12M4 8H12M4 11H12",
    busway: "M0 6H16M0 10H16M4 10V14M12 10V14",
    "rack-pdu": "M5 1H11V15H5ZM8 4V5M8 7.5V8.5M8 11V12",
    cooling: "M8 0V16M1 4L15 12M15 4L1 12M8 3L6 1.4M8 3L10 1.4M8 13L6 14.6M8 13L10 14.6",
    row: "M1 1H5V15H1ZM6 1H10V15H6ZM11 1H15V15H11ZM2 4H4M7 4H9M12 4H14M2 7H4M7 7H9M12 7H14",
  };

  const percent = (frac) => (frac === null || frac === undefined ? "" : Math.round(100 * frac) + " %");

  function tone(frac) {
    if (frac === null || frac === undefined) return "none";
    if (frac > 1.0001) return "over";
    return frac > 0.9 ? "tight" : "calm";
  }

  function words(node) {
    if (node.frac === null) return node.peak;
    const normal = percent(node.peak_frac);
    if (node.kind === "row" || node.frac - node.peak_frac < 0.005) return normal + " of limit";
    return normal + " → " + percent(node.frac);
  }

  /* Words that a box has no room for are drawn narrower: all are measured, then all set. */
  function fit(svg, w) {
    const room = (text) => w - TEXT_X - (text.matches(".np-node-name") && text.parentNode.querySelector(".np-node-side:not(:empty)") ? 18 : 5);
    const texts = [...svg.querySelectorAll(".np-node-name, .np-node-value")];
    texts.forEach((text) => text.removeAttribute("textLength"));
    texts.filter((text) => text.getComputedTextLength() > room(text)).forEach((text) => {
      text.setAttribute("textLength", room(text));
      text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    });
  }

  /* Draw into a host; `pressed` is told the name of a node that is chosen, `opened` of the
     one whose breaker is. */
  np.oneLine = function (host, doc, pressed, opened) {
    host.textContent = "";
    if (!doc || doc.note) {
      host.textContent = (doc && doc.note) || "";
      return;
    }
    const [w, h] = doc.box;
    const width = doc.width + 2 * PAD;
    const height = doc.height + 2 * PAD;
    const svg = make("svg", {
      viewBox: [-PAD, -PAD, width, height].join(" "), class: "np-oneline",
      role: "group", "aria-label": "One-line diagram",
    }, host);
    svg.style.minWidth = Math.min(width, Math.max(520, 0.62 * width)) + "px";
    svg.style.maxWidth = width * 1.15 + "px";
    doc.wires.forEach((wire) => {
      make("path", { d: wire.path, class: "np-wire np-side-" + (wire.side || "none"),
        "data-from": wire.from, "data-to": wire.to }, svg);
      const breaker = make("rect", { x: wire.breaker[0] - 3.5, y: wire.breaker[1] - 3.5, width: 7,
        height: 7, class: "np-breaker", "data-from": wire.from, "data-to": wire.to,
        "data-tip": "Breaker of " + wire.to + ": press to fail it" }, svg);
      breaker.addEventListener("click", () => opened(wire.to));
    });
    doc.nodes.forEach((node) => {
      const box = make("g", {
        class: "np-node np-tone-" + tone(node.frac), transform: "translate(" + node.x + " " + node.y + ")",
        tabindex: "0", role: "button", "data-name": node.name, "data-tip": np.feed(node),
        "aria-label": node.title, ...(node.kind === "row" ? {} : { "aria-keyshortcuts": "F" }),
      }, svg);
      box.told = node;
      make("rect", { width: w, height: h, rx: 3, class: "np-node-box" }, box);
      make("path", { d: SIGNS[node.kind] || SIGNS.pdu, class: "np-node-sign", transform: "translate(8 8)" }, box);
      make("text", { x: TEXT_X, y: 17, class: "np-node-name" }, box).textContent = node.name;
      make("text", { x: TEXT_X, y: 32, class: "np-node-value" }, box).textContent = words(node);
      if (node.side && node.kind !== "row") {
        make("text", { x: w - 7, y: 17, class: "np-node-side", "text-anchor": "end" }, box).textContent =
          node.name.endsWith("-" + node.side) ? "" : node.side;
      }
      make("rect", { x: 0, y: h - 5, width: w, height: 5, class: "np-node-track" }, box);
      make("rect", { x: 0, y: h - 5, width: w * Math.min(1, node.frac || 0), height: 5, class: "np-node-fail" }, box);
      make("rect", { x: 0, y: h - 5, width: w * Math.min(1, node.peak_frac || 0), height: 5, class: "np-node-load" }, box);
      const act = () => pressed(node.name);
      box.addEventListener("click", act);
      box.addEventListener("keydown", (event) => {
        if (event.key === "f" && node.kind !== "row" && !event.ctrlKey && !event.metaKey) opened(node.name);
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        act();
      });
    });
    fit(svg, w);
  };

  /* Show one moment of a failure: loads moved, the dead hollow, those that moved named. */
  np.oneLineFrame = function (host, doc, frame, before, failed) {
    const svg = host.querySelector("svg");
    if (!svg || !doc.nodes.length) return;
    const w = doc.box[0];
    const dead = new Set(frame.dead_racks);
    const lifeless = new Set();
    doc.nodes.forEach((node) => {
      const box = svg.querySelector('[data-name="' + CSS.escape(node.name) + '"]');
      let now = frame.out_w[node.name];
      let part = now === undefined || !node.limit_w ? null : now / node.limit_w;
      let gone = now === null;
      let text;
      if (node.kind === "row") {
        const lost = node.racks.filter((name) => dead.has(name)).length;
        gone = lost === node.racks.length && lost > 0;
        part = gone ? 0 : null;
        text = gone ? "all dark" : lost ? lost + " racks dark" : "has power";
      } else if (now === undefined) {
        text = "";
      } else {
        const was = before[node.name];
        const from = was === null || !node.limit_w ? "" : percent(was / node.limit_w);
        const to = gone ? "no power" : node.limit_w ? percent(part) : Math.round(now / 1e3) + " kW";
        const moved = gone || (was !== null && Math.abs(now - was) > 0.005 * Math.max(now, was));
        text = moved && from && !gone ? from + " → " + to : to;
        box.classList.toggle("np-moved", Boolean(moved));
      }
      if (gone) lifeless.add(node.name);
      box.setAttribute("class", "np-node np-tone-" + tone(part) + (gone ? " np-dead" : "")
        + (failed.includes(node.name) ? " np-failed" : "") + (box.classList.contains("np-moved") ? " np-moved" : ""));
      box.querySelector(".np-node-value").textContent = text;
      box.querySelector(".np-node-load").setAttribute("width", w * Math.min(1, part || 0));
      box.querySelector(".np-node-fail").setAttribute("width", 0);
    });
    fit(svg, w);
    svg.querySelectorAll(".np-wire, .np-breaker").forEach((wire) => {
      const cut = lifeless.has(wire.dataset.from) || (lifeless.has(wire.dataset.to) && failed.includes(wire.dataset.to));
      wire.classList.toggle("np-cut", cut);
    });
  };
})();
