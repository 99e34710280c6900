/* The Study page: keeps the URL, polls what comes, links charts, lines, table and drawer. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide, svg: node } = np;
  const POLL_MS = 500;
  const PICKS = ["output", "hx", "hy", "stat", "sx", "sy", "units", "theme"];
  const SECTIONS = ["dist", "exceed", "matters", "tornado", "heat", "scatter"];
  const UNDER_WAY = ["queued", "running"];
  const S = {
    view: null, defaults: null, kept: {}, drawn: null, have: null, poll: 0, n: 0, answeredAt: 0, tookMs: 0,
    samples: [], lines: null, drag: null, fresh: true,
  };
  const pace = np.pacer(send, "study-main");
  np.study = Object.assign(np.study || {}, { open, view: () => S.view });

  const asked = () => ({ ...S.view, temps: np.degrees() });
  document.addEventListener("np-temps", () => {
    if (!S.view) return;
    pace.ask();
    if (S.view.point !== "") askPoint();
  });
  const next = () => (S.n += 1);
  // what a drawing depends on besides the points
  const look = () => JSON.stringify([...PICKS.map((k) => S.view[k]), S.view.study, S.view.select, S.view.point, np.degrees()]);

  function send(seq) {
    if (!S.view) return false;
    S.asked = look();
    set("study-request", { data: {
      seq, view: asked(), fresh: S.fresh && Boolean(S.view.study),
      have: S.drawn === S.asked ? S.have : null,
    } });
    return true;
  }

  // --- URL and history -------------------------------------------------------------------

  const writeUrl = (step) => S.defaults && np.writeUrl(S.view, S.defaults, step);

  function restore(given) {
    const before = S.view.study;
    for (const [key, start] of Object.entries(S.defaults)) S.view[key] = key in given ? String(given[key]) : start;
    for (const key of ["units", "theme", "stat"]) set("study-" + key, { value: S.view[key] });
    if (S.view.study !== before) S.fresh = true;
    shown();
    list();
    pace.ask();
    if (S.view.point !== "") askPoint();
    else set("study-drawer", { opened: false });
  }

  window.addEventListener("popstate", () => S.view && restore(np.fromUrl()));

  function shown() {
    const some = Boolean(S.view.study);
    hide("study-welcome", some);
    hide("study-answer", !some);
    hide("study-status", !some);
    if (!some) hide("study-under-way", true);
  }

  function open(study, fresh) {
    if (S.view.study !== study) {
      Object.assign(S.view, { study, output: "", hx: "", hy: "", sx: "", sy: "", select: "", point: "" });
      S.samples = [];
      writeUrl(true);
    }
    S.fresh = fresh !== false;
    S.have = null;
    delete document.body.dataset.studyDone;
    shown();
    list();
    pace.forget();
    pace.ask();
    window.scrollTo(0, 0);
  }

  const list = () => set("study-list-ask", { data: { n: next(), study: S.view.study } });

  // --- what is under way -----------------------------------------------------------------

  function progress(kept) {
    const runs = UNDER_WAY.includes(kept.status);
    const stopped = kept.status === "cancelled" || kept.status === "failed";
    hide("study-under-way", !runs && !stopped);
    hide("study-cancel", !runs);
    hide("study-resume", !stopped);
    el("study-under-way").classList.toggle("st-stopped", stopped);
    el("study-part").style.width = (100 * Math.min(1, kept.done / Math.max(1, kept.asked))).toFixed(1) + "%";
    const say = (n) => n.toLocaleString("en");
    const counted = say(kept.done) + " of " + say(kept.asked) + " points";
    if (!runs) {
      el("study-under-way-text").textContent = stopped
        ? (kept.status === "failed" ? "Failed at " : "Cancelled at ") + counted + (kept.why ? ": " + kept.why : "") + "." : "";
      return;
    }
    S.samples.push([Date.now(), kept.done]);
    S.samples = S.samples.filter(([at]) => Date.now() - at < 12000);
    const [first, last] = [S.samples[0], S.samples[S.samples.length - 1]];
    const rate = last[0] > first[0] ? (1000 * (last[1] - first[1])) / (last[0] - first[0]) : 0;
    const left = rate > 0 ? (kept.asked - kept.done) / rate : 0;
    const speed = rate ? " · " + (rate >= 10 ? Math.round(rate) : rate.toFixed(1)) + " points/s" : "";
    const ends = left ? " · about " + span(left) + " left" : kept.done ? "" : " · the first are being answered";
    el("study-under-way-text").textContent = counted + speed + ends;
  }

  function span(s) {
    if (s < 60) return Math.max(1, Math.round(s)) + " s";
    return s < 3600 ? Math.round(s / 60) + " min" : (s / 3600).toFixed(1) + " h";
  }

  np.page({
    prefix: "study", cold: "study-cold-words", pace, answered: () => [S.answeredAt, S.tookMs], call,
    restore: (text) => np.study.restore(text), snapshots: true,
    keys: [["Ctrl Enter", "run the study"], ["j k", "next, previous point"], ["Esc", "no selection"]],
  });

  function call() {
    const api = window.location.origin + "/api/v1";
    const draft = np.study.call ? np.study.call() : null;
    const parts = [];
    if (S.view.study) {
      parts.push("# this study, its points, and all of it as a file\ncurl -s " + api + "/studies/" + S.view.study,
        "curl -s '" + api + "/studies/" + S.view.study + "/points?limit=1000'",
        "curl -s -o study.parquet '" + api + "/studies/" + S.view.study + "/result?format=parquet'");
    }
    if (draft) parts.push("# the definition on the left, started anew\n" + np.curl("/studies", draft));
    return parts.join("\n\n");
  }

  // --- selection -------------------------------------------------------------------------

  function brushes() {
    try {
      return JSON.parse(S.view.select || "{}");
    } catch (_) {
      return {};
    }
  }

  function select(found) {
    const sorted = Object.fromEntries(Object.keys(found).sort().map((k) => [k, found[k]]));
    S.view.select = Object.keys(sorted).length ? JSON.stringify(sorted) : "";
    writeUrl(false);
    paint();
    pace.ask();
  }

  function unbrush(key) {
    const all = brushes();
    delete all[key];
    select(all);
  }

  // --- one point -------------------------------------------------------------------------

  function pick(index) {
    S.view.point = String(index);
    writeUrl(false);
    askPoint();
    paint();
    pace.ask();
  }

  function askPoint() {
    set("study-drawer", { opened: true });
    set("study-point-ask", { data: { n: next(), point: Number(S.view.point), view: asked() } });
  }

  // --- parallel coordinates --------------------------------------------------------------

  const H = 290, TOP = 44, LOW = 270;
  const atY = (part) => LOW - part * (LOW - TOP);
  const partOf = (up, value) => (value - up.low) / (up.high - up.low);

  function drawLines() {
    const box = el("study-fig-lines");
    const data = S.lines;
    if (!box || !data) return;
    const ups = data.uprights;
    if (!ups.length) {
      box.replaceChildren();
      return;
    }
    const least = 92 * ups.length;
    const width = Math.max(box.clientWidth || 900, least);
    const gap = (width - 120) / Math.max(1, ups.length - 1);
    S.atX = (k) => 56 + gap * k;
    const svg = node("svg", { viewBox: `0 0 ${width} ${H}`, width, height: H, role: "group", "aria-label":
      "Parallel coordinates: every point a line. The table below has the same points." });
    const threads = node("g", { class: "st-threads" });
    data.at.forEach((row, n) => {
      let path = "", pen = "M";
      row.forEach((part, k) => {
        if (part === null) {
          pen = "M";
          return;
        }
        path += pen + S.atX(k).toFixed(1) + " " + atY(part).toFixed(1);
        pen = "L";
      });
      threads.appendChild(node("path", { d: path, class: "st-c" + data.step[n], "data-point": data.index[n] }));
    });
    svg.appendChild(threads);
    ups.forEach((up, k) => svg.appendChild(upright(up, k, gap)));
    const held = document.activeElement && document.activeElement.classList.contains("st-grip")
      ? document.activeElement.dataset.up : null;
    const left = box.scrollLeft;
    box.replaceChildren(svg);
    box.scrollLeft = left;
    const grip = held !== null && box.querySelector(`.st-grip[data-up="${held}"]`);
    if (grip) grip.focus({ preventScroll: true });
    paint();
  }

  function upright(up, k, gap) {
    const x = S.atX(k);
    const g = node("g", { class: "st-upright" + (up.output ? " st-out" : ""), "data-up": k });
    g.appendChild(node("line", { x1: x, x2: x, y1: TOP, y2: LOW, class: "st-axis" }));
    const fits = Math.max(8, Math.floor(gap / 6.2));
    const cut = (t) => (t.length > fits ? t.slice(0, fits - 1) + "…" : t);
    const name = node("text", { x, y: 16, "text-anchor": "middle", class: "st-up-name" }, cut(up.name));
    name.appendChild(node("title", {}, up.name + (up.unit ? ", " + up.unit : "")));
    g.appendChild(name);
    g.appendChild(node("text", { x, y: 31, "text-anchor": "middle", class: "st-up-unit" }, up.unit || (up.output ? "" : " ")));
    up.ticks.forEach(([value, words]) => {
      const y = atY(partOf(up, value));
      g.appendChild(node("text", { x: x + 5, y: y + 4, class: "st-tick" }, words));
    });
    up.limits.forEach((value) => {
      const y = atY(partOf(up, value));
      g.appendChild(node("line", { x1: x - 12, x2: x + 12, y1: y, y2: y, class: "st-limit" }));
    });
    g.appendChild(node("rect", { x: x - 7, y: TOP, width: 14, height: 0, class: "st-brush" }));
    const grip = node("rect", { x: x - 14, y: TOP - 6, width: 28, height: LOW - TOP + 12, class: "st-grip", tabindex: "0",
      role: "slider", "aria-label": up.name + ": selected range", "aria-valuemin": up.low, "aria-valuemax": up.high,
      "aria-valuenow": up.low, "data-up": k });
    g.appendChild(grip);
    return g;
  }

  // selection and opened point, without drawing anew
  function paint() {
    const box = el("study-fig-lines");
    const data = S.lines;
    if (!box || !data || !data.uprights.length) return;
    const all = brushes();
    const wanted = data.uprights.map((up) => all[up.key]);
    box.querySelectorAll(".st-upright").forEach((g, k) => {
      const up = data.uprights[k];
      const brush = g.querySelector(".st-brush");
      const grip = g.querySelector(".st-grip");
      const ends = wanted[k];
      const [low, high] = ends ? ends.map((v) => Math.min(1, Math.max(0, partOf(up, v)))) : [0, 0];
      brush.setAttribute("y", atY(high) - (ends ? 2 : 0));
      brush.setAttribute("height", ends ? atY(low) - atY(high) + 4 : 0);
      grip.setAttribute("aria-valuetext", ends ? ends.map((v) => Number(v).toPrecision(4)).join(" to ") : "everything");
    });
    const point = S.view.point;
    const some = Object.keys(all).length > 0;
    box.classList.toggle("st-brushed", some);
    let opened = null;
    box.querySelectorAll(".st-threads path").forEach((path, n) => {
      const row = data.at[n];
      const out = some && data.uprights.some((up, k) => wanted[k] && (row[k] === null
        || row[k] < partOf(up, wanted[k][0]) - 1e-4 || row[k] > partOf(up, wanted[k][1]) + 1e-4));
      path.classList.toggle("st-off", out);
      const is = point !== "" && path.dataset.point === point;
      path.classList.toggle("st-opened", is);
      if (is) opened = path;
    });
    if (opened) opened.parentNode.appendChild(opened);
    document.body.dataset.studyLines = data.index.length;
  }

  function valueAt(event, k) {
    const svg = el("study-fig-lines").querySelector("svg");
    const box = svg.getBoundingClientRect();
    const y = ((event.clientY - box.top) * H) / box.height;
    const part = Math.min(1, Math.max(0, (LOW - y) / (LOW - TOP)));
    const up = S.lines.uprights[k];
    return up.low + part * (up.high - up.low);
  }

  function dragTo(event, done) {
    const d = S.drag;
    const now = valueAt(event, d.k);
    const up = S.lines.uprights[d.k];
    const all = brushes();
    if (Math.abs(now - d.from) < 0.012 * (up.high - up.low)) delete all[up.key];
    else all[up.key] = [Math.min(d.from, now), Math.max(d.from, now)].map((v) => Number(v.toPrecision(6)));
    if (done) return select(all);
    S.view.select = Object.keys(all).length ? JSON.stringify(all) : "";
    return paint();
  }

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest && event.target.closest(".st-grip");
    if (!grip) return;
    event.preventDefault();
    grip.focus({ preventScroll: true });
    const k = Number(grip.dataset.up);
    S.drag = { k, from: valueAt(event, k), before: S.view.select };
    grip.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => S.drag && dragTo(event, false));
  document.addEventListener("pointerup", (event) => {
    if (!S.drag) return;
    dragTo(event, true);
    S.drag = null;
  });
  document.addEventListener("pointercancel", () => {
    if (!S.drag) return;
    S.view.select = S.drag.before;
    S.drag = null;
    paint();
  });

  function nudge(k, key) {
    const up = S.lines.uprights[k];
    const all = brushes();
    const [low, high] = all[up.key] || [up.low, up.high];
    const step = (up.high - up.low) / 20;
    if (key === "Delete" || key === "Backspace") delete all[up.key];
    else if (key === "ArrowUp") all[up.key] = [Math.min(low + step, high), high];
    else all[up.key] = [low, Math.max(high - step, low)];
    if (all[up.key]) all[up.key] = all[up.key].map((v) => Number(v.toPrecision(6)));
    select(all);
  }

  function hovered(index) {
    document.querySelectorAll(".st-threads .st-hover").forEach((p) => p.classList.remove("st-hover"));
    if (index === null) return;
    const path = document.querySelector(`.st-threads [data-point="${index}"]`);
    if (path) path.classList.add("st-hover");
  }

  let resized = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(drawLines, 120);
  });

  // --- clicks and keys -------------------------------------------------------------------

  function act(what, more) {
    set("study-act-ask", { data: { n: next(), act: what, ...more } });
  }
  np.study.act = act;

  document.addEventListener("click", (event) => {
    if (!S.view || !event.target.closest) return undefined;
    const at = (name) => event.target.closest("[data-" + name + "]");
    const link = at("study");
    if (link && link.tagName === "A" && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      return open(link.dataset.study);
    }
    if (event.target.closest("#study-clear")) return select({});
    if (at("unbrush")) return unbrush(at("unbrush").dataset.unbrush);
    if (event.target.closest("#study-cancel")) return act("cancel", { study: S.view.study });
    if (event.target.closest("#study-resume")) return act("resume", { study: S.view.study });
    if (at("cancel")) return act("cancel", { study: at("cancel").dataset.cancel });
    if (at("delete")) return remove(at("delete"));
    if (event.target.closest("#study-open")) {
      el("study-open-words").textContent = "Storing its inputs as a scenario.";
      return set("study-open-ask", { data: { n: next(), study: S.view.study, point: Number(S.view.point) } });
    }
    const thread = event.target.closest(".st-threads path");
    if (thread) return pick(thread.dataset.point);
    return undefined;
  });

  // a study is deleted at the second press
  function remove(button) {
    if (button.dataset.sure) return act("delete", { study: button.dataset.delete });
    button.dataset.sure = "1";
    button.textContent = "Really?";
    setTimeout(() => {
      delete button.dataset.sure;
      if (button.isConnected) button.textContent = "Delete";
    }, 4000);
    return undefined;
  }

  document.addEventListener("keydown", (event) => {
    if (!S.view) return undefined;
    const grip = event.target.closest && event.target.closest(".st-grip");
    if (grip && ["ArrowUp", "ArrowDown", "Delete", "Backspace"].includes(event.key)) {
      event.preventDefault();
      return nudge(Number(grip.dataset.up), event.key);
    }
    if (np.typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    if (event.key === "Escape" && S.view.select && S.view.point === "") return select({});
    if ((event.key === "j" || event.key === "k") && S.view.point !== "") {
      const index = Number(S.view.point) + (event.key === "j" ? 1 : -1);
      if (index >= 0 && index < (S.kept.done || 0)) return pick(index);
    }
    return undefined;
  });

  document.addEventListener("pointerover", (event) => {
    const row = event.target.closest && event.target.closest("#study-grid .ag-row");
    if (row && row.getAttribute("row-id") !== null) hovered(row.getAttribute("row-id"));
  });

  // --- callbacks -------------------------------------------------------------------------

  function savePicture(kind) {
    for (const name of SECTIONS) {
      const section = el("study-section-" + name);
      const shown = section && !section.classList.contains("np-hidden");
      const drawn = shown && section.querySelector(".js-plotly-plot, .st-lines svg");
      if (drawn) np.savePicture(drawn.closest(".dash-graph, .st-lines").id, kind);
    }
  }

  // a place on an upright is its value; a choice is named by its tick
  np.drawn["study-fig-lines"] = () => {
    const { uprights, at, index } = S.lines || { uprights: [] };
    if (!uprights.length) return [];
    const value = (up, part) => {
      const v = part === null ? null : up.low + part * (up.high - up.low);
      return v === null ? null : up.names ? up.names[Math.round(v)] : Number(v.toPrecision(4));
    };
    return [{ place: "point", at: index, columns: uprights.map((up, k) => ({
      name: up.name + (up.unit ? `, ${up.unit}` : ""), values: at.map((row) => value(up, row[k])) })) }];
  };

  function done(kept) {
    S.have = kept.have;
    S.drawn = S.asked;
    for (const [key, value] of Object.entries(kept.picks || {})) set("study-" + key, { value });
    S.picked = { ...S.picked, ...(kept.picks || {}) };
    if (kept.hidden) SECTIONS.forEach((name) => hide("study-section-" + name, kept.hidden.includes(name)));
    if (kept.hidden) hide(document.querySelector(".st-bar"), false);
    progress(kept);
    const before = S.kept;
    S.kept = kept;
    if (kept.draft && np.study.load) np.study.load({ ...kept.draft, ran: true });
    if (kept.draft) S.fresh = false;
    document.title = (kept.name ? kept.name + " · " : "") + "Nameplate: Study";
    const runs = UNDER_WAY.includes(kept.status);
    clearTimeout(S.poll);
    if (runs || kept.more) S.poll = setTimeout(() => pace.ask(), kept.more ? 0 : POLL_MS);
    if (before.study === kept.study && before.status !== kept.status) list();
    document.body.dataset.studyStatus = kept.status;
    document.body.dataset.studyDone = runs || kept.more ? "" : kept.seq;
    writeUrl(false);
  }

  dc.study = Object.assign(dc.study || {}, {
    gather(...given) {
      const defaults = given[given.length - 1];
      if (!S.view) {
        S.defaults = defaults;
        S.view = { ...defaults };
        const asked = np.fromUrl();
        np.study.start();
        setTimeout(() => restore(asked), 0);
        return;
      }
      const before = look();
      PICKS.forEach((key, n) => {
        const value = given[n];
        // a pick that was made for the reader is none of his
        if (value === null || value === undefined || (S.picked && S.picked[key] === value)) return;
        S.view[key] = value;
        if (S.picked && key in S.picked) S.picked[key] = value;
      });
      if (look() === before) return;
      writeUrl(false);
      pace.ask();
    },

    answered(kept) {
      if (!kept || kept.seq !== pace.seq) return;
      S.tookMs = pace.answered();
      S.answeredAt = Date.now();
      if (kept.gone) {
        S.view.study = "";
        shown();
      }
      if (kept.ok && kept.study && kept.study === S.view.study) done(kept);
      document.body.dataset.studySeq = kept.seq;
      document.body.dataset.studyTook = S.tookMs;
    },

    lines(data) {
      if (!data || S.drag) return;
      S.lines = data;
      drawLines();
    },

    acted(found) {
      if (!found) return;
      if (np.study.acted) np.study.acted(found);
      if (found.errors) {
        document.body.dataset.studyRefused = found.n;
        return;
      }
      if (found.act === "run") open(found.study, false);
      if (found.act === "resume") open(found.study, false);
      if (found.act === "cancel") pace.ask();
      if (found.act === "delete" && found.study === S.view.study) open("", false);
      list();
    },

    pointed(asked) {
      if (asked) document.body.dataset.studyPoint = asked.point;
    },

    closed(is) {
      if (is || !S.view || S.view.point === "") return;
      S.view.point = "";
      document.body.dataset.studyPoint = "";
      writeUrl(false);
      paint();
      pace.ask();
    },

    opened(found) {
      if (!found) return;
      el("study-open-words").textContent = found.words ? found.words + ". Opening." : "Opening.";
      document.body.dataset.studyOpened = found.href;
      setTimeout(() => window.location.assign(found.href), found.words ? 1800 : 0);
    },

    cell(found) {
      if (found) select({ ...brushes(), ...found.brushes });
    },

    row(cell) {
      if (cell && cell.rowId !== undefined) pick(cell.rowId);
    },

    mark(clicked) {
      const point = clicked && clicked.points && clicked.points[0];
      if (point && point.customdata !== undefined) pick(point.customdata);
    },

    square(clicked) {
      const point = clicked && clicked.points && clicked.points[0];
      if (point) set("study-cell-ask", { data: { n: next(), x: point.x, y: point.y, view: asked() } });
    },

    hover(over) {
      const point = over && over.points && over.points[0];
      hovered(point ? point.customdata : null);
    },

    savePng(clicks) {
      if (clicks) savePicture("png");
    },

    saveSvg(clicks) {
      if (clicks) savePicture("svg");
    },

  });
})();
