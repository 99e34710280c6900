/* The Explore page: gathers its knobs, keeps its URL, steps its risk curve and pins. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const { el, set, fromUrl } = window.np;
  const SETTLE_MS = 700; // the risk curve waits until the knobs rest
  const POLL_MS = 350;
  const S = {
    latest: null, extra: { zoom: "", scenario: "", base: "" }, restored: false,
    answer: null, answeredAt: 0, planKey: null, planTimer: 0, plan: null,
  };
  const NO = () => dc.no_update;
  const pace = window.np.pacer(send, "explore-main");
  const schedule = pace.ask;

  function send(seq) {
    if (!S.latest) return false;
    set("explore-request", {
      data: { seq, tab: window.np.tab, dark: window.np.isDark(S.latest.theme),
        narrow: window.innerWidth <= 820, tables: openTables(), view: { ...S.latest, ...S.extra } },
    });
  }

  function openTables() {
    const open = document.querySelectorAll(".np-table-fold[open]");
    return Array.from(open, (node) => node.id.split("-")[1]);
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.classList.contains("np-table-fold")) schedule();
  }, true);

  function apply(values, defaults) {
    for (const [key, start] of Object.entries(defaults)) {
      if (key in S.extra) {
        S.extra[key] = key in values ? String(values[key]) : "";
        continue;
      }
      const given = key in values ? values[key] : start;
      const numeric = typeof start === "number";
      const id = numeric ? "explore-" + key + "-slider" : "explore-" + key;
      const value = numeric || key === "seed" ? Number(given) : String(given);
      if (S.latest) S.latest[key] = value;
      set(id, { value: value });
      if (numeric) set("explore-" + key, { value: value });
    }
    schedule();
  }

  /* A link that names a scenario alone shows it as it is stored. */
  const LOOKS = ["scenario", "units", "theme", "metric", "seeds"];
  const onlyScenario = (asked) => asked.scenario && Object.keys(asked).every((key) => LOOKS.includes(key));
  const opens = (id) => set("explore-scenario-open", { data: { id, at: Date.now() } });
  window.np.scenarios.on({ prefix: "explore", about: "Row 7", open: opens });

  // --- clock ranges and what a policy uses ---------------------------------------------

  let shownPolicy = null;
  function fitPolicy(policy) {
    if (policy === shownPolicy) return;
    shownPolicy = policy;
    const uses = {
      "no-cap": [], "one-threshold-low": ["t2", "hyst", "clk2"],
      "one-threshold-all": ["t2", "hyst", "clk2"],
      polca: ["t1", "t2", "hyst", "clk1", "clk2", "clkh"],
    }[policy] || [];
    for (const key of ["t1", "t2", "hyst", "clk1", "clk2", "clkh"]) {
      const off = !uses.includes(key);
      set("explore-" + key + "-slider", { disabled: off });
      set("explore-" + key, { disabled: off });
      const row = el("explore-" + key + "-row");
      if (row) row.classList.toggle("np-off", off);
    }
  }

  // --- the risk curve ------------------------------------------------------------------

  function wantCurve(key) {
    if (key === S.planKey) return;
    const old = S.plan && S.plan.job;
    S.planKey = key;
    clearTimeout(S.planTimer);
    S.planTimer = setTimeout(() => {
      const policies = ["polca", "no-cap", "one-threshold-low", "one-threshold-all"];
      const first = S.latest.policy;
      const queue = [first, ...policies.filter((p) => p !== first)];
      S.plan = { key: key, cells: [], job: null, running: true, since: Date.now() };
      poll({ key, view: { ...S.latest, ...S.extra }, tab: window.np.tab, queue, job: null, cancel: old });
    }, SETTLE_MS);
  }

  let pollCount = 0;
  function poll(body) {
    pollCount += 1;
    set("explore-plan-poll", { data: { ...body, n: pollCount } });
  }

  function writeUrl() {
    if (!S.answer) return;
    const query = new URLSearchParams(S.answer.query);
    if (S.extra.zoom) query.set("zoom", S.extra.zoom);
    else query.delete("zoom");
    const text = query.toString();
    const url = window.location.pathname + (text ? "?" + text : "");
    window.history.replaceState(window.history.state, "", url);
  }

  window.np.page({
    prefix: "explore", pace, answered: () => [S.answeredAt, S.tookMs], restore: (values) => apply(values, S.defaults), start: (key) => S.defaults[key],
    call: () => S.answer && window.np.curl("/what-if", S.answer.call),
  });

  dc.explore = {
    gather() {
      const values = {};
      const list = dc.callback_context.inputs_list;
      list.forEach((input) => {
        const key = input.id.replace("explore-", "").replace("-slider", "");
        values[key] = input.value;
      });
      S.latest = values;
      fitPolicy(values.policy);
      if (!S.restored) {
        S.restored = true;
        const asked = fromUrl();
        S.defaults = arguments[arguments.length - 1];
        if (onlyScenario(asked)) {
          S.extra.scenario = asked.scenario;
          setTimeout(() => opens(asked.scenario), 0);
          return NO();
        }
        if (Object.keys(asked).length) {
          setTimeout(() => apply(asked, S.defaults), 0);
          return NO();
        }
      }
      schedule();
      return NO();
    },

    answered(answer) {
      if (!answer) return NO();
      const stale = pace.dirty;
      S.tookMs = pace.answered();
      window.np.errors("explore-", answer.field_errors);
      if (answer.ok) {
        S.answer = answer;
        S.answeredAt = Date.now();
        document.body.dataset.exploreSeq = answer.seq;
        window.np.age("explore-age", S.answeredAt, S.tookMs);
        writeUrl();
        window.np.scenarios.view(answer.call);
        if (!stale) wantCurve(answer.risk_key);
      }
      const scheme = answer.dark ? "dark" : "light";
      if (scheme === S.scheme) return NO();
      S.scheme = scheme;
      return scheme;
    },

    catalogued(known) {
      if (!known || !S.latest || known.server !== S.latest.server) return NO();
      if (known.models.length && !known.models.includes(S.latest.model)) {
        set("explore-model", { value: known.models[0] });
      }
      const top = known.top_clock_mhz || 1410;
      if (top === S.topClock) return NO();
      const moved = Boolean(S.topClock) || top !== 1410;
      S.topClock = top;
      const published = { clk1: 1275, clk2: 1110, clkh: 1305 };
      for (const [key, mhz] of Object.entries(published)) {
        const scaled = Math.round((mhz * top) / 1410 / 15) * 15;
        const untouched = S.latest[key] === mhz || S.latest[key] > top || S.topWas;
        set("explore-" + key + "-slider", { max: top });
        set("explore-" + key, { max: top });
        if (moved && untouched) set("explore-" + key + "-slider", { value: scaled });
      }
      S.topWas = moved;
      return NO();
    },

    zoomed(layout) {
      if (!layout || !S.latest) return NO();
      if (layout["xaxis.range[0]"]) {
        S.extra.zoom = layout["xaxis.range[0]"].slice(0, 16) + "~" + layout["xaxis.range[1]"].slice(0, 16);
      } else if (layout["xaxis.autorange"]) {
        S.extra.zoom = "";
      } else {
        return NO();
      }
      writeUrl();
      return NO();
    },

    reset(clicks, defaults) {
      if (!clicks) return NO();
      const keep = { units: S.latest.units, theme: S.latest.theme };
      apply({ ...defaults, ...keep }, defaults);
      return NO();
    },

    loaded(view, defaults) {
      if (view) apply(view, defaults);
      return NO();
    },


    picture() {
      const id = dc.callback_context.triggered_id || "";
      if (id === "explore-print") {
        window.print();
      } else if (id) {
        window.np.savePicture("explore-power", id.endsWith("png") ? "png" : "svg");
      }
      return NO();
    },

    planStep(step) {
      if (!step || !S.plan || step.key !== S.plan.key || step.key !== S.planKey) return NO();
      const running = Boolean(step.job) || (step.queue || []).length > 0;
      S.plan = {
        key: step.key, cells: [...S.plan.cells, ...(step.cells || [])],
        job: step.job, running, since: S.plan.since,
        text: (step.text || "") + (running ? window.np.left(parseFloat(step.text) / 100, S.plan.since) : ""),
      };
      if (running) {
        const view = { ...S.latest, ...S.extra };
        const body = { key: step.key, view, tab: window.np.tab, queue: step.queue, job: step.job };
        setTimeout(() => S.plan && S.plan.key === step.key && S.plan.running && poll(body), step.job ? POLL_MS : 0);
      }
      return S.plan;
    },

    planStop(clicks) {
      if (!clicks || !S.plan || !S.plan.running) return NO();
      const job = S.plan.job;
      S.plan.running = false;
      poll({ key: S.plan.key, view: S.latest, queue: [], job: null, cancel: job, stop: true });
      return NO();
    },

    pin(clicks, remove, edited, pins, selected) {
      const id = dc.callback_context.triggered_id || "";
      const kept = pins || [];
      if (id === "explore-pin" && clicks && S.answer) {
        const pin = { ...S.answer.pin, id: Date.now().toString(36) };
        return [[...kept, pin].slice(-24), NO()];
      }
      if (id === "explore-pin-remove" && remove) {
        const gone = new Set((selected || []).map((row) => row.id));
        return [kept.filter((row) => !gone.has(row.id)), []];
      }
      if (id === "explore-pins-grid" && edited && edited.length) {
        const row = edited[0].data;
        return [kept.map((p) => (p.id === row.id ? { ...p, label: row.label } : p)), NO()];
      }
      return [NO(), NO()];
    },

    rows(pins) {
      return pins || [];
    },

    openPin(clicks, selected, defaults) {
      if (!clicks || !selected || !selected.length) return NO();
      apply(Object.fromEntries(new URLSearchParams(selected[0].query)), defaults);
      window.scrollTo({ top: 0 });
      return NO();
    },
  };
})();
