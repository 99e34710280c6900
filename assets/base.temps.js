/* °F for who reads it, in one place: answers and inputs stay in °C, what is written and drawn is
   converted here. A text says its unit behind its numbers, a figure in the title of its axis or
   of its colours. Nothing of this runs while °C is chosen. */
(function () {
  "use strict";
  const np = window.np;
  const KEY = "np-temps";
  const ONE = "[+\u2212-]?\\d[\\d,]*(?:\\.\\d+)?";
  const DEGREES = new RegExp(`(± ?)?(${ONE}(?: (?:to|of|and|or|–) ${ONE})*)([ \u00a0])°C`, "g");
  const STEP = new RegExp(`([+\u2212±] ?)(${ONE})([ \u00a0])K\\b`, "g"); // a difference has its sign
  const NUMBER = new RegExp(ONE, "g");
  const was = new WeakMap(); // of a text node: what it said, and what it says instead
  const given = new WeakMap(); // of a chart: its figure in °C
  const warm = (celsius) => Math.round(1e6 * (1.8 * celsius + 32)) / 1e6;

  const chosen = () => Boolean(np.here && np.el(np.here.prefix + "-temps")) && np.kept(KEY) === "F";

  // --- text ----------------------------------------------------------------------------------

  function written(text, by) { // as many digits as there were; one more where 1.8 needs it
    const value = by(Number(text.replace("\u2212", "-").replace(/,/g, "")));
    const digits = Math.max((text.split(".")[1] || "").length, Math.abs(value - Math.round(value)) < 0.05 ? 0 : 1);
    const said = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (text[0] === "+" ? "+" : "") + said.replace("-", "\u2212");
  }
  const inF = (text) => text
    .replace(DEGREES, (_, apart, run, gap) => (apart || "") + run.replace(NUMBER, (n) => written(n, apart ? (v) => 1.8 * v : warm)) + gap + "°F")
    .replace(STEP, (_, sign, n, gap) => sign + written(n, (v) => 1.8 * v) + gap + "°F");
  /* A text that says a temperature in °C, in the unit that is chosen. */
  np.temps = (text) => (chosen() ? inF(text) : text);
  np.degrees = () => (chosen() ? "F" : "C");
  np.warmth = (celsius) => (chosen() ? warm(celsius) : celsius);

  function write(node, on) {
    const kept = was.get(node);
    const own = kept && kept.to === node.nodeValue ? kept.from : node.nodeValue;
    const to = on && /°C| K\b/.test(own) ? inF(own) : own;
    if (to !== own) was.set(node, { from: own, to });
    if (node.nodeValue !== to) node.nodeValue = to;
  }
  function texts(root, on) {
    if (root.nodeType === 3) return write(root, on);
    const walk = document.createTreeWalker(root, 4);
    while (walk.nextNode()) if (!walk.currentNode.parentNode.closest(".js-plotly-plot, script, style")) write(walk.currentNode, on);
    return undefined;
  }
  const seen = new MutationObserver((records) => records.forEach((r) => {
    if (r.type === "characterData") write(r.target, true);
    else r.addedNodes.forEach((node) => (node.nodeType === 1 || node.nodeType === 3) && texts(node, true));
  }));

  // --- figures -------------------------------------------------------------------------------

  const KINDS = { f8: Float64Array, f4: Float32Array, i4: Int32Array, i2: Int16Array, i1: Int8Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };
  function values(v) {
    if (v && v.bdata) {
      const bytes = Uint8Array.from(atob(v.bdata), (c) => c.charCodeAt(0));
      const flat = Array.from(new KINDS[v.dtype](bytes.buffer), warm);
      const wide = v.shape && Number(v.shape.split(",")[1]);
      return wide ? Array.from({ length: flat.length / wide }, (_, k) => flat.slice(k * wide, (k + 1) * wide)) : flat;
    }
    if (Array.isArray(v) || ArrayBuffer.isView(v)) return Array.from(v, values);
    return typeof v === "number" ? warm(v) : v;
  }
  const hot = (part) => /°C/.test(((part || {}).title || {}).text || "");
  const named = (part) => ({ ...part, title: { ...part.title, text: part.title.text.replace("°C", "°F") } });
  const label = (text) => (Array.isArray(text) ? text.map(label) : typeof text === "string" ? inF(text).replace("°C", "°F") : text);
  const put = (part, keys) => keys.filter((key) => key in part).reduce((made, key) => ({ ...made, [key]: values(part[key]) }), part);

  function figure({ data = [], layout = {}, ...more }) {
    const axes = Object.keys(layout).filter((key) => /^yaxis\d*$/.test(key) && hot(layout[key]));
    const ids = axes.map((key) => key.replace("axis", ""));
    const on = (part, key) => ids.includes(part[key] || "y");
    const made = { ...layout };
    axes.forEach((key) => { made[key] = put(named(layout[key]), ["range"]); });
    if (layout.shapes) made.shapes = layout.shapes.map((s) => (on(s, "yref") ? put(s, ["y0", "y1"]) : s));
    if (layout.annotations) made.annotations = layout.annotations.map((a) => ({ ...(on(a, "yref") ? put(a, ["y"]) : a), text: label(a.text) }));
    const traces = data.map((trace) => {
      if (hot(trace.colorbar)) return { ...put(trace, ["z", "zmin", "zmax"]), colorbar: named(trace.colorbar), text: label(trace.text) };
      return on(trace, "yaxis") ? { ...put(trace, ["y"]), hovertemplate: label(trace.hovertemplate) } : trace;
    });
    return { ...more, data: traces, layout: made };
  }
  const warms = ({ data, layout }) => Object.keys(layout || {}).some((key) => /^yaxis/.test(key) && hot(layout[key]))
    || (data || []).some((trace) => hot(trace.colorbar));

  np.changes.push((node, one) => {
    if (!warms(one)) return one;
    given.set(node, one);
    return chosen() ? figure(one) : one;
  });

  // --- the switch ------------------------------------------------------------------------------

  let now = false;
  function turn() {
    now = chosen();
    seen.disconnect();
    texts(document.body, now);
    if (now) seen.observe(document.body, { childList: true, characterData: true, subtree: true });
    document.querySelectorAll(".js-plotly-plot").forEach((gd) => given.has(gd) && window.Plotly.react(gd, given.get(gd)));
    also();
    document.dispatchEvent(new Event("np-temps"));
  }
  // an input keeps its unit; beside it stands what that is
  function also() {
    document.querySelectorAll(".np-number input").forEach((input) => {
      if (!/°C$/.test(input.value)) return;
      const note = input.closest(".np-control-head").querySelector(".np-also")
        || input.closest(".np-number").parentNode.insertBefore(np.make("span", { className: "np-also np-quiet" }), input.closest(".np-number"));
      const said = now ? inF(input.value) : "";
      if (note.textContent !== said) note.textContent = said;
    });
  }
  document.addEventListener("change", (event) => {
    if (!event.target.closest || !event.target.closest('[id$="-temps"]')) return;
    np.keep(KEY, event.target.value);
    turn();
  });
  const start = setInterval(() => { // the switch comes with the page
    const box = np.here && np.el(np.here.prefix + "-temps");
    if (!box) return;
    clearInterval(start);
    if (!chosen()) return;
    np.set(box.id, { value: "F" });
    turn();
  }, 100);
  setInterval(() => now && also(), 500);
})();
