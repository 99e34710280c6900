/* The Explore page: gathers its knobs, keeps its URL, steps its risk curve and pins. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set } = np;
  const SETTLE_MS = 700; // the risk curve waits until the knobs rest
  const POLL_MS = 350;
  const S = Object.assign(np.inputs("explore", {
    extra: { zoom: "", scenario: "", base: "" }, fit: () => fitPolicy(S.latest.policy), ask: () => pace.ask(), first: begin,
  }), { planKey: null, planTimer: 0, plan: null });
  const pace = np.pacer(send, "explore-main");

  function send(seq) {
    if (!S.latest) return false;
    set("explore-request", {
      data: { seq, tab: np.tab,
        narrow: window.innerWidth <= 820, tables: openTables(), view: S.now() },
    });
  }

  function openTables() {
    const open = document.querySelectorAll(".np-table-fold[open]");
    return Array.from(open, (node) => node.id.split("-")[1]);
  }
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.classList.contains("np-table-fold")) pace.ask();
  }, true);

  /* A link that names a scenario alone shows it as it is stored. */
  const LOOKS = ["scenario", "units", "theme", "metric", "seeds"];
  const onlyScenario = (asked) => asked.scenario && Object.keys(asked).every((key) => LOOKS.includes(key));
  function begin(asked) {
    if (!onlyScenario(asked)) return S.fill(asked);
    S.extra.scenario = asked.scenario;
    return opens(asked.scenario);
  }
  const opens = (id) => set("explore-scenario-open", { data: { id, at: Date.now() } });
  np.scenarios.on({ prefix: "explore", about: "Row 7", open: opens });

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
      poll({ key, view: S.now(), tab: np.tab, queue, job: null, cancel: old });
    }, SETTLE_MS);
  }

  let pollCount = 0;
  function poll(body) {
    pollCount += 1;
    set("explore-plan-poll", { data: { ...body, n: pollCount } });
  }

  np.page({
    prefix: "explore", pace, answered: () => [S.answeredAt, S.tookMs], restore: S.fill, start: (key) => S.defaults[key],
    call: () => S.kept.ok && np.curl("/what-if", S.kept.call),
  });

  dc.explore = {
    gather(...given) {
      if (S.gather(given[given.length - 1]).length) pace.ask();
    },

    answered(answer) {
      if (!answer) return;
      const stale = pace.dirty;
      const took = pace.answered();
      np.errors("explore-", answer.field_errors);
      if (answer.ok) {
        S.done(answer, took);
        np.scenarios.view(answer.call);
        if (!stale) wantCurve(answer.risk_key);
      }
    },

    catalogued(known) {
      if (!known || !S.latest || known.server !== S.latest.server) return;
      if (known.models.length && !known.models.includes(S.latest.model)) {
        set("explore-model", { value: known.models[0] });
      }
      const top = known.top_clock_mhz || 1410;
      if (top === S.topClock) return;
      const moved = Boolean(S.topClock) || top !== 1410;
      S.topClock = top;
      const published = { clk1: 1275, clk2: 1110, clkh: 1305 };
      for (const [key, mhz] of Object.entries(published)) {
        const scaled = Math.round((mhz * top) / 1410 / 15) * 15;
        const untouched = S.latest[key] === mhz || S.latest[key] > top || S.topWas;
        set("explore-" + key + "-slider", { max: top });
        set("explore-" + key, { max: top });
        if (moved && untouched) np.turn("explore-" + key, scaled);
      }
      S.topWas = moved;
    },

    zoomed(layout) {
      if (!layout || !S.latest) return;
      if (layout["xaxis.range[0]"]) {
        S.extra.zoom = layout["xaxis.range[0]"].slice(0, 16) + "~" + layout["xaxis.range[1]"].slice(0, 16);
      } else if (layout["xaxis.autorange"]) {
        S.extra.zoom = "";
      } else {
        return;
      }
      S.writeUrl();
    },

    reset: S.reset,

    loaded(view) {
      if (view) S.fill(view);
    },

    planStep(step) {
      if (!step || !S.plan || step.key !== S.plan.key || step.key !== S.planKey) return;
      const running = Boolean(step.job) || (step.queue || []).length > 0;
      S.plan = {
        key: step.key, cells: [...S.plan.cells, ...(step.cells || [])],
        job: step.job, running, since: S.plan.since,
        text: (step.text || "") + (running ? np.left(parseFloat(step.text) / 100, S.plan.since) : ""),
      };
      if (running) {
        const body = { key: step.key, view: S.now(), tab: np.tab, queue: step.queue, job: step.job };
        setTimeout(() => S.plan && S.plan.key === step.key && S.plan.running && poll(body), step.job ? POLL_MS : 0);
      }
      return S.plan;
    },

    planStop(clicks) {
      if (!clicks || !S.plan || !S.plan.running) return;
      const job = S.plan.job;
      S.plan.running = false;
      poll({ key: S.plan.key, view: S.latest, queue: [], job: null, cancel: job, stop: true });
    },

    pin(clicks, remove, edited, pins, selected) {
      const id = dc.callback_context.triggered_id || "";
      const kept = pins || [];
      if (id === "explore-pin" && clicks && S.kept.ok) {
        const pin = { ...S.kept.pin, id: Date.now().toString(36) };
        return [[...kept, pin].slice(-24), dc.no_update];
      }
      if (id === "explore-pin-remove" && remove) {
        const gone = new Set((selected || []).map((row) => row.id));
        return [kept.filter((row) => !gone.has(row.id)), []];
      }
      if (id === "explore-pins-grid" && edited && edited.length) {
        const row = edited[0].data;
        return [kept.map((p) => (p.id === row.id ? { ...p, label: row.label } : p)), dc.no_update];
      }
      return [dc.no_update, dc.no_update];
    },

    rows(pins) {
      return pins || [];
    },

    openPin(clicks, selected) {
      if (!clicks || !selected || !selected.length) return;
      S.fill(Object.fromEntries(new URLSearchParams(selected[0].query)));
      window.scrollTo({ top: 0 });
    },
  };
})();
