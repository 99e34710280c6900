/* The Study page: its definition. Rows are drawn here; the server says what is wrong with them. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, make, svg } = np;
  const CHECK_MS = 250;
  const MOST_HITS = 60;
  const KINDS = [["values", "Values"], ["range", "Range"], ["log", "Log range"], ["distribution", "Distribution"]];
  const SPREADS = {
    normal: ["Normal", [["mean", "mean"], ["sd", "± sd"], ["least", "least", true], ["most", "most", true]]],
    triangular: ["Triangular", [["low", "low"], ["mode", "most likely"], ["high", "high"]]],
    uniform: ["Uniform", [["low", "low"], ["high", "high"]]],
    loguniform: ["Log-uniform", [["low", "low"], ["high", "high"]]],
    lognormal: ["Log-normal", [["median", "median"], ["p5", "P5"], ["p95", "P95"]]],
    exponential: ["Exponential", [["median", "median"], ["least", "least", true]]],
    samples: ["Recorded", [["values", "values, a list"]]],
  };
  const DESIGNS = {
    grid: ["Grid: every combination", [["levels", "levels of a distribution", 5]]],
    "latin-hypercube": ["Latin hypercube: ranges, probabilities", [["points", "points", 256]]],
    sobol: ["Sobol sequence: the same, evener", [["points", "points", 256]]],
    random: ["Random: exact intervals", [["points", "points", 256]]],
    saltelli: ["Saltelli: what matters, exactly", [["points", "base points, × (axes + 2)", 128]]],
    "one-at-a-time": ["One at a time: a tornado", [["tail_frac", "left out at each end", 0.05]]],
    search: ["Search: the best point", [["evaluations", "trials", 200], ["batch", "at a time", 8]]],
    rare: ["Rare: a small probability", [["points", "points of a step", 250], ["replicas", "repetitions", 20], ["most_points", "at most", 50000]]],
  };
  const DRAWN = ["latin-hypercube", "sobol", "random"];
  const D = {
    draft: null, told: null, question: null, check: null, n: 0, asked: 0, timer: 0, last: "",
    waiting: null, busy: false,
  };
  np.study = np.study || {};

  const blank = () => ({ spec: { name: "Study", question: "row-day", axes: [], design: { kind: "latin-hypercube", points: 256 },
    outputs: [], limits: [], objectives: [], seed: 1 }, base: "defaults", base_text: "", engine: "" });

  // --- small DOM -------------------------------------------------------------------------

  function input(label, value, change, more) {
    return make("label", { class: "st-field" + (more && more.wide ? " st-wide" : "") },
      make("span", { textContent: label }),
      make("input", { class: "st-in", value: value === undefined || value === null ? "" : value, autocomplete: "off",
        spellcheck: false, inputmode: more && more.text ? "text" : "decimal", "aria-label": (more && more.name) || label,
        "data-at": more && more.at, oninput: (e) => change(e.target.value), onchange: commit }));
  }

  function choice(label, value, options, change, more) {
    const box = make("select", { class: "st-in", "aria-label": (more && more.name) || label, "data-at": more && more.at,
      onchange: (e) => { change(e.target.value); commit(); render(); } },
    options.map(([v, text]) => make("option", { value: v, textContent: text, selected: v === value })));
    box.value = value;
    return make("label", { class: "st-field" + (more && more.wide ? " st-wide" : "") }, label ? make("span", { textContent: label }) : null, box);
  }

  const button = (text, press, name) => make("button", { type: "button", class: "np-mini", textContent: text, "aria-label": name, onclick: press });
  const wrong = (at) => make("p", { class: "st-wrong", "data-wrong": at });

  function number(text) {
    const found = String(text).trim().replace(/\s+/g, "");
    if (found === "") return null;
    const value = Number(found);
    return Number.isNaN(value) ? found : value; // nonsense is said by the server
  }

  const short = (v) => (v === null || v === undefined ? "" : Math.abs(v) >= 1e5 || (v && Math.abs(v) < 1e-3) ? Number(v).toExponential(2) : String(Number(Number(v).toPrecision(5))));
  const fact = (path) => ((D.question && D.question.fields) || []).find((f) => f.path === path);
  const metric = (key) => ((D.question && D.question.metrics) || []).find((m) => m.key === key);

  function ranged(f) {
    if (!f) return "";
    if (f.choices && f.choices.length) return f.choices.slice(0, 6).join(", ");
    const unit = f.unit && f.unit !== "1" ? " " + f.unit : "";
    if (f.low === null && f.high === null) return f.kind + unit;
    const low = f.low === null ? "…" : (f.low_open ? ">" : "") + short(f.low);
    const high = f.high === null ? "…" : (f.high_open ? "<" : "") + short(f.high);
    return low + " to " + high + unit + (f.kind === "whole" ? ", whole" : "");
  }

  // --- change, undo, check ---------------------------------------------------------------

  function touched() {
    clearTimeout(D.timer);
    D.timer = setTimeout(check, CHECK_MS);
    el("study-count").classList.add("np-old");
  }

  function commit() {
    const now = JSON.stringify(D.draft);
    if (now === D.last) return;
    D.last = now;
    np.edits.note(now);
    touched();
  }

  np.study.restore = function (text) {
    if (!text) return np.study.load(D.told.examples.sure);
    D.last = text;
    D.draft = JSON.parse(text);
    ask();
    render();
    return touched();
  };

  function check() {
    if (!D.draft) return;
    D.n += 1;
    D.asked = D.n;
    if (!D.draft.spec.axes.length) return said({ n: D.n, ok: false, errors: [], empty: true });
    set("study-check-ask", { data: { n: D.n, draft: D.draft } });
  }

  function said(found) {
    if (!found || found.n !== D.asked) return;
    D.check = found;
    const box = el("study-count");
    const first = found.errors[0];
    box.classList.remove("np-old");
    box.classList.toggle("st-bad", Boolean(first));
    const most = ["search", "rare"].includes(D.draft.spec.design.kind) ? "at most " : "";
    const other = D.ran && np.study.view().study && D.ran !== JSON.stringify(D.draft);
    el("study-edited").textContent = other ? "edited: on the right is the study as it was run" : "";
    box.textContent = found.ok ? most + found.points.toLocaleString("en") + (found.points === 1 ? " point" : " points")
      : found.empty ? "Add an axis: what varies." : words(first) + (found.errors.length > 1 ? " (and " + (found.errors.length - 1) + " more)" : "");
    set("study-run", { disabled: !found.ok || D.busy });
    mark(found.errors);
    const yaml = el("study-yaml");
    if (yaml && found.yaml) yaml.textContent = found.yaml;
    document.body.dataset.studyChecked = found.n;
    document.body.dataset.studyValid = found.ok ? "yes" : "no";
  }

  const words = (e) => {
    const got = e.value === null || e.value === undefined || String(e.value).length > 40 ? "" : ", got " + e.value;
    const repair = e.repair.length > 160 ? e.repair.slice(0, 157) + "…" : e.repair;
    return (e.field && !/^(axes|design|limits|objectives|outputs|scenario)\b/.test(e.field) ? e.field + " " : "") + e.rule + got + "; " + repair;
  };

  // at the row they concern; the first always beside the button too
  function mark(errors) {
    const rows = [...document.querySelectorAll("#study-define [data-wrong]")];
    rows.forEach((row) => (row.textContent = ""));
    document.querySelectorAll("#study-define [aria-invalid]").forEach((n) => n.removeAttribute("aria-invalid"));
    for (const e of errors) {
      const fits = rows.filter((row) => e.field === row.dataset.wrong || e.field.startsWith(row.dataset.wrong + "."));
      const row = fits.sort((a, b) => b.dataset.wrong.length - a.dataset.wrong.length)[0];
      if (row && !row.textContent) row.textContent = words(e);
      const node = document.querySelector(`#study-define [data-at="${e.field.replace(/\.(normal|triangular|uniform|loguniform|lognormal|exponential|samples)\./, ".")}"]`);
      if (node) node.setAttribute("aria-invalid", "true");
    }
  }

  // --- rows ------------------------------------------------------------------------------

  function render() {
    const box = el("study-define");
    if (!box || !D.draft || !D.told) return;
    const spec = D.draft.spec;
    const at = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.at : null;
    const folds = [...box.querySelectorAll("details")].map((d) => [d.dataset.fold, d.open]);
    box.replaceChildren(...[
      input("Name", spec.name, (v) => (spec.name = v), { text: true, wide: true, at: "name" }),
      choice("Question", spec.question, D.told.questions.map((q) => [q.key, q.label]), changeQuestion, { wide: true, at: "question" }),
      make("p", { class: "st-doc", textContent: D.question ? D.question.doc : "" }),
      base(), wrong("question"),
      make("h3", { class: "st-title", textContent: "What varies" }),
      make("div", { id: "study-axes" }, spec.axes.map(axis)),
      wrong("axes"),
      make("div", { class: "st-row" }, button("+ Add an axis", addAxis)),
      make("h3", { class: "st-title", textContent: "Which points" }),
      design(),
      make("h3", { class: "st-title", textContent: "Limits" }),
      spec.limits.map(limit), wrong("limits"),
      make("div", { class: "st-row" }, button("+ Add a limit", addLimit)),
      make("h3", { class: "st-title", textContent: "What is best" }),
      spec.objectives.map(objective), wrong("objectives"), wrong("scenario"),
      make("div", { class: "st-row" }, button("+ Add an objective", addObjective)),
      fold("outputs", "Outputs" + (spec.outputs.length ? " · " + spec.outputs.length : " · all"), outputs()),
      fold("more", "Seed and engine", more()),
      fold("yaml", "As YAML, paste one", yaml()),
    ].flat());
    folds.forEach(([name, open]) => {
      const d = box.querySelector(`details[data-fold="${name}"]`);
      if (d) d.open = open;
    });
    const again = at && box.querySelector(`[data-at="${at}"]`);
    if (again) again.focus();
    if (D.check) mark(D.check.errors || []);
    if (D.check && D.check.yaml) el("study-yaml").textContent = D.check.yaml;
  }

  const fold = (name, title, body) => make("details", { class: "np-group np-fold st-fold", "data-fold": name },
    make("summary", { class: "np-group-title", textContent: title }), body);

  function base() {
    const options = [["defaults", "The question's defaults"], ["own", "Written here"],
      ...D.told.scenarios.map((s) => [s.id, s.name])];
    if (!options.some(([v]) => v === D.draft.base)) options.push([D.draft.base, D.draft.base]);
    const kids = [choice("Base", D.draft.base, options, (v) => (D.draft.base = v), { wide: true, at: "base" })];
    if (D.draft.base === "own") {
      kids.push(make("textarea", { class: "st-in st-text", rows: 4, spellcheck: false, "aria-label": "Base, YAML or JSON",
        value: D.draft.base_text, placeholder: "fleet:\n  server_count: 52", "data-at": "base_text",
        oninput: (e) => (D.draft.base_text = e.target.value), onchange: commit }));
    }
    kids.push(wrong("base"));
    return make("div", {}, kids);
  }

  function changeQuestion(key) {
    D.draft.spec.question = key;
    Object.assign(D.draft.spec, { outputs: [], limits: [], objectives: [] });
    ask();
  }

  function ask() {
    const key = D.draft.spec.question;
    if (!D.question || D.question.key !== key) set("study-question-ask", { data: key });
  }

  const kindOf = (axis) => KINDS.map(([k]) => k).find((k) => axis[k] !== undefined && axis[k] !== null) || "values";

  function axis(one, n) {
    const f = fact(one.field);
    const path = "axes." + n;
    const kind = one.values_text !== undefined ? "values" : kindOf(one);
    const drop = button("✕", () => { D.draft.spec.axes.splice(n, 1); commit(); render(); }, "Take away the axis " + (one.label || one.field || n + 1));
    const box = make("div", { class: "st-axis" },
      make("div", { class: "st-axis-head" }, finder(one, n), drop),
      f ? make("p", { class: "st-doc" }, make("span", { textContent: f.doc + " " }), make("span", { class: "st-range", textContent: "(" + ranged(f) + ")" })) : null,
      make("div", { class: "st-kinds" },
        choice("", kind, KINDS, (v) => changeKind(one, v), { name: "Kind of axis " + (n + 1), at: path + ".kind" }),
        kind === "distribution" ? choice("", one.distribution.kind, Object.entries(SPREADS).map(([k, [t]]) => [k, t]),
          (v) => changeSpread(one, v), { name: "Distribution of axis " + (n + 1), at: path + ".distribution" }) : null,
        kind === "distribution" ? sketch(one.distribution) : null),
      make("div", { class: "st-params" }, params(one, n, kind), label(one, n)),
      wrong(path));
    return box;
  }

  function params(one, n, kind) {
    const path = "axes." + n + "." + kind;
    const name = (t) => t + ", axis " + (n + 1);
    if (kind === "values") {
      return [input("values", one.values_text || "", (v) => (one.values_text = v), { text: true, wide: true, at: "axes." + n + ".values", name: name("values") })];
    }
    if (kind !== "distribution") {
      return [["low", "from"], ["high", "to"], ["count", "values"]].map(([key, label]) =>
        input(label, one[kind][key], (v) => { one[kind][key] = number(v); }, { at: path + "." + key, name: name(label) }));
    }
    const spread = one.distribution;
    return SPREADS[spread.kind][1].map(([key, label, may]) => {
      const listed = key === "values";
      const shown = listed ? (spread.values || []).join(", ") : spread[key];
      return input(label, shown, (v) => {
        if (listed) spread.values = v.split(/[,\s]+/).filter(Boolean).map(number);
        else {
          spread[key] = number(v);
          if (may && spread[key] === null) delete spread[key];
        }
        document.querySelectorAll("#study-axes > .st-axis")[n].querySelector(".st-sketch").replaceWith(sketch(spread));
      }, { at: path + "." + key, wide: listed, name: name(label) });
    });
  }

  const label = (one, n) => input("called", one.label || "", (v) => {
    if (v.trim()) one.label = v.trim();
    else delete one.label;
  }, { text: true, at: "axes." + n + ".label", name: "Name of axis " + (n + 1) + " on charts" });

  function start(one) {
    const f = fact(one.field) || {};
    const given = one.range || one.log || one.distribution || {};
    const typed = String(one.values_text || "").split(",").map(number).filter((v) => typeof v === "number");
    let low = given.low !== undefined ? given.low : given.p5 !== undefined ? given.p5
      : given.mean !== undefined ? given.mean - 2 * (given.sd || 0) : typed.length ? Math.min(...typed) : f.low;
    let high = given.high !== undefined ? given.high : given.p95 !== undefined ? given.p95
      : given.mean !== undefined ? given.mean + 2 * (given.sd || 0) : typed.length ? Math.max(...typed) : f.high;
    if (typeof low !== "number") low = typeof high === "number" ? Math.min(0, high) : 0;
    if (typeof high !== "number" || !(high > low)) high = low > 0 ? low * 1.2 : low + 1;
    if (f.low !== null && f.low !== undefined) low = Math.max(low, f.low);
    if (f.high !== null && f.high !== undefined) high = Math.min(high, f.high);
    return [low, high, f.kind === "whole"];
  }

  function changeKind(one, kind) {
    const [low, high, whole] = start(one);
    const round = (v) => (whole ? Math.round(v) : Number(v.toPrecision(4)));
    ["range", "log", "distribution", "values", "values_text"].forEach((k) => delete one[k]);
    const f = fact(one.field);
    if (kind === "values") one.values_text = f && f.choices && f.choices.length ? f.choices.join(", ") : [low, (low + high) / 2, high].map(round).join(", ");
    if (kind === "range") one.range = { low: round(low), high: round(high), count: 5 };
    if (kind === "log") one.log = { low: low > 0 ? round(low) : round(high / 100) || 0.01, high: round(high), count: 5 };
    if (kind === "distribution") one.distribution = { kind: "triangular", low: round(low), mode: round((low + high) / 2), high: round(high) };
  }

  function changeSpread(one, kind) {
    const [low, high] = start(one);
    const r = (v) => Number(v.toPrecision(4));
    const mid = (low + high) / 2;
    const up = Math.max(low, high / 100, 1e-6);
    one.distribution = {
      normal: { kind, mean: r(mid), sd: r((high - low) / 4) }, triangular: { kind, low: r(low), mode: r(mid), high: r(high) },
      uniform: { kind, low: r(low), high: r(high) }, loguniform: { kind, low: r(up), high: r(high) },
      lognormal: { kind, median: r(Math.sqrt(up * high)), p5: r(up), p95: r(high) }, exponential: { kind, median: r(mid || 1), least: 0 },
      samples: { kind, values: [r(low), r(mid), r(high)] },
    }[kind];
  }

  // a distribution's shape, so that a slip of a digit is seen
  function sketch(d) {
    const W = 84, H = 26, N = 48;
    const drawn = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "st-sketch", role: "img", "aria-label": "shape of the distribution" });
    const [low, high, density] = shape(d);
    if (!(high > low)) return drawn;
    const at = Array.from({ length: N + 1 }, (_, k) => low + ((high - low) * k) / N);
    const y = at.map(density);
    const top = Math.max(...y.filter(Number.isFinite));
    if (!(top > 0)) return drawn;
    const line = `M0 ${H}` + y.map((v, k) => `L${((W * k) / N).toFixed(1)} ${(H - (H - 2) * Math.min(1, v / top)).toFixed(1)}`).join("") + `L${W} ${H}Z`;
    drawn.append(svg("path", { d: line }));
    return drawn;
  }

  function shape(d) {
    const z = 1.6448536;
    const ends = (low, high) => [Math.max(low, typeof d.least === "number" ? d.least : -Infinity), Math.min(high, typeof d.most === "number" ? d.most : Infinity)];
    const bad = [0, 0, () => 0];
    if (d.kind === "normal") return d.sd > 0 ? [...ends(d.mean - 3 * d.sd, d.mean + 3 * d.sd), (x) => Math.exp(-0.5 * ((x - d.mean) / d.sd) ** 2)] : bad;
    if (d.kind === "triangular") {
      return [d.low, d.high, (x) => (x < d.mode ? (x - d.low) / (d.mode - d.low || 1) : (d.high - x) / (d.high - d.mode || 1))];
    }
    if (d.kind === "uniform") return [d.low - 0.05 * (d.high - d.low), d.high + 0.05 * (d.high - d.low), (x) => (x >= d.low && x <= d.high ? 1 : 0)];
    if (d.kind === "loguniform") return [d.low, d.high, (x) => 1 / x];
    if (d.kind === "lognormal") {
      const s = Math.log(d.p95 / d.p5) / (2 * z);
      if (!(s > 0)) return bad;
      return [...ends(0, d.median * Math.exp(2.6 * s)), (x) => (x <= 0 ? 0 : Math.exp(-0.5 * (Math.log(x / d.median) / s) ** 2) / x)];
    }
    if (d.kind === "exponential") return [d.least || 0, 6 * d.median, (x) => Math.exp((-Math.LN2 * x) / d.median)];
    const v = (d.values || []).filter((x) => typeof x === "number");
    if (v.length < 2) return bad;
    const [low, high] = [Math.min(...v), Math.max(...v)];
    const w = (high - low) / 12 || 1;
    return [low - w, high + w, (x) => v.filter((s) => Math.abs(s - x) < w).length];
  }

  // --- the field's search ----------------------------------------------------------------

  function finder(one, n) {
    const id = "study-hits-" + n;
    const box = make("div", { class: "st-finder" });
    const hits = make("ul", { class: "st-hits", id, role: "listbox", hidden: true, "aria-label": "Fields" });
    let rows = [], chosen = -1;
    const node = make("input", { class: "st-in", value: one.field || "", role: "combobox", "aria-expanded": "false", "aria-controls": id,
      "aria-autocomplete": "list", "aria-label": "Field of axis " + (n + 1), autocomplete: "off", spellcheck: false,
      placeholder: "search a field: load, count, threshold …", "data-at": "axes." + n + ".field" });
    const close = () => {
      hits.hidden = true;
      node.setAttribute("aria-expanded", "false");
      node.removeAttribute("aria-activedescendant");
    };
    const take = (path) => {
      close();
      node.value = path; // drawing anew takes the focus away, which takes once more
      if (path === one.field) return;
      one.field = path;
      delete one.label;
      const f = fact(path);
      if (f && (one.values_text === undefined || !one.values_text)) changeKind(one, f.kind === "number" || f.kind === "whole" ? "range" : "values");
      commit();
      render();
    };
    const show = () => {
      rows = search(node.value === one.field ? "" : node.value);
      chosen = -1;
      hits.replaceChildren(...(rows.length ? rows.map((f, k) => make("li", { role: "option", id: id + "-" + k, "aria-selected": "false",
        onpointerdown: (e) => { e.preventDefault(); take(f.path); } },
      make("b", { textContent: f.path }), make("span", { textContent: f.doc }), make("i", { textContent: ranged(f) }))) : [make("li", { class: "st-none", textContent: "No field has these words" })]));
      hits.hidden = false;
      node.setAttribute("aria-expanded", "true");
    };
    const move = (to) => {
      if (!rows.length) return;
      chosen = (to + rows.length) % rows.length;
      [...hits.children].forEach((li, k) => li.setAttribute("aria-selected", String(k === chosen)));
      hits.children[chosen].scrollIntoView({ block: "nearest" });
      node.setAttribute("aria-activedescendant", id + "-" + chosen);
    };
    node.addEventListener("focus", show);
    node.addEventListener("input", show);
    node.addEventListener("blur", () => { close(); if (node.value !== one.field) take(node.value.trim()); });
    node.addEventListener("keydown", (e) => {
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        if (hits.hidden) show();
        move(chosen + (e.key === "ArrowDown" ? 1 : -1));
      } else if (e.key === "Enter") {
        e.preventDefault();
        take(chosen >= 0 ? rows[chosen].path : rows.length === 1 ? rows[0].path : node.value.trim());
      } else if (e.key === "Escape") {
        e.stopPropagation();
        node.value = one.field || "";
        close();
      }
    });
    box.append(node, hits);
    return box;
  }

  function search(text) {
    const all = ((D.question && D.question.fields) || []).filter((f) => f.kind !== "text" || text);
    const parts = text.toLowerCase().split(/[\s.]+/).filter(Boolean);
    const taken = new Set(D.draft.spec.axes.map((a) => a.field));
    const score = (f) => {
      const path = f.path.toLowerCase(), doc = f.doc.toLowerCase();
      if (!parts.every((p) => path.includes(p) || doc.includes(p))) return -1;
      let s = f.kind === "number" || f.kind === "whole" ? 2 : 0;
      parts.forEach((p) => (s += path.split(/[._]/).includes(p) ? 4 : path.includes(p) ? 2 : 1));
      return s - path.split(".").length * 0.5 - (taken.has(f.path) ? 5 : 0);
    };
    return all.map((f) => [score(f), f]).filter(([s]) => s > -1 || !parts.length).sort((a, b) => b[0] - a[0]).slice(0, MOST_HITS).map(([, f]) => f);
  }

  function addAxis() {
    D.draft.spec.axes.push({ field: "", values_text: "" });
    render();
    document.querySelector(`[data-at="axes.${D.draft.spec.axes.length - 1}.field"]`).focus();
  }

  // --- design, limits, objectives --------------------------------------------------------

  function design() {
    const d = D.draft.spec.design;
    const kinds = Object.entries(DESIGNS).map(([k, [text]]) => [k, text]);
    const kids = [choice("", d.kind, kinds, (kind) => {
      D.draft.spec.design = { kind, ...Object.fromEntries(DESIGNS[kind][1].map(([k, , v]) => [k, v])) };
    }, { wide: true, name: "Design", at: "design.kind" })];
    kids.push(make("div", { class: "st-params" }, DESIGNS[d.kind][1].map(([key, label, fallback]) =>
      input(label, d[key] === undefined ? fallback : d[key], (v) => (d[key] = number(v)), { at: "design." + d.kind + "." + key }))));
    if (d.kind === "rare") kids.push(choice("how", d.method || "splitting", [["splitting", "splitting: sturdy"], ["importance", "importance: fewer points"]], (v) => (d.method = v), { at: "design.method" }));
    if (DRAWN.includes(d.kind)) {
      kids.push(make("label", { class: "st-check" }, make("input", { type: "checkbox", checked: d.vary_seed !== false,
        onchange: (e) => { d.vary_seed = e.target.checked; commit(); } }), make("span", { textContent: "every point draws its own traffic" })));
    }
    kids.push(wrong("design"));
    return make("div", {}, kids);
  }

  const outs = () => ((D.question && D.question.metrics) || []).map((m) => [m.key, m.label + (m.unit && m.unit !== "1" ? ", " + m.unit : "")]);

  function limit(one, n) {
    const side = one.at_least !== undefined && one.at_least !== null ? "at_least" : "at_most";
    const drop = button("✕", () => { D.draft.spec.limits.splice(n, 1); commit(); render(); }, "Take away limit " + (n + 1));
    return make("div", { class: "st-axis" }, make("div", { class: "st-limit-row" },
      choice("", one.output, outs(), (v) => (one.output = v), { name: "Output of limit " + (n + 1), at: "limits." + n + ".output" }),
      choice("", side, [["at_most", "at most"], ["at_least", "at least"]], (v) => { one[v] = one[side]; if (v !== side) delete one[side]; }, { name: "Side of limit " + (n + 1) }),
      input("", one[side], (v) => (one[side] = number(v)), { at: "limits." + n + "." + side, name: "Limit " + (n + 1) }), drop), wrong("limits." + n));
  }

  function addLimit() {
    const first = (D.question && D.question.metrics[0]) || { key: "peak_frac" };
    D.draft.spec.limits.push({ output: first.key, at_most: 1 });
    commit();
    render();
  }

  function objective(one, n) {
    const axes = D.draft.spec.axes.filter((a) => a.field).map((a) => [a.field, a.label || a.field]);
    const drop = button("✕", () => { D.draft.spec.objectives.splice(n, 1); commit(); render(); }, "Take away objective " + (n + 1));
    return make("div", { class: "st-axis" }, make("div", { class: "st-limit-row st-goal" },
      choice("", one.output, [...outs(), ...axes], (v) => (one.output = v), { name: "Objective " + (n + 1), at: "objectives." + n + ".output" }),
      choice("", one.goal, [["max", "as large as can be"], ["min", "as small as can be"]], (v) => (one.goal = v), { name: "Goal " + (n + 1) }), drop), wrong("objectives." + n));
  }

  function addObjective() {
    const best = ((D.question && D.question.metrics) || []).find((m) => m.better !== "neither") || { key: "peak_frac", better: "less" };
    D.draft.spec.objectives.push({ output: best.key, goal: best.better === "more" ? "max" : "min" });
    commit();
    render();
  }

  function outputs() {
    const spec = D.draft.spec;
    return make("div", {}, ((D.question && D.question.metrics) || []).map((m) => make("label", { class: "st-check" },
      make("input", { type: "checkbox", checked: spec.outputs.includes(m.key), onchange: (e) => {
        spec.outputs = e.target.checked ? [...spec.outputs, m.key] : spec.outputs.filter((k) => k !== m.key);
        commit();
      } }), make("span", { textContent: m.label + (m.unit && m.unit !== "1" ? ", " + m.unit : "") }))),
    make("p", { class: "st-doc", textContent: "None ticked means all." }), wrong("outputs"));
  }

  function more() {
    const spec = D.draft.spec;
    const engines = [["", "the server's choice"], ["processes", "processes"], ["threads", "threads"], ["serial", "one at a time"]];
    return make("div", {}, make("div", { class: "st-params" },
      input("seed", spec.seed === undefined ? 1 : spec.seed, (v) => (spec.seed = number(v)), { at: "seed" }),
      choice("engine", D.draft.engine || "", engines, (v) => (D.draft.engine = v), { at: "engine" })),
    make("p", { class: "st-doc", textContent: "Every engine gives the same bytes. A dask cluster is set on the server." }), wrong("seed"), wrong("engine"));
  }

  function yaml() {
    return make("div", {}, make("pre", { id: "study-yaml", class: "np-code st-code", tabindex: "0", textContent: "" }),
      make("textarea", { class: "st-in st-text", id: "study-paste", rows: 4, spellcheck: false, "aria-label": "Study to read, YAML or JSON", placeholder: "Paste a study here, YAML or JSON" }),
      make("div", { class: "st-row" }, button("Read it", () => np.study.act("read", { text: el("study-paste").value }))),
      make("p", { class: "st-wrong", id: "study-paste-wrong" }));
  }

  // --- with the rest of the page ---------------------------------------------------------

  np.study.load = function (draft) {
    const given = { ...blank(), ...draft };
    delete given.ran;
    given.spec = { ...blank().spec, ...draft.spec };
    for (const name of ["axes", "limits", "objectives", "outputs"]) given.spec[name] = [...(given.spec[name] || [])];
    D.draft = given;
    D.ran = draft.ran ? JSON.stringify(given) : D.ran;
    ask();
    render();
    commit();
    touched();
  };

  np.study.call = function () {
    if (!D.check || !D.check.ok) return null;
    const spec = JSON.parse(JSON.stringify(D.draft.spec));
    spec.axes.forEach((a) => {
      if (a.values_text === undefined) return;
      try {
        a.values = JSON.parse("[" + a.values_text + "]");
      } catch (_) {
        a.values = a.values_text.split(",").map((v) => number(v));
      }
      delete a.values_text;
    });
    const stored = !["defaults", "own"].includes(D.draft.base);
    if (D.draft.base === "own") {
      try {
        spec.base = JSON.parse(D.draft.base_text);
      } catch (_) {
        spec.base = { "#": "the base written on the page, as JSON" };
      }
    }
    return stored ? { study: spec, scenario_id: D.draft.base } : { study: spec };
  };

  np.study.acted = function (found) {
    D.busy = false;
    if (found.act === "read") {
      el("study-paste-wrong").textContent = found.errors ? words(found.errors[0]) : "";
      if (found.draft) np.study.load(found.draft);
      return;
    }
    if (found.errors && found.act === "run") mark(found.errors);
    if (!found.errors && found.act === "run") D.ran = JSON.stringify(D.draft);
    set("study-run", { disabled: !(D.check && D.check.ok), loading: false });
  };

  function run() {
    if (!D.draft) return;
    D.busy = true;
    set("study-run", { disabled: true, loading: true });
    np.study.act("run", { draft: D.draft });
  }

  document.addEventListener("input", (event) => event.target.closest("#study-define") && event.target.id !== "study-paste" && touched());

  document.addEventListener("click", (event) => {
    if (!event.target.closest || !D.told) return;
    const example = event.target.closest("[data-example]"), look = event.target.closest("[data-look]");
    if (event.target.closest("#study-new")) {
      np.study.load(blank());
      np.study.open("", false);
    }
    if (look) np.study.load(D.told.examples[look.dataset.look]);
    if (example) {
      np.study.load(D.told.examples[example.dataset.example]);
      run();
    }
  });

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && D.check && D.check.ok) run();
  });

  // the page brings its questions and examples with it; stored scenarios come later
  np.study.start = function () {
    D.told = { scenarios: [], ...JSON.parse(el("study-define").dataset.start) };
    if (D.waiting) return np.study.load(D.waiting);
    const kept = np.fromUrl().study ? null : np.edits.snapshot();
    if (kept) return np.study.restore(kept);
    return np.fromUrl().study ? undefined : np.study.load(D.told.examples.sure);
  };

  dc.study = Object.assign(dc.study || {}, {
    bases(found) {
      if (!found || !D.told) return;
      D.told.scenarios = found;
      render();
    },

    question(found) {
      if (!found || !D.draft) return;
      D.question = found;
      render();
      touched();
    },

    checked(found) {
      said(found);
    },

    run(clicks) {
      if (clicks) run();
    },
  });
})();
