/* The Serving page: gathers the knobs, keeps the URL, paces study, sweep and query. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set } = np;
  const NO = () => dc.no_update;
  const SETTLE_MS = 200; // the whole traffic follows once the knobs have rested this long
  const QUICK_MS = 700; // a study this quick needs no shorter one before it
  const SLOW_MS = 900; // questions that take longer say how far they are
  const POLL_MS = 400;
  const EXTRA = ["knobs", "look"];
  const LOOKS = ["theme", "units", "look", "target"]; // change the drawing, not the study
  const QUERY = ["preset", "long_frac"]; // change the energy of a query alone
  const DRAWN = [...LOOKS, ...QUERY]; // the rest is the study
  const S = {
    latest: null, extra: { knobs: "", look: "" }, restored: false, kept: {}, coarse: false,
    settle: 0, answeredAt: 0, tookMs: 0, fineMs: 1e9, since: 0, polls: 0, sweepSince: 0, fresh: false,
  };
  const pace = np.pacer(send, "serv-main");
  const sweep = np.pacer(sendSweep, "serv-main");
  const query = np.pacer(sendQuery, "serv-section-query");

  const now = () => ({ ...S.latest, ...S.extra });
  const dark = () => np.isDark(S.latest.theme);
  function keyOf(without) {
    const view = now();
    return JSON.stringify(Object.keys(view).sort().filter((k) => !without.includes(k)).map((k) => [k, view[k]]));
  }
  const studyKey = () => keyOf(DRAWN);
  const sweepKey = () => keyOf(["theme", "look", ...QUERY]) + dark();
  const queryKey = () => S.latest.preset + S.latest.long_frac + dark();
  const request = (seq) => ({ seq, tab: np.tab, dark: dark(), coarse: S.coarse,
    swept: S.sweptStudy === studyKey(), view: now() });

  function send(seq) {
    if (!S.latest) return false;
    S.since = Date.now();
    S.stopped = false;
    hide("serv-cancel", false);
    S.asked = studyKey();
    set("serv-request", { data: request(seq) });
  }

  function sendSweep(seq) {
    if (!S.latest) return false;
    S.sweepSince = Date.now();
    S.sweepAsked = [studyKey(), sweepKey()];
    set("serv-sweep-request", { data: request(seq) });
  }

  function sendQuery(seq) {
    if (!S.latest) return false;
    S.queryAsked = queryKey();
    set("serv-query-request", { data: request(seq) });
  }

  // --- URL and knobs ---------------------------------------------------------------------

  function writeUrl() {
    if (!S.defaults) return;
    const pairs = Object.entries(now()).filter(([k, v]) => k in S.defaults && String(v) !== String(S.defaults[k]) && v !== "");
    const text = new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString();
    const url = window.location.pathname + (text ? "?" + text.replace(/%2C/g, ",").replace(/%3A/g, ":") : "");
    window.history.replaceState(window.history.state, "", url);
  }

  function apply(values, defaults) {
    for (const [key, start] of Object.entries(defaults)) {
      const given = key in values ? values[key] : start;
      if (EXTRA.includes(key)) {
        S.extra[key] = String(given);
        continue;
      }
      const numeric = typeof start === "number";
      const value = numeric ? Number(given) : String(given);
      if (S.latest) S.latest[key] = value;
      if (numeric) {
        set("serv-" + key + "-slider", { value });
        set("serv-" + key, { value });
      } else if (key === "systems") {
        set("serv-systems", { value: value === "none" ? [] : value.split(",") });
      } else {
        set("serv-" + key, { value });
      }
    }
    S.coarse = false;
    fitPanel();
    pace.ask();
  }

  const hide = (id, is) => el(id) && el(id).classList.toggle("np-hidden", is);

  function knobs() {
    try {
      return JSON.parse(S.extra.knobs || "{}");
    } catch (_) {
      return {};
    }
  }

  function fitPanel() {
    const v = S.latest;
    if (!v) return;
    const off = (id, is) => el(id) && el(id).classList.toggle("np-off", is);
    const replay = v.arrivals.startsWith("requests:");
    off("serv-lengths", replay); // a replay has its own lengths
    off("serv-price-row", Boolean(v.grid));
    off("serv-carbon-row", Boolean(v.grid));
    const turned = knobs();
    document.querySelectorAll("[data-knobs]").forEach((node) => {
      const count = Object.keys(turned[node.dataset.knobs] || {}).length;
      const text = count ? "Knobs · " + count : "Knobs";
      if (node.textContent !== text) node.textContent = text;
    });
  }

  // --- what is under way -----------------------------------------------------------------

  function stale() {
    const old = Boolean(S.latest && S.sweptStudy && S.sweptStudy !== studyKey());
    el("serv-section-pareto").classList.toggle("np-old", old);
  }

  setInterval(() => {
    const main = pace.sentAt && !S.coarse && Date.now() - S.since > SLOW_MS;
    const more = sweep.sentAt && Date.now() - S.sweepSince > SLOW_MS;
    if (!S.stopped) hide("serv-under-way", !main);
    if (!main && !more) return;
    S.polls += 1;
    set("serv-progress-ask", { data: { tab: np.tab, n: S.polls } });
  }, POLL_MS);

  function stopped() {
    S.stopped = true;
    hide("serv-under-way", false);
    hide("serv-cancel", true);
    el("serv-under-way-text").textContent = "Stopped. What is below is the last answer; move a knob to ask again.";
  }

  function stop(view) {
    S.polls += 1;
    set("serv-cancel-ask", { data: { tab: np.tab, view, n: S.polls } });
  }

  np.page({
    prefix: "serv", pace, answered: () => [S.answeredAt, S.tookMs], look: () => S.latest && look(),
    restore: (values) => apply(values, S.defaults), start: (key) => S.defaults[key], call: () => S.kept.call && np.curl(S.kept.call.path, S.kept.call.body),
  });

  function look() {
    S.coarse = false;
    pace.ask();
    if (S.queryDone !== queryKey()) query.ask();
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-knobs]");
    if (opener) return set("serv-drawer-ask", { data: { system: opener.dataset.knobs, knobs: S.extra.knobs, n: Date.now() } });
    if (event.target.closest("#serv-drawer-reset")) return resetDrawer();
    if (event.target.closest("#serv-cancel")) return stop("main");
    if (event.target.closest("a, .np-trust")) return;
    const row = event.target.closest("[data-look]");
    if (row && S.extra.look !== row.dataset.look) {
      S.extra.look = row.dataset.look;
      look();
    }
  });

  function resetDrawer() {
    const all = knobs();
    if (!S.drawer || !(S.drawer in all)) return;
    delete all[S.drawer];
    keepKnobs(all);
    set("serv-drawer-ask", { data: { system: S.drawer, knobs: S.extra.knobs, n: Date.now() } });
  }

  function keepKnobs(all) {
    const text = Object.keys(all).length ? JSON.stringify(all) : "";
    if (text === S.extra.knobs) return;
    S.extra.knobs = text;
    S.coarse = false;
    fitPanel();
    pace.forget();
    pace.ask();
  }

  dc.serv = {
    gather() {
      const values = {};
      dc.callback_context.inputs_list.forEach((input) => {
        const key = input.id.replace("serv-", "").replace("-slider", "");
        values[key] = Array.isArray(input.value) ? input.value.join(",") || "none" : input.value;
      });
      const before = S.latest;
      S.latest = values;
      S.defaults = arguments[arguments.length - 1];
      fitPanel();
      if (!S.restored) {
        S.restored = true;
        const asked = np.fromUrl();
        if (Object.keys(asked).length) {
          setTimeout(() => apply(asked, S.defaults), 0);
          return NO();
        }
      }
      const moved = before ? Object.keys(values).filter((key) => values[key] !== before[key]) : ["all"];
      if (!moved.length) return NO();
      if (moved.every((key) => QUERY.includes(key))) {
        writeUrl();
        query.ask();
        return NO();
      }
      clearTimeout(S.settle);
      const drawing = moved.every((key) => LOOKS.includes(key));
      if (drawing) {
        look();
        return NO();
      }
      stale();
      if (sweep.sentAt) stop("sweep"); // it would only keep the newer question waiting
      if (pace.sentAt && !S.coarse) pace.forget(); // the newer question ends the whole one
      S.coarse = Boolean(before) && S.fineMs > QUICK_MS;
      pace.ask();
      return NO();
    },

    answered(kept) {
      if (!kept || kept.seq !== pace.seq) return NO();
      const took = pace.answered();
      np.errors("serv-", kept.field_errors);
      if (kept.superseded) {
        stopped();
        return NO();
      }
      if (kept.ok) done(kept, took);
      const scheme = kept.dark ? "dark" : "light";
      if (scheme === S.scheme) return NO();
      S.scheme = scheme;
      return scheme;
    },

    swept(kept) {
      if (!kept || kept.seq !== sweep.seq) return NO();
      sweep.answered();
      el("serv-sweep-progress").textContent = "";
      if (kept.ok) {
        [S.sweptStudy, S.sweptDrawn] = S.sweepAsked;
        document.body.dataset.servSwept = kept.seq;
      }
      stale();
      return NO();
    },

    queried(kept) {
      if (!kept || kept.seq !== query.seq) return NO();
      query.answered();
      if (kept.ok) {
        S.queryDone = S.queryAsked;
        document.body.dataset.servQuery = kept.seq;
      }
      return NO();
    },

    progress(found) {
      if (!found) return NO();
      const main = found.main;
      if (pace.sentAt) {
        el("serv-under-way-text").textContent = main && S.since
          ? "Running the whole traffic: " + main[1] + ", " + Math.round(100 * main[0]) + " %" + np.left(main[0], S.since)
          : "Running the whole traffic.";
      }
      if (sweep.sentAt) {
        const part = found.sweep;
        el("serv-sweep-progress").textContent = "other server counts" +
          (part ? ": " + Math.round(100 * part[0]) + " %" + np.left(part[0], S.sweepSince) : " are running");
      }
      return NO();
    },

    turned(found) {
      if (!found || !S.latest) return NO();
      S.drawer = found.system;
      const all = knobs();
      if (Object.keys(found.knobs).length) all[found.system] = found.knobs;
      else delete all[found.system];
      const sorted = Object.fromEntries(Object.keys(all).sort().map((k) => [k, all[k]]));
      keepKnobs(sorted);
      return NO();
    },

    listed() {
      setTimeout(fitPanel, 0);
      return NO();
    },

    reset(clicks, defaults) {
      if (clicks) apply({ theme: S.latest.theme, units: S.latest.units }, defaults);
      return NO();
    },

  };

  function done(kept, took) {
    const fresh = S.done !== S.asked; // the same study again comes from memory
    S.tookMs = took;
    S.kept = kept;
    S.answeredAt = Date.now();
    document.body.dataset.servSeq = kept.seq;
    document.body.dataset.servFine = kept.coarse ? "" : kept.seq;
    document.body.dataset.servTook = took;
    np.age("serv-age", S.answeredAt, S.tookMs);
    writeUrl();
    if (S.queryDone !== queryKey() && !query.sentAt && !kept.coarse) query.ask();
    if (kept.coarse) {
      clearTimeout(S.settle);
      S.settle = setTimeout(() => {
        S.coarse = false;
        pace.ask();
      }, SETTLE_MS);
      return;
    }
    if (fresh) S.fineMs = took;
    S.done = S.asked;
    if (S.sweptDrawn !== sweepKey()) sweep.ask();
  }
})();
