/* The Serving page: gathers the knobs, keeps the URL, paces study, sweep and query. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide } = np;
  const SETTLE_MS = 200; // the whole traffic follows once the knobs have rested this long
  const QUICK_MS = 700; // a study this quick needs no shorter one before it
  const LOOKS = ["units", "look", "target"]; // change the drawing, not the study
  const QUERY = ["preset", "long_frac"]; // change the energy of a query alone
  const DRAWN = ["theme", ...LOOKS, ...QUERY]; // the rest is the study
  const S = Object.assign(np.inputs("serv", { extra: { knobs: "", look: "" }, fit: fitPanel, ask: () => pace.ask() }), {
    fineMs: 1e9, sweepSince: 0,
  });
  const pace = np.pacer(send, "serv-main");
  const sweep = np.pacer(sendSweep, "serv-section-pareto");
  const query = np.pacer(sendQuery, "serv-section-query");

  const slow = np.underWay("serv", pace, "Running the whole traffic", { whole: () => !S.coarse,
    others: (ms) => sweep.sentAt && Date.now() - S.sweepSince > ms });
  function keyOf(without) {
    const view = S.now();
    return JSON.stringify(Object.keys(view).sort().filter((k) => !without.includes(k)).map((k) => [k, view[k]]));
  }
  const studyKey = () => keyOf(DRAWN);
  const sweepKey = () => keyOf(["theme", "look", ...QUERY]);
  const queryKey = () => S.latest.preset + S.latest.long_frac;
  const request = (seq) => ({ seq, tab: np.tab, coarse: S.coarse,
    swept: S.sweptStudy === studyKey(), view: S.now() });

  function send(seq) {
    if (!S.latest) return false;
    slow.begin();
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

  // --- knobs -----------------------------------------------------------------------------

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

  np.page({
    prefix: "serv", pace, answered: () => [S.answeredAt, S.tookMs],
    restore: S.fill, start: (key) => S.defaults[key], call: () => S.kept.call && np.curl(S.kept.call.path, S.kept.call.body),
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
    gather(...given) {
      const moved = S.gather(given[given.length - 1]);
      if (!moved.length) return;
      if (moved.every((key) => QUERY.includes(key))) {
        S.writeUrl();
        query.ask();
        return;
      }
      clearTimeout(S.settle);
      const drawing = moved.every((key) => LOOKS.includes(key));
      if (drawing) {
        look();
        return;
      }
      stale();
      if (sweep.sentAt) slow.stop("sweep"); // it would only keep the newer question waiting
      if (pace.sentAt && !S.coarse) pace.forget(); // the newer question ends the whole one
      S.coarse = moved[0] !== "all" && S.fineMs > QUICK_MS;
      pace.ask();
    },

    answered(kept) {
      if (!kept || kept.seq !== pace.seq) return;
      const took = pace.answered();
      np.errors("serv-", kept.field_errors);
      if (slow.ended(Boolean(kept.superseded))) return;
      if (kept.ok) done(kept, took);
    },

    swept(kept) {
      if (!kept || kept.seq !== sweep.seq) return;
      sweep.answered();
      el("serv-sweep-progress").textContent = "";
      if (kept.ok) {
        [S.sweptStudy, S.sweptDrawn] = S.sweepAsked;
        np.marks("serv", { Swept: kept.seq });
      }
      stale();
    },

    queried(kept) {
      if (!kept || kept.seq !== query.seq) return;
      query.answered();
      if (kept.ok) {
        S.queryDone = S.queryAsked;
        np.marks("serv", { Query: kept.seq });
      }
    },

    progress(found) {
      if (!found) return;
      slow.say(found.main);
      if (sweep.sentAt) {
        const part = found.sweep;
        el("serv-sweep-progress").textContent = "other server counts" +
          (part ? ": " + Math.round(100 * part[0]) + " %" + np.left(part[0], S.sweepSince) : " are running");
      }
    },

    turned(found) {
      if (!found || !S.latest) return;
      S.drawer = found.system;
      const all = knobs();
      if (Object.keys(found.knobs).length) all[found.system] = found.knobs;
      else delete all[found.system];
      const sorted = Object.fromEntries(Object.keys(all).sort().map((k) => [k, all[k]]));
      keepKnobs(sorted);
    },

    listed() {
      setTimeout(fitPanel, 0);
    },

    reset: S.reset,
  };

  function done(kept, took) {
    const fresh = S.ran !== S.asked; // the same study again comes from memory
    S.done(kept, took, SETTLE_MS);
    if (kept.coarse) return;
    if (S.queryDone !== queryKey() && !query.sentAt) query.ask();
    if (fresh) S.fineMs = took;
    S.ran = S.asked;
    if (S.sweptDrawn !== sweepKey()) sweep.ask();
  }
})();
