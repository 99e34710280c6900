/* What pages with inputs share: values and their address, knobs, what is under way. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set } = np;
  const SLOW_MS = 900; // questions that take longer say how far they are
  const POLL_MS = 400;

  np.hide = function (id, is) {
    const node = typeof id === "string" ? el(id) : id;
    if (node) node.classList.toggle("np-hidden", is);
  };

  np.off = function (id, is) { // inputs that are shown, and cannot be turned
    const box = el(id);
    if (!box) return;
    box.classList.toggle("np-off", is);
    box.inert = is;
  };

  // an address with what differs from the defaults; a step is one that goes back
  np.writeUrl = function (values, defaults, step) {
    const pairs = Object.entries(values).filter(([k, v]) => k in defaults && String(v) !== String(defaults[k]) && v !== "");
    const text = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
    const plain = text.replace(/%(2C|3A|7E|3D)/g, decodeURIComponent);
    const { pathname, search, hash } = window.location;
    const url = pathname + (plain ? "?" + plain : "") + hash;
    if (url === pathname + search + hash) return;
    if (step) window.history.pushState({}, "", url);
    else window.history.replaceState(window.history.state, "", url);
  };

  // what is now other than before; the theme is in the address, and asks nothing
  function moved(writeUrl, now, before) {
    const keys = Object.keys(now).filter((key) => now[key] !== before[key]);
    if (keys.includes("theme")) writeUrl();
    return keys.filter((key) => key !== "theme");
  }

  /* Choices of a page without knobs: puts what is chosen into `S.view`, at first what its address
     asks; returns the names of what has moved, null at first. */
  np.choices = function (prefix, S, defaults) {
    const given = Object.fromEntries(dc.callback_context.inputs_list.map((input) => [input.id.replace(prefix + "-", ""), input.value || ""]));
    const before = S.view;
    S.defaults = defaults;
    if (!before) {
      const known = Object.entries(np.fromUrl()).filter(([key]) => key in defaults);
      S.view = { ...defaults, ...given, ...Object.fromEntries(known) };
      known.filter(([key]) => key in given).forEach(([key, value]) => set(prefix + "-" + key, { value }));
      return null;
    }
    S.view = { ...before, ...given };
    return moved(() => np.writeUrl(S.view, S.defaults), given, before);
  };

  /* Inputs of a page, and what it shows of them:
     extra, what no input shows, with its first value; fit(), fits the panel to the values;
     ask(), puts the question; first(asked), puts back what the first address asks. */
  np.inputs = function (prefix, { extra = {}, fit = () => {}, ask, first }) {
    const S = { latest: null, extra, defaults: null, kinds: {}, kept: {}, answeredAt: 0, tookMs: 0, coarse: false, settle: 0 };
    S.now = () => ({ ...S.latest, ...S.extra });
    S.writeUrl = () => S.defaults && np.writeUrl(S.now(), S.defaults);

    // reads the inputs of a callback; names what has moved, "all" at first
    S.gather = function (defaults) {
      const before = S.latest;
      S.latest = {};
      for (const { id, property, value } of dc.callback_context.inputs_list) {
        const key = id.replace(prefix + "-", "").replace("-slider", "");
        if (!before) S.kinds[key] = property === "checked" ? "switch" : Array.isArray(value) ? "list" : typeof value;
        S.latest[key] = property === "checked" ? (value ? "on" : "off") : Array.isArray(value) ? value.join(",") || "none" : value;
      }
      S.defaults = defaults;
      fit();
      if (before) return moved(S.writeUrl, S.latest, before);
      const asked = np.fromUrl();
      if (!Object.keys(asked).length) return ["all"];
      setTimeout(() => (first ? first(asked) : S.fill(asked)), 0);
      return [];
    };

    // puts values on the page, defaults where there are none, and asks
    S.fill = function (values) {
      for (const [key, start] of Object.entries(S.defaults)) {
        const given = key in values ? values[key] : start;
        const id = prefix + "-" + key;
        const kind = S.kinds[key];
        if (key in extra) {
          S.extra[key] = String(given);
          continue;
        }
        const value = kind === "number" ? Number(given) : String(given);
        S.latest[key] = value;
        if (typeof start === "number") np.turn(id, value);
        else if (kind === "switch") set(id, { checked: value === "on" });
        else if (kind === "list") set(id, { value: value === "none" ? [] : value.split(",") });
        else set(id, { value });
      }
      S.coarse = false;
      fit();
      ask();
    };

    S.reset = function (clicks) {
      if (clicks) S.fill({ theme: S.latest.theme, units: S.latest.units });
    };

    // takes an answer; a coarse one is followed by the whole once the inputs rest
    S.done = function (kept, tookMs, restMs) {
      Object.assign(S, { kept, tookMs, answeredAt: Date.now() });
      np.marks(prefix, { Seq: kept.seq, Fine: kept.coarse ? "" : kept.seq, Took: tookMs });
      np.age(prefix + "-age", S.answeredAt, tookMs);
      S.writeUrl();
      clearTimeout(S.settle);
      if (kept.coarse) S.settle = setTimeout(S.whole, restMs);
    };
    S.whole = function () {
      S.coarse = false;
      ask();
    };
    return S;
  };

  // marks of what has happened, for those who wait for it
  np.marks = function (prefix, values) {
    for (const [name, value] of Object.entries(values)) document.body.dataset[prefix + name] = value;
  };

  /* A question that may be slow: says how far it is and what is left, and stops it; the last
     answer stays. others(), whether more is under way; whole(), whether the main one is slow. */
  np.underWay = function (prefix, pace, words, { others = () => false, whole = () => true } = {}) {
    const U = { since: 0, n: 0, stopped: false };
    const line = prefix + "-under-way";
    const say = (text, button) => {
      el(line + "-text").textContent = text;
      el(prefix + "-cancel").textContent = button;
    };
    setInterval(() => {
      if (U.stopped) return;
      const slow = Boolean(pace.sentAt && whole() && Date.now() - U.since > SLOW_MS);
      np.hide(line, !slow);
      if (slow || others(SLOW_MS)) set(prefix + "-progress-ask", { data: { tab: np.tab, n: (U.n += 1) } });
    }, POLL_MS);
    U.begin = function () {
      Object.assign(U, { since: Date.now(), stopped: false });
      np.hide(line, true);
      if (el(line)) say(words + ".", "Cancel");
    };
    // told: part, phase and, where it is one call of several, the seconds that it has run
    U.say = function (told) {
      if (!told || U.stopped || !pace.sentAt) return;
      const [part, phase, ranS] = told;
      const since = ranS === undefined ? U.since : Date.now() - 1000 * ranS;
      say(words + ": " + phase + ", " + Math.round(100 * part) + " %" + np.left(part, since), "Cancel");
    };
    U.stop = (view) => set(prefix + "-cancel-ask", { data: { tab: np.tab, view, seq: pace.seq, n: (U.n += 1) } });
    U.ended = function (stopped) {
      U.stopped = stopped;
      np.hide(line, !stopped);
      if (stopped) say("Stopped. Below stays the last answer; your inputs are kept.", "Ask again");
      return stopped;
    };
    document.addEventListener("click", (event) => {
      if (!event.target.closest(`#${prefix}-cancel`)) return;
      if (U.stopped) return pace.ask();
      U.stop("main");
      pace.forget(); // the server may take a moment; its answer is not waited for
      if (pace.dirty) pace.ask();
      else U.ended(true);
    });
    return U;
  };

  /* A slider and its number. The slider's library says each value that it was given once
     more, and late: what was typed or put back since wins, until the slider is touched. */
  const MOVES = /^(Arrow|Page|Home|End)/;
  const led = new Set(); // numbers that lead their sliders
  document.addEventListener("input", (event) => led.add(event.target.id), true);
  function touched(event) {
    const slider = event.target.closest && event.target.closest(".np-slider");
    if (slider && MOVES.test(event.key || "Arrow")) led.delete(slider.id.replace(/-slider$/, ""));
  }
  document.addEventListener("pointerdown", touched, true);
  document.addEventListener("keydown", touched, true);
  np.turn = function (id, value) { // a knob, by the page itself
    led.add(id);
    set(id + "-slider", { value });
    set(id, { value });
  };
  dc.page = Object.assign(dc.page || {}, {
    toNumber(slider, number, id) {
      if (slider === number) return dc.no_update;
      if (!led.has(id)) return slider;
      if (typeof number === "number") set(id + "-slider", { value: number });
      return dc.no_update;
    },
    toSlider(number, slider, id) {
      if (typeof number !== "number" || Number.isNaN(number) || number === slider) return;
      set(id, { value: number });
    },
  });
})();
