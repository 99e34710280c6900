/* The site pages: gathers the knobs, keeps the URL, draws diagrams, frames and timeline. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide, make, off } = np;
  const STEP_MS = 1100; // one frame of a failure
  const SNAP_S = 900;
  const REST_MS = 2500; // knobs that have not moved for so long are at rest
  const EXTRA = ["view", "node", "failed", "events", "feed"];
  const TITLES = { site: "Site", failures: "Failures", cooling: "Cooling" };
  const S = {
    latest: null, extra: { view: "site", node: "", failed: "", events: "", feed: "" }, restored: false,
    kept: {}, answeredAt: 0, tookMs: 0, diagram: null, story: null, frame: 0, playing: 0,
    library: [], events: [], horizonS: 86400, shownFailed: [],
  };
  const pace = np.pacer(send, "site-main");
  const slow = np.underWay("site", pace, "Running the site");

  function send(seq) {
    if (!S.latest) return false;
    clearTimeout(S.resting);
    slow.begin();
    S.asked = { seq, tab: np.tab, view: { ...S.latest, ...S.extra } };
    set("site-request-" + S.extra.view, { data: S.asked });
  }

  // a page at rest asks how far its numbers range over seeds; the next question ends that
  function rested() {
    if (!pace.sentAt) set("site-request-seeds", { data: S.asked });
  }

  function change(values) {
    Object.assign(S.extra, values);
    pace.ask();
  }

  // --- views and URL ---------------------------------------------------------------------

  function show(view) {
    S.extra.view = TITLES[view] ? view : "site";
    for (const name of Object.keys(TITLES)) {
      hide("site-view-" + name, name !== S.extra.view);
      const link = el("site-nav-" + name);
      if (!link) continue;
      if (name === S.extra.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    document.title = "Nameplate: " + TITLES[S.extra.view];
    if (el("site-where")) el("site-where").textContent = TITLES[S.extra.view];
    window.dispatchEvent(new Event("resize")); // graphs drawn while hidden have no size
  }

  function writeUrl(push) {
    const query = new URLSearchParams(S.kept.query || "");
    for (const key of EXTRA) {
      if (S.extra[key] && !(key === "view" && S.extra.view === "site")) query.set(key, S.extra[key]);
      else query.delete(key);
    }
    const text = query.toString();
    const url = window.location.pathname + (text ? "?" + text : "");
    if (url === window.location.pathname + window.location.search) return;
    if (push) window.history.pushState(null, "", url);
    else window.history.replaceState(window.history.state, "", url);
  }

  function apply(values, defaults) {
    for (const [key, start] of Object.entries(defaults)) {
      if (EXTRA.includes(key)) {
        S.extra[key] = key in values ? String(values[key]) : start;
        if (key === "feed") np.feeds.read(S.extra.feed);
        continue;
      }
      const given = key in values ? values[key] : start;
      const numeric = typeof start === "number";
      const count = key === "fit" || key === "fit_w";
      const value = numeric || (count && given !== "") ? Number(given) : String(given);
      if (S.latest) S.latest[key] = value;
      const shown = key === "compare" ? (value ? value.split(",") : []) : value;
      set(numeric ? "site-" + key + "-slider" : "site-" + key, { value: shown });
      if (numeric) set("site-" + key, { value });
    }
    show(S.extra.view);
    pace.ask();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const view = (link.id || "").replace("site-nav-", "");
    if (TITLES[view]) {
      event.preventDefault();
      go(view);
    } else if (link.dataset.fail) {
      event.preventDefault();
      fail(link.dataset.fail);
    }
  });

  function fail(name) {
    if (isRow(S.diagram, name)) return;
    S.extra.failed = name;
    go("failures");
  }

  const isRow = (diagram, name) => diagram.nodes.some((n) => n.name === name && n.kind === "row");

  function go(view) {
    show(view);
    writeUrl(true);
    window.scrollTo({ top: 0 });
    pace.ask();
  }

  window.addEventListener("popstate", () => {
    if (S.defaults) apply(np.fromUrl(), S.defaults);
  });

  // --- the diagram and a failure's frames ---------------------------------------------------

  function mark() {
    document.querySelectorAll("#site-oneline .np-node").forEach((node) => {
      node.classList.toggle("np-chosen", node.dataset.name === S.extra.node);
    });
  }

  function choose(name) {
    S.extra.node = name;
    mark();
    outline();
    rowOf(name);
    writeUrl();
    if (S.latest.racks_as === "elevation") pace.ask();
    set("site-node", { data: { name } });
  }

  /* What hangs below a chosen node is outlined in the racks, its row shown in the table. */
  const plot = (id) => document.querySelector("#site-fig-" + id + " .js-plotly-plot");

  function reached(name, from, to) {
    const found = new Set([name]);
    let grown = true;
    while (grown) {
      grown = false;
      ((S.diagram && S.diagram.wires) || []).forEach((e) => {
        if (found.has(e[from]) && !found.has(e[to])) {
          found.add(e[to]);
          grown = true;
        }
      });
    }
    return found;
  }

  function below(name) {
    const found = reached(name, "from", "to");
    return S.diagram.nodes.filter((n) => n.kind === "row" && found.has(n.name)).map((n) => n.name);
  }

  /* What is pointed at, in a diagram, chart or table, is lit in all of them: the node, what
     feeds it, what hangs on it. */
  function light(name) {
    if (!S.diagram || name === S.lit) return;
    S.lit = name;
    const known = name && S.diagram.nodes.some((n) => n.name === name);
    const path = known ? new Set([...reached(name, "to", "from"), ...reached(name, "from", "to")]) : null;
    const svg = document.querySelector("#site-oneline svg");
    if (svg) svg.classList.toggle("np-lighting", Boolean(path));
    document.querySelectorAll("#site-oneline .np-node").forEach((node) => {
      node.classList.toggle("np-lit", Boolean(path) && path.has(node.dataset.name));
    });
    document.querySelectorAll("#site-oneline .np-wire, #site-oneline .np-breaker").forEach((wire) => {
      wire.classList.toggle("np-lit", Boolean(path) && path.has(wire.dataset.from) && path.has(wire.dataset.to));
    });
    document.querySelectorAll("#site-nodes-grid .ag-row, #site-fit-rows tbody tr").forEach((row) => {
      const first = row.getAttribute("row-id") || (row.cells && row.cells[0].textContent);
      row.classList.toggle("np-lit", Boolean(name) && first === name);
    });
    outline(known ? name : "");
  }

  document.addEventListener("pointerover", (event) => {
    const on = event.target.closest && event.target.closest("#site-oneline .np-node, #site-nodes-grid .ag-row, #site-fit-rows tbody tr");
    if (on) light(on.dataset.name || on.getAttribute("row-id") || on.cells[0].textContent);
    else if (!event.target.closest || !event.target.closest(".js-plotly-plot")) light("");
  });
  document.addEventListener("focusin", (event) => {
    const on = event.target.closest && event.target.closest("#site-oneline .np-node");
    light(on ? on.dataset.name : "");
  });

  setInterval(() => {
    for (const id of ["racks", "levels", "balance"]) {
      const graph = plot(id);
      if (!graph || graph.dataset.lights || !graph.on) continue;
      graph.dataset.lights = "1";
      graph.on("plotly_hover", (event) => light(String(event.points[0].y)));
      graph.on("plotly_unhover", () => light(""));
    }
  }, 1000);

  function outline(pointed) {
    const graph = plot("racks");
    if (!graph || !window.Plotly || !graph.data || !graph.data.length || !S.diagram) return;
    const rows = graph.data[0].y || [];
    if (typeof rows[0] === "number") return; // an elevation: one row only
    const name = typeof pointed === "string" && pointed ? pointed : S.extra.node;
    const lit = name ? below(name) : [];
    if (lit.length === rows.length) lit.length = 0; // everything hangs below: nothing to say
    const shapes = lit.filter((r) => rows.includes(r)).map((r) => {
      const k = rows.indexOf(r);
      return { type: "rect", xref: "x domain", x0: 0, x1: 1, yref: "y", y0: k - 0.5, y1: k + 0.5,
        line: { width: 2, color: getComputedStyle(document.body).color } };
    });
    window.Plotly.relayout(graph, { shapes });
  }

  async function rowOf(name) {
    const grid = window.dash_ag_grid && el("site-nodes-grid");
    if (!grid || !grid.closest("details") || !grid.closest("details").open) return;
    const api = await window.dash_ag_grid.getApiAsync("site-nodes-grid");
    const row = api.getRowNode(name);
    if (!row) return;
    api.ensureNodeVisible(row, "middle");
    api.flashCells({ rowNodes: [row] });
  }

  function toggleFailed(name) {
    if (isRow(S.story.diagram, name)) return;
    const now = S.extra.failed ? S.extra.failed.split(",") : [];
    const next = now.includes(name) ? now.filter((n) => n !== name) : [...now, name];
    change({ failed: next.slice(-8).join(",") });
  }

  function frame(k) {
    const story = S.story;
    if (!story) return;
    S.frame = Math.max(0, Math.min(k, story.frames.length));
    const host = el("site-fail-oneline");
    const before = { out_w: story.before, dead_racks: [] };
    const shown = S.frame === 0 ? before : story.frames[S.frame - 1];
    np.oneLineFrame(host, story.diagram, shown, story.before, S.frame === 0 ? [] : story.failed);
    document.querySelectorAll("#site-frame-marks button").forEach((button, index) => {
      button.setAttribute("aria-selected", index === S.frame ? "true" : "false");
    });
    host.dataset.frame = S.frame;
  }

  function marks(story) {
    const host = el("site-frame-marks");
    host.textContent = "";
    const labels = [["before", "all well"], ...story.frames.map((f) => [clock(f.t_s), f.label])];
    labels.forEach(([when, label], k) => {
      const onclick = () => {
        stop();
        frame(k);
      };
      host.append(make("button", { type: "button", role: "tab", onclick }, make("b", {}, when), " " + label));
    });
  }

  const clock = (s) => (s < 100 ? Math.round(s) + " s" : s < 6000 ? (s / 60).toFixed(1) + " min" : (s / 3600).toFixed(1) + " h");

  function stop() {
    clearInterval(S.playing);
    S.playing = 0;
    const button = el("site-frame-play");
    if (button) button.textContent = "Play";
  }

  function play() {
    if (S.playing) return stop();
    if (S.frame >= S.story.frames.length) frame(0);
    el("site-frame-play").textContent = "Stop";
    S.playing = setInterval(() => {
      frame(S.frame + 1);
      if (S.frame >= S.story.frames.length) stop();
    }, STEP_MS);
  }

  document.addEventListener("click", (event) => {
    const id = (event.target.closest("button") || {}).id;
    if (id === "site-frame-back") frame(S.frame - 1);
    else if (id === "site-frame-next") frame(S.frame + 1);
    else if (id === "site-frame-play" && S.story) play();
    else if (id === "site-heal") change({ failed: "" });
    else if (id === "site-fit-apply") applyFit();
    else return;
    if (id !== "site-frame-play") stop();
  });

  /* Put the servers that found a place into the inputs: a version of the site that is open,
     else a site of its own. */
  async function applyFit() {
    const { fit, asked } = S.kept;
    const note = el("site-fit-note");
    note.textContent = "Placing…";
    try {
      const base = asked.scenario_id ? { scenario_id: asked.scenario_id } : { scenario: {} };
      let found = await np.api("POST", "/site/fit", { ...base, changes: asked.changes, ...fit });
      while (found.state) {
        await new Promise((done) => setTimeout(done, 500));
        const job = await np.api("GET", "/jobs/" + found.id);
        if (job.error) throw job.error;
        note.textContent = "Placing, " + Math.round(100 * job.part) + " %";
        found = job.answer || found;
      }
      const rest = Object.entries(asked.changes).filter(([path]) => !path.startsWith("facility"));
      const changes = { ...Object.fromEntries(rest), facility: found.facility };
      const name = "+" + found.placed_servers + " servers";
      const open = np.scenarios.open();
      const stored = asked.scenario_id && open
        ? await np.api("POST", "/scenarios/" + open.id + "/versions", { changes, name }, { "if-match": '"' + open.version + '"' })
        : await np.api("POST", "/scenarios", { ...base, changes, name: "Site, " + name });
      set("site-scenario-list", { data: Date.now() });
      await np.scenarios.go(stored.id);
      note.textContent = "Applied: " + stored.name + " is open, " + name + ".";
    } catch (problem) {
      note.textContent = np.said(problem);
    }
  }

  // --- the timeline of a day ----------------------------------------------------------------

  const number = (value) => (value === null || value === undefined ? "" : String(+value));
  function eventsText(events) {
    return events.map((e) => [number(e.t_s), e.kind, e.target || "", number(e.duration_s), number(e.severity)]
      .join("~").replace(/~+$/, "")).join(";");
  }

  function happen(events) {
    change({ events: eventsText(events) });
  }

  function name(event) {
    const words = event.kind.replace(/-/g, " ");
    return event.target ? words.replace(" node", "") + " " + event.target : words;
  }

  function hour(t) {
    const minutes = Math.round(t / 60);
    return String(Math.floor(minutes / 60)).padStart(2, "0") + ":" + String(minutes % 60).padStart(2, "0");
  }

  function drawStrip() {
    const host = el("site-strip");
    if (!host) return;
    const last = S.horizonS;
    host.replaceChildren();
    const hours = Math.ceil(last / 3600);
    for (let h = 0; h <= hours; h += hours > 24 ? 24 : hours > 6 ? 3 : 1) {
      host.append(make("span", { className: "np-tick", style: `left: ${(100 * h * 3600) / last}%` }, String(h % 24).padStart(2, "0")));
    }
    if (!S.events.length) host.append(make("p", { className: "np-quiet np-strip-empty" }, "Nothing fails on this day. Add a failure above."));
    S.events.forEach((event, k) => host.appendChild(chip(event, k, host, last)));
    host.style.height = 34 + 26 * Math.max(1, S.events.length) + "px";
  }

  function chip(event, k, host, last) {
    const node = make("button", { type: "button", className: "np-event" });
    const place = (t) => {
      node.style.left = (100 * t) / last + "%";
      node.textContent = hour(t) + " " + name(event);
    };
    const length = event.duration_s === null ? last - event.t_s : event.duration_s;
    node.style.top = 8 + 26 * k + "px";
    node.style.setProperty("--np-length", (100 * Math.min(length, last - event.t_s)) / last + "cqw");
    node.title = name(event) + (event.duration_s ? ", " + clock(event.duration_s) : "") +
      ". Drag to move, arrow keys move by 15 min, press or Delete removes.";
    place(event.t_s);
    const move = (t) => Math.max(0, Math.min(last - 60, Math.round(t / SNAP_S) * SNAP_S));
    const settle = (t) => happen(S.events.map((e, i) => (i === k ? { ...e, t_s: t } : e)));
    const remove = () => happen(S.events.filter((_, i) => i !== k));
    let from = null;
    node.addEventListener("pointerdown", (down) => {
      from = { x: down.clientX, t: event.t_s, moved: false };
      node.setPointerCapture(down.pointerId);
    });
    node.addEventListener("pointermove", (now) => {
      if (!from) return;
      const shift = ((now.clientX - from.x) / host.clientWidth) * last;
      if (Math.abs(now.clientX - from.x) > 3) from.moved = true;
      if (from.moved) place(move(from.t + shift));
    });
    node.addEventListener("pointerup", (up) => {
      if (!from) return;
      const shift = ((up.clientX - from.x) / host.clientWidth) * last;
      const was = from;
      from = null;
      if (was.moved) settle(move(was.t + shift));
      else remove();
    });
    node.addEventListener("keydown", (key) => {
      const step = { ArrowLeft: -SNAP_S, ArrowRight: SNAP_S }[key.key];
      if (step) {
        key.preventDefault();
        settle(move(event.t_s + step));
      } else if (key.key === "Delete" || key.key === "Enter") {
        key.preventDefault();
        remove();
      }
    });
    return node;
  }

  function drawLibrary() {
    const host = el("site-ready");
    if (!host) return;
    host.replaceChildren(...S.library.map((ready) => make("button", {
      type: "button", className: "np-mini", "data-tip": ready.description,
      onclick: () => happen([...S.events, ...ready.events].slice(-24)),
    }, ready.title)));
  }

  // --- callbacks ------------------------------------------------------------------------------

  np.page({
    feed(text) { // amperes alone: nothing is asked
      S.extra.feed = text;
      writeUrl();
    },
    prefix: "site", pace, age: () => "site-age-" + S.extra.view, answered: () => [S.answeredAt, S.tookMs],
    restore: (values) => apply(values, S.defaults), start: (key) => S.defaults[key], call: () => S.kept.call && np.curl(S.kept.call.path, S.kept.call.body),
  });

  np.scenarios.on({
    prefix: "site", changed: () => set("site-scenario-list", { data: Date.now() }),
    open: (id) => {
      set("site-scenario", { value: id });
      pace.ask();
    },
  });

  function fitPanel() {
    const stored = Boolean(S.latest.scenario);
    off("site-template", stored);
    off("site-knobs", stored);
    const note = el("site-scenario-note");
    if (note) note.textContent = stored ? "The stored site answers; its inputs are its own." : "";
  }

  dc.site = {
    gather() {
      const values = {};
      dc.callback_context.inputs_list.forEach((input) => {
        const value = Array.isArray(input.value) ? input.value.join(",") : input.value;
        values[input.id.replace("site-", "").replace("-slider", "")] = value;
      });
      const before = S.latest;
      S.latest = values;
      fitPanel();
      if (before && before.scenario !== values.scenario) S.extra.failed = S.extra.node = "";
      if (!S.restored) {
        S.restored = true;
        S.defaults = arguments[arguments.length - 1];
        const asked = np.fromUrl();
        if (Object.keys(asked).length) {
          setTimeout(() => apply(asked, S.defaults), 0);
          return;
        }
      }
      if (JSON.stringify(before) !== JSON.stringify(values)) pace.ask(); // else `apply` asked
    },

    answered(kept) {
      if (!kept || kept.seq !== pace.seq) return;
      const tookMs = pace.answered();
      slow.ended(Boolean(kept.superseded));
      np.errors("site-", kept.field_errors);
      if (kept.ok) {
        S.kept = kept;
        S.answeredAt = Date.now();
        S.tookMs = tookMs;
        document.body.dataset.siteSeq = kept.seq;
        document.body.dataset.siteView = kept.view;
        np.age("site-age-" + kept.view, S.answeredAt, S.tookMs);
        if (kept.failed) S.shownFailed = kept.failed;
        np.scenarios.view(kept.asked);
        if (kept.view === "site") el("site-fit-apply").hidden = !kept.fit;
        if (kept.ranges) S.resting = setTimeout(rested, REST_MS);
        writeUrl();
      }
    },

    drawn(diagram) {
      S.diagram = diagram;
      np.oneLine(el("site-oneline"), diagram, choose, fail);
      const known = diagram.nodes.some((n) => n.name === S.extra.node);
      const tight = diagram.nodes.reduce((best, n) => (n.kind !== "row" && (n.frac || 0) > (best.frac || 0) ? n : best), { frac: 0 });
      if (!known) S.extra.node = "";
      mark();
      setTimeout(outline, 300); // the racks are drawn by the same answer, a little later
      set("site-node", { data: { name: S.extra.node || tight.name || "" } });
    },

    told(story) {
      stop();
      S.story = story;
      np.oneLine(el("site-fail-oneline"), story.diagram, toggleFailed, toggleFailed);
      marks(story);
      el("site-heal").textContent = S.extra.failed ? "Clear, show the worst" : "Worst single failure";
      frame(story.frames.length);
    },

    ready(given) {
      S.library = given.ready;
      S.events = given.events;
      S.horizonS = given.horizon_s;
      drawLibrary();
      drawStrip();
    },

    chosen(rows) {
      if (!rows || !rows.length || rows[0].names === S.extra.failed) return;
      change({ failed: rows[0].names });
      el("site-story-title").scrollIntoView({ block: "start" });
    },

    picked() {
      const [given] = dc.callback_context.triggered;
      if (!given || !given.value) return;
      const at = given.value.points ? String(given.value.points[0].y) : given.value.rowId;
      if (given.prop_id.startsWith("site-fig-matrix")) {
        change({ failed: at });
        el("site-story-title").scrollIntoView({ block: "start" });
      } else if (at) {
        choose(at);
      }
    },

    progress(found) {
      if (found) slow.say(found.told);
    },

    reset(clicks, defaults) {
      if (clicks) apply({ view: S.extra.view, theme: S.latest.theme }, defaults);
    },

  };
})();
