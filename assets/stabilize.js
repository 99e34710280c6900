/* The Stabilize page: gathers the knobs, keeps the URL, zooms the waveform, steps a search. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide, off } = np;
  const SETTLE_MS = 220; // finer samples follow once the knobs have rested this long
  const POLL_MS = 400;
  const LOOKS = ["units"]; // change the drawing, not the study
  const QUIET = ["search", "objective", "against"]; // change neither
  const LEAST_S = 0.02;
  const S = Object.assign(np.inputs("stab", { extra: { zoom: "", focus: "" }, fit: fitPanel, ask: () => pace.ask() }), {
    search: null, polls: 0,
  });
  const pace = np.pacer(send, "stab-main");
  const look = np.pacer(sendZoom, "stab-section-wave");

  const request = (seq) => ({
    data: { seq, tab: np.tab, coarse: S.coarse, assumed: Boolean(el("stab-assumed") && el("stab-assumed").open),
      view: S.now() },
  });

  function send(seq) {
    if (!S.latest) return false;
    set("stab-request", request(seq));
  }

  function sendZoom(seq) {
    if (!S.latest || !S.kept.study) return false;
    set("stab-zoom-request", request(seq));
  }

  // --- knobs -----------------------------------------------------------------------------

  function fitPanel() {
    const v = S.latest;
    const stored = Boolean(v.scenario);
    hide("stab-own-row", !stored);
    off("stab-job", stored);
    off("stab-held", stored && v.own === "stored");
    for (const key of Object.keys(v).filter((k) => S.kinds[k] === "switch")) hide("stab-" + key + "-knobs", v[key] !== "on");
    hide("stab-sag-row", v.event !== "sag");
    hide("stab-sag_ms-row", v.event === "virginia-2024");
    hide("stab-hertz-row", v.event !== "frequency");
    hide("stab-filter-row", v.law === "droop");
  }

  // --- zoom ------------------------------------------------------------------------------

  function shown() {
    const [a, b] = S.extra.zoom.split("~").map(Number);
    return S.extra.zoom && b > a ? [a, b] : [0, S.kept.horizon_s || 1200];
  }

  function zoomTo(from, to) {
    const last = S.kept.horizon_s || 1200;
    const span = Math.min(last, Math.max(LEAST_S, to - from));
    const begin = Math.max(0, Math.min(from, last - span));
    const whole = span >= last * 0.999;
    S.extra.zoom = whole ? "" : +begin.toFixed(4) + "~" + +(begin + span).toFixed(4);
    S.writeUrl();
    look.ask();
  }

  function worst(key) {
    const rule = (S.kept.study ? S.kept.study.verdicts : []).find((v) => v.key === key);
    if (!rule || !rule.after || rule.after.at_s === null) return null;
    const span = rule.window_s || 4;
    return [rule.after.at_s - 1.5 * span, rule.after.at_s + 2.5 * span];
  }

  function focus(key) {
    const at = worst(key);
    S.extra.focus = key;
    if (at) {
      const last = S.kept.horizon_s;
      const begin = Math.max(0, at[0]);
      S.extra.zoom = at[1] - at[0] >= last ? "" : +begin.toFixed(4) + "~" + +Math.min(last, at[1]).toFixed(4);
    }
    pace.ask();
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("[data-rule]");
    if (row) {
      focus(row.dataset.rule);
      const top = el("stab-wave-title").getBoundingClientRect().top;
      if (top < 60) el("stab-wave-title").scrollIntoView(); // at the top, so that the rule stays in sight
      return;
    }
    const id = (event.target.closest("button") || {}).id || "";
    if (!id.startsWith("stab-zoom-") || !S.latest) return;
    const [a, b] = shown();
    const span = b - a;
    const act = id.replace("stab-zoom-", "");
    if (act === "in") zoomTo(a + span / 4, b - span / 4);
    else if (act === "out") zoomTo(a - span / 2, b + span / 2);
    else if (act === "left") zoomTo(a - span / 2, b - span / 2);
    else if (act === "right") zoomTo(a + span / 2, b + span / 2);
    else if (act === "all") zoomTo(0, 1e9);
    else if (act === "worst" && worst(S.kept.focus)) zoomTo(...worst(S.kept.focus));
  });

  document.addEventListener("toggle", (event) => {
    if (event.target.id === "stab-assumed" && event.target.open) pace.ask();
  }, true);

  // --- the search for measures -------------------------------------------------------------

  function poll(body) {
    S.polls += 1;
    set("stab-search-poll", { data: { n: S.polls, tab: np.tab, ...body } });
  }

  function searchText(step) {
    if (!step.running) return step.text;
    const part = step.part || 0;
    return Math.round(100 * part) + " % · " + step.text + np.left(part, S.search.since);
  }

  function stale() {
    const is = Boolean(S.foundKey && S.kept.sizing_key && S.foundKey !== S.kept.sizing_key);
    const box = el("stab-found");
    if (!box) return;
    box.classList.toggle("np-old", is);
    const text = el("stab-search-text");
    if (is && !S.search) text.textContent = "Job, site or rules have changed since this search: search again.";
    else if (!is && !S.search && S.foundText) text.textContent = S.foundText;
  }

  np.page({
    prefix: "stab", pace, answered: () => [S.answeredAt, S.tookMs], restore: S.fill, start: (key) => S.defaults[key],
    call: () => S.kept.call && np.curl(S.kept.call.path, S.kept.call.body),
  });

  np.scenarios.on({
    prefix: "stab", changed: () => set("stab-boot", { data: Date.now() }),
    open: (id) => {
      set("stab-scenario", { value: id });
      pace.ask();
    },
  });

  dc.stab = {
    gather(...given) {
      const moved = S.gather(given[given.length - 1]);
      if (!moved.length) return;
      if (moved.every((key) => QUIET.includes(key))) {
        S.writeUrl();
        return;
      }
      clearTimeout(S.settle);
      if (moved.includes("scenario")) S.extra.zoom = S.extra.focus = "";
      S.coarse = moved[0] !== "all" && !S.latest.scenario && !moved.every((key) => LOOKS.includes(key));
      pace.ask();
    },

    answered(kept) {
      if (!kept) return;
      const took = pace.answered();
      np.errors("stab-", kept.field_errors);
      if (kept.ok) {
        S.done(kept, took, SETTLE_MS);
        if (kept.call) np.scenarios.view(kept.call.body);
        stale();
      }
    },

    zoomed(layout) {
      if (!layout || !S.latest) return;
      if (layout["xaxis.autorange"]) zoomTo(0, 1e9);
      else if ("xaxis.range[0]" in layout) zoomTo(+layout["xaxis.range[0]"], +layout["xaxis.range[1]"]);
      else if (layout["xaxis.range"]) zoomTo(+layout["xaxis.range"][0], +layout["xaxis.range"][1]);
    },

    looked(kept) {
      if (!kept) return;
      look.answered();
      if (kept.ok) {
        np.marks("stab", { Zoom: kept.seq, Sample: kept.sample_s });
      }
    },

    find() {
      const id = dc.callback_context.triggered_id;
      if (!S.latest || !(arguments[0] || arguments[1])) return;
      if (id === "stab-cancel") {
        if (S.search) poll({ view: S.search.view, name: S.search.name, cancel: true });
        return;
      }
      if (S.search) return;
      S.search = { view: S.now(), name: null, since: Date.now() };
      hide("stab-cancel", false);
      hide("stab-search-bar", false);
      poll({ view: S.search.view });
    },

    searching(step) {
      if (!step || !S.search) return;
      const text = searchText(step);
      el("stab-search-text").textContent = text;
      const part = Math.round(100 * (step.done ? 1 : step.part || 0));
      el("stab-search-fill").style.width = part + "%";
      el("stab-search-bar").setAttribute("aria-valuenow", part);
      if (step.running) {
        S.search.name = step.name;
        const search = S.search;
        setTimeout(() => S.search === search && poll({ view: search.view, name: search.name }), POLL_MS);
        return;
      }
      S.search = null;
      hide("stab-cancel", true);
      hide("stab-search-bar", true);
      if (step.done) {
        S.foundKey = step.key;
        S.foundText = step.text;
        hide("stab-found", false);
        hide("stab-use", step.best === null);
        window.dispatchEvent(new Event("resize")); // drawn while hidden
        np.marks("stab", { Found: step.done });
      }
    },

    use(clicks, values) {
      if (!clicks || !values) return;
      S.fill({ ...S.now(), zoom: "", focus: "", ...values });
      window.scrollTo({ top: 0 });
    },

    reset: S.reset,
  };
})();
