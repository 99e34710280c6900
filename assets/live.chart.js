/* The Live page: its chart, extended within its window, and corrected from the store. */
(function () {
  "use strict";
  const np = window.np;
  const L = np.live;
  const { S, PER } = L;
  const API = "/api/v1/telemetry/";
  const RANGE_S = { "15min": 900, "1h": 3600, "1d": 86400, "1w": 604800, "1mo": 2592000 };
  const TAIL_MS = 15000; // the newest seconds are read again from the store this often
  const GAP_BINS = 3.5;

  // --- the chart -----------------------------------------------------------------------------

  const plot = () => document.querySelector("#live-fig .js-plotly-plot");

  function point(now) {
    const { of, device, quantity } = S.kept;
    if (of === "site") return now.site.power_w;
    if (of.startsWith("node/")) return (now.nodes.find((n) => n.name === of.slice(5)) || {}).power_w;
    const host = now.details.find((h) => h.name === of);
    if (!host || host.state !== "ok") return null;
    if (!device) return host.power_w;
    const found = host.devices.find((d) => d.key === device);
    if (!found) return null;
    return { power: found.power_w, temp: found.gpu_c, clock: found.sm_clock_hz, busy: found.utilisation_frac }[quantity];
  }

  const scaled = (value) => {
    if (value === null || value === undefined) return null;
    const by = { power: 1 / PER[S.kept.units][0], clock: 1e-9, busy: 100 }[S.kept.quantity];
    return S.kept.quantity === "temp" ? np.warmth(value) : value * by;
  };

  function extend(now) {
    const gd = plot();
    const kept = S.kept;
    if (!gd || !kept.of || kept.zoomed || gd.data.length < 3 || !window.Plotly) {
      if (gd && kept.of && !kept.zoomed && gd.data.length < 3 && S.drawn % 5 === 0) L.ask(); // the first readings
      return;
    }
    const at = now.time_us / 1000;
    if (kept.level !== "1s") {
      if (Date.now() - S.tail > Math.max(2000, 1000 * kept.bin_s / 6)) tail(gd, at);
      return;
    }
    const x = gd.data[2].x;
    const last = x.length ? x[x.length - 1] : 0;
    if (at <= last) return;
    if (last && at - last > GAP_BINS * 1000 * 10) { // asleep for long
      L.ask();
      return;
    }
    const y = scaled(point(now));
    if (y !== null) grow(gd, [[at], [at], [at]], [[y], [y], [y]], at);
    if (Date.now() - S.tail > TAIL_MS) tail(gd, at);
  }

  const most = () => Math.ceil(RANGE_S[S.view.range] / S.kept.bin_s) + 120;

  function grow(gd, x, y, at) {
    const window_ms = 1000 * RANGE_S[S.view.range];
    gd.layout.xaxis.range = [at - window_ms, at];
    gd.layout.xaxis.autorange = false;
    reach(gd, y);
    window.Plotly.extendTraces(gd, { x, y }, [0, 1, 2], most());
  }

  function reach(gd, y) {
    const [low, high] = gd.layout.yaxis.range;
    const values = y.flat().filter((v) => v !== null);
    const least = Math.min(...values);
    const highest = Math.max(...values);
    const room = 0.08 * (high - low);
    if (least < low || highest > high) {
      gd.layout.yaxis.range = [least < low ? Math.max(0, least - room) : low, highest > high ? highest + room : high];
    }
  }

  async function tail(gd, at) {
    if (S.tailing) return;
    S.tailing = true;
    S.tail = Date.now();
    const kept = S.kept;
    const from = at - Math.max(45000, 2500 * kept.bin_s);
    const begin = Math.floor(from / (1000 * kept.bin_s)) * 1000 * kept.bin_s;
    const query = new URLSearchParams({ of: kept.of, start_us: Math.round(begin * 1000), end_us: Math.round((at + 1000) * 1000), level: kept.level, device: kept.device });
    try {
      const reply = await fetch(API + "series?" + query, { cache: "no-store" });
      if (reply.ok && kept === S.kept && !S.paused) merge(gd, await reply.json(), begin, at);
    } catch (_) {
      // the stream says that the connection is lost
    } finally {
      S.tailing = false;
    }
  }

  const COLUMNS = { power: "power_mean_w", temp: "gpu_c", clock: "sm_clock_hz", busy: "utilisation_frac" };

  function merge(gd, series, begin, at) {
    const mean = series.columns[COLUMNS[S.kept.quantity]] || [];
    const flat = S.kept.quantity !== "power";
    const rows = series.time_us.map((t, i) => [t / 1000, mean[i],
      flat ? mean[i] : series.columns.power_least_w[i], flat ? mean[i] : series.columns.power_highest_w[i]])
      .filter((row) => row[1] !== null && row[1] !== undefined);
    if (!rows.length) return;
    const first = rows[0][0];
    const end = rows[rows.length - 1][0];
    gd.data.slice(0, 3).forEach((trace) => { // what the stream said of these bins gives way
      const keep = [];
      trace.x.forEach((t, i) => (t < first || t > end + 1000 * S.kept.bin_s) && keep.push(i));
      if (keep.length !== trace.x.length) {
        trace.x = keep.map((i) => trace.x[i]);
        trace.y = keep.map((i) => trace.y[i]);
      }
    });
    const later = gd.data[2].x.filter((t) => t > end).length;
    const x = rows.map((row) => row[0]);
    const ys = [2, 3, 1].map((k) => rows.map((row) => scaled(row[k])));
    if (later) { // newer points of the stream stay behind the bins
      gd.data.slice(0, 3).forEach((trace, k) => {
        trace.x.splice(trace.x.length - later, 0, ...x);
        trace.y.splice(trace.y.length - later, 0, ...ys[k]);
      });
      const lastX = gd.data[2].x.pop();
      const lastY = gd.data.slice(0, 3).map((trace, k) => (k < 2 ? (trace.x.pop(), trace.y.pop()) : trace.y.pop()));
      grow(gd, [[lastX], [lastX], [lastX]], lastY.map((v) => [v]), at);
    } else grow(gd, [x, x, x], ys, at);
  }

  L.extend = extend;
})();
