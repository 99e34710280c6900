/* The Live page, first part: what all its parts share. State, numbers as people read them, and
   nodes written only where they change. */
(function () {
  "use strict";
  const np = window.np;
  const { el, hide } = np;
  const S = {
    view: null, defaults: {}, kept: {}, now: null, at: 0, paused: false, pausedAt: 0,
    source: null, url: "", tries: 0, retry: 0, silent: 0, side: 0, tail: 0, tailing: false,
    nodes: { key: "", rows: new Map(), sortedAt: 0 }, hosts: { key: "", cells: new Map() },
    detail: { key: "", rows: new Map() }, opened: 0, drawn: 0, twin: 0, twinKey: "", twinSoon: 0,
  };
  window.npLive = S; // looked at by tests

  // --- words -----------------------------------------------------------------------------

  const MINUS = "\u2212";
  const FORMATS = [0, 1, 2, 3, 4].map((digits) => new Intl.NumberFormat("en-US",
    { minimumFractionDigits: digits, maximumFractionDigits: digits })); // one each: making them is slow
  const num = (v, digits) => (v === null || v === undefined || !Number.isFinite(v) ? "–"
    : FORMATS[digits].format(v).replace("-", MINUS));
  const PER = { W: [1, 0], kW: [1e3, 1], MW: [1e6, 4] };
  const unit = () => (S.view || { units: "kW" }).units;
  const watts = (v) => num(v === null || v === undefined ? NaN : v / PER[unit()][0], PER[unit()][1]);
  const power = (v) => (v === null || v === undefined ? "–" : watts(v) + " " + unit());
  const percent = (v, digits) => (v === null || v === undefined ? "–" : num(100 * v, digits || 0) + " %");
  function span(s) {
    if (s === null || s === undefined) return "–";
    if (s < 10) return num(s, 1) + " s";
    if (s < 90) return num(s, 0) + " s";
    if (s < 5400) return num(s / 60, 0) + " min";
    return s < 172800 ? num(s / 3600, 0) + " h" : num(s / 86400, 0) + " d";
  }
  // NVML's clocks-event reasons, worst first; idle and settings hold nothing back
  const REASONS = [
    [0x80, "power brake", "B"], [0x40, "heat (hardware)", "H"], [0x8, "hardware slowdown", "W"],
    [0x20, "heat (driver)", "T"], [0x4, "power cap", "P"], [0x10, "sync boost", "Y"],
    [0x2, "clock setting", ""], [0x100, "display clock", ""], [0x1, "idle", ""],
  ];
  const HOLDS = 0x80 | 0x40 | 0x8 | 0x20 | 0x4 | 0x10;
  const HEAT = 0x40 | 0x20 | 0x8 | 0x80;
  const reasons = (bits) => REASONS.filter((r) => bits & r[0]).map((r) => r[1]).join(", ");
  const letter = (bits) => (REASONS.find((r) => bits & r[0] && r[2]) || ["", "", ""])[2];

  const DEVICES = { gpu: "GPU ", mig: "MIG ", cpu: "CPU ", psu: "Supply " };
  const deviceName = (d) => (DEVICES[d.kind] ? DEVICES[d.kind] + d.index : d.kind === "host" ? "Host meter" : d.key);

  // --- nodes of the page, written only where they change ------------------------------------

  function text(node, value) {
    const said = String(value);
    const first = node.firstChild;
    if (first && first.nodeType === 3 && !first.nextSibling) {
      if (first.nodeValue !== said) first.nodeValue = said;
    } else if (node.textContent !== said) node.textContent = said;
  }
  const say = (id, value) => el(id) && text(el(id), value);
  function cls(node, name, is) {
    if (node.classList.contains(name) !== is) node.classList.toggle(name, is);
  }
  function put(node, name, value) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
  const make = (tag, className, children, props) => np.make(tag, { className, ...props }, children || []);

  np.live = {
    S, PER, HOLDS, HEAT, num, watts, power, percent, span, reasons, letter, deviceName,
    text, say, hide, cls, put, make,
  };
})();
