/* The Live page: one stream, drawn in place. Nothing here lays the page out again: numbers are
   written into their nodes, the chart is extended within its window, rows and cells are kept. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set } = np;
  const L = np.live;
  const { S, span, text, say, hide, cls, put, make, deviceName } = L;
  const API = "/api/v1/telemetry/";
  const SEGMENTED = ["units", "theme", "range", "quantity", "scale", "level", "metric", "shape"];
  const REDRAW = ["units", "range", "quantity", "scale", "node", "host", "gpu", "zoom"];
  const SILENT_MS = 8000; // a stream that says nothing for so long is dead
  const MOST_WAIT_MS = 30000;
  const SIDE_MS = 15000;
  const TWIN_MS = 60000;
  const pace = np.pacer(send, "live-main");
  L.ask = () => pace.ask();

  function send(seq) {
    if (!S.view) return false;
    set("live-request", { data: { seq, view: S.view } });
  }

  np.page({
    prefix: "live", pace, beat: false, call, age: () => "", answered: () => [S.at],
    old: () => (S.tries ? "the connection is lost" : S.paused ? "paused" : ""),
  });

  const listed = (rows, columns) => [columns, ...(rows || []).map((row) => columns.map((name) => row[name]))];
  np.exports("live", { // as the API has them, in SI
    hosts: ["hosts.csv", () => listed(S.now && S.now.hosts, ["name", "node", "state", "age_s", "power_w", "metered", "hottest_c", "utilisation_frac", "throttle_reasons"])],
    nodes: ["power-tree.csv", () => listed(S.now && S.now.nodes, ["name", "kind", "power_w", "summed_w", "metered", "limit_w", "reporting", "expected"])],
    chart: ["live.csv", () => np.chartCsv(np.chartTables(document.querySelector("#live-fig .js-plotly-plot")))],
    curl: ["live.sh", () => call() + "\n"],
  });

  function call() {
    if (!S.kept.of) return "";
    const [from, to] = S.kept.window_s;
    const query = new URLSearchParams({ of: S.kept.of, start_us: Math.round(from * 1e6), end_us: Math.round(to * 1e6) });
    if (S.kept.device) query.set("device", S.kept.device);
    const start = "curl -s '" + window.location.origin + API;
    return start + "series?" + query + "'\n\n# every second what is drawn now\n" + start.replace("-s", "-sN") + "stream?node=all'";
  }

  // --- URL ---------------------------------------------------------------------------------

  const writeUrl = () => np.writeUrl(S.view, S.defaults);

  function choose(values) {
    const before = S.view;
    S.view = { ...S.view, ...values };
    const moved = Object.keys(S.view).filter((key) => S.view[key] !== before[key]);
    if (!moved.length) return;
    moved.filter((key) => SEGMENTED.includes(key)).forEach((key) => set("live-" + key, { value: S.view[key] }));
    after(moved);
  }

  function after(moved) {
    writeUrl();
    fit();
    if (moved.includes("host") || !S.source) connect();
    if (moved.some((key) => REDRAW.includes(key))) pace.ask();
    if (moved.includes("units")) askSide();
    if (S.now && !S.paused) draw(S.now);
  }

  function fit() {
    const v = S.view;
    hide("live-quantity-box", !(v.host && v.gpu));
    hide("live-scale-box", Boolean(v.host));
    hide("live-map", v.shape !== "map");
    hide("live-grid-box", v.shape !== "table");
    hide("live-host-close", !v.host);
    crumbs();
  }

  function crumbs() {
    const v = S.view;
    const path = [["Site", { node: "", host: "", gpu: "" }]];
    if (v.node) path.push([v.node, { host: "", gpu: "" }]);
    if (v.host) path.push([v.host, { gpu: "" }]);
    if (v.host && v.gpu) path.push([gpuName(v.gpu), {}]);
    const title = el("live-chart-title");
    if (!title) return;
    const key = JSON.stringify(path);
    if (title.dataset.key === key) return;
    title.dataset.key = key;
    title.replaceChildren(...path.flatMap(([name, to], i) => {
      const last = i === path.length - 1;
      const node = last ? make("span", "", [name])
        : make("button", "lv-crumb", [name], { type: "button", onclick: () => choose({ ...to, zoom: "" }) });
      return i ? [" › ", node] : [node];
    }));
  }

  L.crumbs = crumbs;

  function gpuName(key) {
    const host = S.now && S.now.details.find((h) => h.name === S.view.host);
    const device = host && host.devices.find((d) => d.key === key);
    return device ? deviceName(device) : key;
  }

  // --- the stream ----------------------------------------------------------------------------

  function connect() {
    clearTimeout(S.retry);
    if (!S.view || document.hidden) return;
    const query = new URLSearchParams({ node: "all" });
    if (S.view.host) query.set("host", S.view.host);
    const url = API + "stream?" + query;
    if (S.source && S.url === url && S.source.readyState !== 2) return;
    disconnect();
    S.url = url;
    S.opened += 1;
    const source = (S.source = new EventSource(url));
    source.addEventListener("now", (event) => S.source === source && arrived(JSON.parse(event.data)));
    source.onerror = () => S.source === source && lost();
    watch();
  }

  function disconnect() {
    clearTimeout(S.silent);
    if (S.source) S.source.close();
    S.source = null;
  }

  function watch() {
    clearTimeout(S.silent);
    S.silent = setTimeout(lost, SILENT_MS);
  }

  function lost() {
    disconnect();
    S.tries += 1;
    const wait = Math.min(MOST_WAIT_MS, 500 * 2 ** S.tries) * (0.75 + 0.5 * Math.random());
    clearTimeout(S.retry);
    S.retry = setTimeout(connect, wait);
    if (S.tries > 1) whyLost();
    banner();
  }

  async function whyLost() {
    try {
      const reply = await fetch(API + "now?node=", { cache: "no-store" });
      S.refused = reply.status === 401 ? "Your session has ended: log in again."
        : reply.status === 403 ? "Your token may not read telemetry (scope telemetry:read)." : "";
    } catch (_) {
      S.refused = "";
    }
    banner();
  }

  function banner() {
    const node = el("live-offline");
    if (!node) return;
    const off = S.tries > 0 && !document.hidden;
    if (off) {
      const age = S.at ? " The numbers below are " + span((Date.now() - S.at) / 1000) + " old." : "";
      text(node, (S.refused || "Connection lost; trying again.") + age);
    }
    if (node.hidden !== !off) node.hidden = !off;
  }

  function arrived(now) {
    const gap = S.at ? (Date.now() - S.at) / 1000 : 0;
    if (S.tries > 0 || gap > 30) {
      S.tries = 0;
      S.refused = "";
      pace.forget();
      pace.ask(); // what was missed comes with the period
    }
    S.now = now;
    S.at = Date.now();
    watch();
    banner();
    if (!S.paused) draw(now);
  }

  document.addEventListener("np-temps", () => S.view && pace.ask()); // what the stream drew is in the other unit
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(S.retry);
      disconnect();
    } else if (S.view) {
      S.tries = 0;
      connect();
      if (!S.paused) pace.ask();
    }
  });
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", (event) => event.persisted && connect());

  // --- one event ---------------------------------------------------------------------------

  function draw(now) {
    S.drawn += 1;
    const nobody = !now.site.expected && !now.nodes.some((n) => n.metered);
    cls(el("live-main"), "lv-nobody", nobody);
    hide("live-empty", !nobody);
    L.headline(now);
    L.numbers(now);
    L.nodes(now);
    L.hosts(now);
    L.detail(now);
    L.extend(now);
    const level = S.kept.level ? "Chart in bins of " + { "1s": "1 s", "1min": "1 min", "1h": "1 h" }[S.kept.level] : "";
    say("live-bins", level);
    document.body.dataset.liveDrawn = S.drawn;
  }

  // --- choices -------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (!S.view) return;
    const at = (what) => event.target.closest("[data-" + what + "]");
    const button = event.target.closest("button");
    if (button && button.id === "live-pause") pause();
    else if (button && button.id === "live-host-close") choose({ host: "", gpu: "", zoom: "" });
    else if (at("sort")) choose({ sort: at("sort").dataset.sort });
    else if (at("gpu") && at("gpu").matches("tr")) {
      const { gpu } = at("gpu").dataset;
      choose({ gpu: S.view.gpu === gpu ? "" : gpu, zoom: "" });
    } else if (at("host")) {
      const { host } = at("host").dataset;
      choose({ host: S.view.host === host ? "" : host, gpu: "", zoom: "" });
    } else if (at("node") && at("node").matches("tr")) {
      const { node } = at("node").dataset;
      choose({ node: S.view.node === node ? "" : node, host: "", gpu: "", zoom: "" });
    }
  });

  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest && event.target.closest(".lv-cell");
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up" }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const cells = [...cell.parentNode.children];
    const place = cells.indexOf(cell);
    const wide = cells.findIndex((c, i) => i > 0 && c.offsetTop > cells[0].offsetTop);
    const by = step === "down" ? (wide > 0 ? wide : 1) : step === "up" ? -(wide > 0 ? wide : 1) : step;
    const next = cells[Math.max(0, Math.min(cells.length - 1, place + by))];
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });

  function pause() {
    if (S.view.zoom) {
      choose({ zoom: "" });
      return;
    }
    S.paused = !S.paused;
    S.pausedAt = Date.now();
    if (!S.paused) {
      pace.ask();
      if (S.now) draw(S.now);
    }
    state();
  }

  function state() {
    const button = el("live-pause");
    if (!button || !S.view) return;
    const zoomed = Boolean(S.view.zoom);
    text(button, zoomed ? "▶ Back to live" : S.paused ? "▶ Live" : "❙❙ Pause");
    put(button, "aria-pressed", String(S.paused));
    cls(button, "lv-held", S.paused || zoomed);
    const held = S.paused ? "Paused for " + span((Date.now() - S.pausedAt) / 1000) + "; readings go on being stored" : "";
    say("live-stream-state", held || (S.tries ? "Connection lost" : S.source ? "Live, once a second" : ""));
    say("live-age", S.at ? "Last message " + span((Date.now() - S.at) / 1000) + " ago" : "");
    cls(el("live-main"), "lv-paused", S.paused);
    banner();
  }
  setInterval(state, 1000);

  function askSide() {
    if (!S.view || document.hidden || S.paused) return;
    S.side += 1;
    set("live-side", { data: { n: S.side, units: S.view.units } });
  }
  setInterval(askSide, SIDE_MS);

  // the twin is asked after the chart is there, and once a minute
  function askTwin() {
    if (!S.view || !S.now || document.hidden || S.paused) return;
    const root = S.now.nodes.find((n) => n.kind === "utility");
    S.twin += 1;
    set("live-twin", { data: { n: S.twin, root: root ? root.name : "", view: S.view } });
  }
  function twinSoon() {
    const v = S.view;
    const key = [v.node, v.host, v.units].join("|");
    if (!S.now) setTimeout(twinSoon, 300);
    else if (key !== S.twinKey) {
      S.twinKey = key;
      clearTimeout(S.twinSoon);
      S.twinSoon = setTimeout(askTwin, 150);
    }
  }
  setInterval(askTwin, TWIN_MS);

  dc.live = {
    gather(...values) {
      const moved = np.choices("live", S, values.pop());
      if (!moved) {
        for (const id of ["live-command-keep", "live-command-run"]) {
          const command = el(id);
          if (command) set(id, { children: command.textContent.replace("SERVER", window.location.origin) });
        }
        fit();
        connect();
        pace.ask();
        return;
      }
      if (!moved.length) return;
      if (moved.includes("range")) S.view.zoom = "";
      after(moved);
    },

    answered(kept) {
      if (!kept) return;
      pace.answered();
      if (kept.ok) {
        S.kept = kept;
        S.tail = Date.now();
        document.body.dataset.liveSeq = kept.seq;
        document.body.dataset.liveLevel = kept.level;
        writeUrl();
        state();
        if (!S.side) askSide();
        twinSoon();
      }
    },

    zoomed(layout) {
      if (!layout || !S.view) return;
      if (layout["xaxis.autorange"]) choose({ zoom: "" });
      else {
        const range = layout["xaxis.range"] || [layout["xaxis.range[0]"], layout["xaxis.range[1]"]];
        if (range[0] === undefined) return;
        const [a, b] = range.map((t) => (typeof t === "number" ? t : Date.parse(String(t).replace(" ", "T") + "Z")) / 1000);
        if (b - a >= 10) choose({ zoom: Math.floor(a) + "~" + Math.ceil(b) });
      }
    },

    gridPicked(cell) {
      if (cell && cell.rowId) choose({ host: cell.rowId === S.view.host ? "" : cell.rowId, gpu: "", zoom: "" });
    },

  };
})();
