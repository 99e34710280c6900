/* Pace of the Explore page: at most one question in flight, the last one always sent. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const SETTLE_MS = 700; // the risk curve waits until the knobs rest
  const POLL_MS = 350;
  const LOST_MS = 30000; // a question unanswered this long is asked again
  const S = {
    tab: Math.random().toString(36).slice(2, 10),
    latest: null, extra: { zoom: "", scenario: "", base: "" },
    seq: 0, inFlight: 0, dirty: false, restored: false, timer: 0,
    answer: null, answeredAt: 0, planKey: null, planTimer: 0, plan: null, lost: false,
  };
  const NO = () => dc.no_update;
  const el = (id) => document.getElementById(id);
  const set = (id, props) => dc.set_props(id, props);

  // --- questions ---------------------------------------------------------------------

  function isDark() {
    const theme = (S.latest || {}).theme || "auto";
    if (theme !== "auto") return theme === "dark";
    return window.matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function schedule() {
    clearTimeout(S.timer);
    S.timer = setTimeout(flush, 0);
  }

  function flush() {
    if (!S.latest) return;
    if (S.inFlight && Date.now() - S.inFlight < LOST_MS) {
      S.dirty = true;
      return;
    }
    S.dirty = false;
    S.inFlight = Date.now();
    S.seq += 1;
    busy(true);
    set("explore-request", {
      data: { seq: S.seq, tab: S.tab, dark: isDark(),
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

  let busyTimer = 0;
  function busy(on) {
    clearTimeout(busyTimer);
    const mark = () => {
      document.body.classList.toggle("np-busy", on);
      const main = el("explore-main");
      if (main) main.setAttribute("aria-busy", on ? "true" : "false");
    };
    if (on) busyTimer = setTimeout(mark, 450);
    else mark();
  }

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

  function fromUrl() {
    return Object.fromEntries(new URLSearchParams(window.location.search));
  }

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
      S.plan = { key: key, cells: [], job: null, running: true };
      poll({ key, view: { ...S.latest, ...S.extra }, tab: S.tab, queue, job: null, cancel: old });
    }, SETTLE_MS);
  }

  let pollCount = 0;
  function poll(body) {
    pollCount += 1;
    set("explore-plan-poll", { data: { ...body, n: pollCount } });
  }

  function errors(fields) {
    document.querySelectorAll(".np-field-error").forEach((node) => {
      const key = node.id.replace("explore-", "").replace("-error", "");
      const text = (fields || {})[key] || "";
      if (node.textContent !== text) node.textContent = text;
    });
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

  // --- connection and age ----------------------------------------------------------------

  async function heartbeat() {
    let alive = false;
    try {
      const stop = AbortSignal.timeout(8000);
      const reply = await fetch("/api/v1/health", { signal: stop, cache: "no-store" });
      alive = reply.ok;
      const cold = el("explore-cold");
      if (cold && alive && (await reply.json()).kernel === "warming") {
        cold.textContent =
          "Compiling the simulation kernels, once after an update: about half a minute.";
      }
    } catch (_) {
      alive = false;
    }
    const banner = el("explore-offline");
    if (!banner) return;
    if (!alive && !S.lost) {
      S.lost = true;
      banner.textContent =
        "Connection lost. The numbers below are the last answer; the page asks again as soon as the server is back.";
      banner.hidden = false;
      S.inFlight = 0;
      busy(false);
    } else if (alive && S.lost) {
      S.lost = false;
      banner.hidden = true;
      schedule();
    }
  }

  function age() {
    const node = el("explore-age");
    if (!node || !S.answeredAt) return;
    const s = Math.round((Date.now() - S.answeredAt) / 1000);
    const text = s < 60 ? s + " s" : s < 3600 ? Math.floor(s / 60) + " min" : Math.floor(s / 3600) + " h";
    node.textContent = "answered in " + S.tookMs + " ms, " + text + " ago";
  }
  setInterval(age, 1000);
  setInterval(heartbeat, 5000);
  setTimeout(heartbeat, 1200);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", schedule);

  function copied(text, back) {
    return navigator.clipboard.writeText(text).then(
      () => "Copied",
      () => back,
    );
  }

  dc.explore = {
    toNumber(slider, number) {
      return slider === number ? NO() : slider;
    },

    toSlider(number, slider, id) {
      if (typeof number !== "number" || Number.isNaN(number) || number === slider) return;
      set(id, { value: number });
    },

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
        if (Object.keys(asked).length) {
          const defaults = arguments[arguments.length - 1];
          setTimeout(() => apply(asked, defaults), 0);
          return NO();
        }
      }
      schedule();
      return NO();
    },

    answered(answer) {
      if (!answer) return NO();
      S.tookMs = S.inFlight ? Date.now() - S.inFlight : 0;
      S.inFlight = 0;
      busy(false);
      errors(answer.field_errors);
      if (answer.ok) {
        S.answer = answer;
        S.answeredAt = Date.now();
        document.body.dataset.exploreSeq = answer.seq;
        age();
        writeUrl();
        if (!S.dirty) wantCurve(answer.risk_key);
      }
      if (S.dirty) schedule();
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

    async copyLink(clicks) {
      if (!clicks) return NO();
      writeUrl();
      const text = await copied(window.location.href, "Press Ctrl+C");
      setTimeout(() => set("explore-copy", { children: "Copy link" }), 1500);
      return text;
    },

    apiCall(clicks) {
      if (!clicks || !S.answer) return [NO(), NO()];
      const body = JSON.stringify(S.answer.call, null, 2).replace(/'/g, "'\\''");
      const text =
        "curl -s -X POST " + window.location.origin + "/api/v1/what-if \\\n" +
        "  -H 'content-type: application/json' \\\n  -d '" + body + "'";
      return [true, text];
    },

    async copyCall(clicks, text) {
      if (!clicks) return NO();
      const word = await copied(text, "Select and copy");
      setTimeout(() => set("explore-api-copy", { children: "Copy" }), 1500);
      return word;
    },

    picture() {
      const id = dc.callback_context.triggered_id || "";
      if (id === "explore-print") {
        window.print();
      } else if (id) {
        const graph = document.querySelector("#explore-power .js-plotly-plot");
        const format = id.endsWith("png") ? "png" : "svg";
        window.Plotly.downloadImage(graph, {
          format, width: 1400, height: 520, scale: 2, filename: "nameplate-row-power",
        });
      }
      return NO();
    },

    planStep(step) {
      if (!step || !S.plan || step.key !== S.plan.key || step.key !== S.planKey) return NO();
      const running = Boolean(step.job) || (step.queue || []).length > 0;
      S.plan = {
        key: step.key, cells: [...S.plan.cells, ...(step.cells || [])],
        job: step.job, running, text: running || step.text ? step.text : "",
      };
      if (running) {
        const view = { ...S.latest, ...S.extra };
        const body = { key: step.key, view, tab: S.tab, queue: step.queue, job: step.job };
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
