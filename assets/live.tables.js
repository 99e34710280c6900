/* The Live page: the headline, key numbers, the power tree, hosts, and one host's devices. */
(function () {
  "use strict";
  const np = window.np;
  const { el } = np;
  const L = np.live;
  const { S, HOLDS, HEAT, num, watts, power, percent, span, reasons, letter, deviceName, text, say, hide, cls, put, make } = L;
  const SORT_MS = 5000; // rows change places no more often

  // --- headline and key numbers ----------------------------------------------------------

  const tightest = (now) => now.nodes.filter((n) => n.limit_w > 0 && n.power_w !== null && n.kind !== "generator")
    .reduce((worst, n) => (!worst || n.power_w / n.limit_w > worst.power_w / worst.limit_w ? n : worst), null);
  const feedsW = (now) => (now.site.facility_w === null ? now.site.power_w : now.site.facility_w);

  function headline(now) {
    const { site } = now;
    const tight = tightest(now);
    const load = tight ? tight.power_w / tight.limit_w : 0;
    const missing = site.expected - site.reporting;
    const drawn = feedsW(now);
    let said = site.power_w === null ? "No host reports now" : "The site draws " + power(drawn);
    if (site.power_w !== null && site.limit_w !== null) said += " of " + power(site.limit_w);
    if (load > 1) said = tight.name + " carries " + percent(load) + " of its limit";
    say("live-headline", said);
    const bad = site.power_w === null || load > 1 || (site.limit_w !== null && drawn > site.limit_w);
    const warn = !bad && (load > 0.9 || missing > 0);
    say("live-sign", bad ? "✕" : warn ? "▲" : "✓");
    const head = el("live-headline").parentNode;
    cls(head, "np-bad", bad);
    cls(head, "lv-warn", warn);
    cls(head, "np-good", !bad && !warn);
    const parts = [];
    if (tight) parts.push("Tightest: " + tight.name + " at " + percent(load) + " of its limit");
    else if (site.expected) parts.push("No scenario is watched, so no limit is known");
    const nowhere = now.nodes.length ? now.hosts.filter((h) => !h.node).length : 0;
    if (nowhere) parts.push(nowhere + (nowhere === 1 ? " host stands" : " hosts stand") + " nowhere in the tree, so no node carries its power".replace("its", nowhere === 1 ? "its" : "their"));
    if (missing > 0) parts.push(missing + " of " + site.expected + " hosts not reporting, left out of every sum");
    say("live-detail", parts.length ? parts.join(". ") + "." : "");
    say("live-chip", missing > 0 && site.power_w === null ? "stale"
      : site.facility_w !== null ? "measured, with modelled losses" : "measured");
  }

  function number(name, value, part, alarm) {
    const cell = el("live-number-" + name);
    if (!cell) return;
    text(cell.children[1], value);
    text(cell.children[2], part);
    cls(cell, "np-alarm", Boolean(alarm));
  }

  function numbers(now) {
    const { site } = now;
    const drawn = feedsW(now);
    const tight = tightest(now);
    const load = tight && tight.power_w / tight.limit_w;
    const free = site.limit_w === null || drawn === null ? null : site.limit_w - drawn;
    const stale = now.hosts.filter((h) => h.state === "stale").length;
    const gone = now.hosts.filter((h) => h.state === "lost").length;
    const metered = site.metered === site.expected ? "measured" : site.metered + " of " + site.expected + " by own meter";
    number("hosts", power(site.power_w), site.power_w === null ? "no reading" : metered);
    const feeds = now.nodes.filter((n) => n.kind === "utility");
    number("feeds", power(site.facility_w), site.facility_w === null ? "no tree is watched"
      : feeds.every((n) => n.metered) ? "measured" : "with modelled losses");
    number("limit", power(site.limit_w), site.limit_w === null ? "not known" : feeds.map((n) => n.name).join(", "));
    number("free", power(free), free === null ? "" : percent(free / site.limit_w) + " of the limit", free !== null && free < 0);
    number("tight", tight ? tight.name : "–", tight ? percent(load, 1) + ", " + watts(tight.power_w) + " of " + power(tight.limit_w) : "", load > 1);
    number("report", site.reporting + " of " + site.expected,
      stale + gone ? stale + " stale, " + gone + " lost" : "none stale, none lost", stale + gone > 0);
    const heat = now.hosts.filter((h) => h.throttle_reasons & HEAT).length;
    const capped = now.hosts.filter((h) => h.throttle_reasons & HOLDS && !(h.throttle_reasons & HEAT)).length;
    number("held", heat + capped + " of " + site.expected, heat + capped ? heat + " by heat, " + capped + " by cap" : "no host slowed");
    const fresh = now.hosts.filter((h) => h.state !== "lost").map((h) => h.age_s);
    number("age", fresh.length ? span(Math.max(...fresh)) : "–", fresh.length ? "oldest host" : "");
  }

  // --- the tree ----------------------------------------------------------------------------

  function ordered(list) {
    const below = new Map();
    const names = new Set(list.map((n) => n.name));
    list.forEach((n) => {
      const feed = n.fed_by.find((f) => names.has(f)) || "";
      if (!below.has(feed)) below.set(feed, []);
      below.get(feed).push(n);
    });
    const found = [];
    const walk = (feed, depth) => (below.get(feed) || []).forEach((n) => {
      found.push([n, depth]);
      walk(n.name, depth + 1);
    });
    walk("", 0);
    return found;
  }

  function under(list, node) {
    const fed = new Map(list.map((n) => [n.name, n.fed_by]));
    const known = new Map();
    const is = (name) => {
      if (name === node) return true;
      if (!known.has(name)) {
        known.set(name, false);
        known.set(name, (fed.get(name) || []).some(is));
      }
      return known.get(name);
    };
    return is;
  }

  function nodeRow(n, depth) {
    const bar = make("span", "lv-bar", [make("span", "lv-fill")]);
    const name = make("button", "np-rule-name", [n.name], { type: "button" });
    const row = make("tr", "lv-row", [
      make("th", "", [name, make("span", "lv-kind", [n.kind.replace(/^(ups|pdu|rpp|sts)$/, (kind) => kind.toUpperCase())])], { scope: "row" }),
      ...["", "", "", "", ""].map(() => make("td")),
    ]);
    row.dataset.node = n.name;
    row.children[0].style.paddingLeft = 6 + Math.min(depth, 6) * 10 + "px";
    row.children[3].append(bar, make("span", "lv-share"));
    return row;
  }

  function nodes(now) {
    const tree = now.nodes.length > 0;
    hide("live-no-tree", tree || !now.site.expected);
    hide("live-nodes-box", !tree);
    if (!tree) return;
    const { view } = S;
    const key = view.level + view.node + "|" + now.nodes.map((n) => n.name + n.fed_by).join();
    const body = el("live-nodes");
    const kept = S.nodes;
    if (kept.key !== key) {
      const is = view.node ? under(now.nodes, view.node) : () => true;
      const racks = view.level === "racks";
      const list = ordered(now.nodes).filter(([n]) => (n.kind === "rack") === racks && (!racks || is(n.name)));
      kept.rows = new Map(list.map(([n, depth]) => [n.name, nodeRow(n, racks ? 0 : depth)]));
      kept.order = [...kept.rows.keys()];
      body.replaceChildren(...kept.rows.values());
      kept.key = key;
      kept.sorted = "";
    }
    const found = new Map(now.nodes.map((n) => [n.name, n]));
    kept.rows.forEach((row, name) => nodeValues(row, found.get(name)));
    sortNodes(found);
  }

  function nodeValues(row, n) {
    const cells = row.children;
    const load = n.limit_w > 0 && n.power_w !== null ? n.power_w / n.limit_w : null;
    text(cells[1], power(n.power_w));
    text(cells[2], n.limit_w === null ? "–" : power(n.limit_w));
    text(cells[3].children[1], percent(load));
    const fill = cells[3].children[0].firstChild;
    const width = Math.round(100 * Math.min(1, load || 0)) + "%";
    if (fill.style.width !== width) fill.style.width = width;
    cls(fill.parentNode, "lv-none", load === null);
    cls(row, "lv-over", load > 1);
    cls(row, "lv-near", load > 0.9 && load <= 1);
    const off = n.metered && n.summed_w ? (n.power_w - n.summed_w) / n.summed_w : null;
    text(cells[4], n.metered ? "M" + (off === null ? "" : " " + (off >= 0 ? "+" : "") + num(100 * off, 1) + " %") : "Σ");
    put(cells[4], "title", n.metered ? "Its meter reads " + power(n.power_w) + "; hosts below and modelled losses sum to " + power(n.summed_w)
      : "Summed over hosts below, with modelled losses");
    text(cells[5], n.reporting + "/" + n.expected);
    cls(cells[5], "lv-some", n.reporting < n.expected);
    cls(row, "np-chosen-row", S.view.node === n.name);
    put(cells[0].firstChild, "aria-pressed", String(S.view.node === n.name));
  }

  const SORTS = {
    power: (n) => n.power_w || 0, load: (n) => (n.limit_w > 0 ? (n.power_w || 0) / n.limit_w : -1),
    hosts: (n) => n.expected,
  };

  function sortNodes(found) {
    const by = S.view.sort;
    const kept = S.nodes;
    if (kept.sorted === by && (by === "order" || Date.now() - kept.sortedAt < SORT_MS)) return;
    kept.sorted = by;
    kept.sortedAt = Date.now();
    ["order", "power", "load", "hosts"].forEach((key) => {
      const head = el("live-head-" + key);
      if (head) put(head, "aria-sort", key === by ? (by === "order" ? "ascending" : "descending") : "none");
    });
    const names = [...kept.order];
    if (SORTS[by]) names.sort((a, b) => SORTS[by](found.get(b)) - SORTS[by](found.get(a)));
    const body = el("live-nodes");
    names.forEach((name, i) => {
      const row = kept.rows.get(name);
      if (body.children[i] !== row) body.insertBefore(row, body.children[i] || null);
    });
  }

  // --- hosts -------------------------------------------------------------------------------

  const METRICS = {
    power: { share: (h) => (h.limit_w > 0 ? h.power_w / h.limit_w : h.power_w / 1e4), said: (h) => power(h.power_w),
      words: "Pale: nothing. Full: the sum of its GPUs' limits." },
    temp: { share: (h) => (h.hottest_c - 30) / 60, said: (h) => num(h.hottest_c, 0) + " °C", words: "Pale: 30 °C. Full: 90 °C." },
    busy: { share: (h) => h.utilisation_frac, said: (h) => percent(h.utilisation_frac), words: "Pale: idle. Full: busy all the time." },
    throttle: { share: (h) => (h.throttle_reasons & HEAT ? 1 : h.throttle_reasons & HOLDS ? 0.45 : 0),
      said: (h) => reasons(h.throttle_reasons & HOLDS) || "free", words: "P power cap, T heat (driver), H heat (hardware), W hardware slowdown, B power brake, Y sync boost." },
    age: { share: (h) => Math.min(1, h.age_s / 300), said: (h) => span(h.age_s), words: "S stale: older than 90 s. L lost: older than 5 min." },
  };

  function shown(now) {
    const { view } = S;
    if (S.shownOf === now && S.shownOn === view.node) return S.shown;
    S.shownOf = now;
    S.shownOn = view.node;
    const is = view.node ? under(now.nodes, view.node) : null;
    S.shown = now.hosts.filter((h) => !h.meter && (!is || (h.node && is(h.node))))
      .sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : a.name < b.name ? -1 : 1));
    return S.shown;
  }

  function hosts(now) {
    const list = shown(now);
    const title = el("live-hosts-title");
    const where = S.view.node ? " on " + S.view.node : "";
    text(title, list.length === 1 ? "1 host" + where : num(list.length, 0) + " hosts" + where);
    if (S.view.shape === "table") {
      grid(list);
      return;
    }
    const box = el("live-map");
    const kept = S.hosts;
    const size = list.length <= 48 ? "large" : list.length <= 240 ? "medium" : "small";
    const key = size + list.map((h) => h.name).join();
    if (kept.key !== key) {
      kept.cells = new Map(list.map((h) => [h.name, hostCell(h)]));
      box.replaceChildren(...kept.cells.values());
      box.className = "lv-map lv-" + size;
      kept.key = key;
      const first = kept.cells.get(S.view.host) || box.firstChild;
      if (first) first.tabIndex = 0;
    }
    const metric = METRICS[S.view.metric];
    list.forEach((h) => hostValues(kept.cells.get(h.name), h, metric));
    say("live-scale-words", metric.words + " Letters: L lost, S stale" + (S.view.metric === "throttle" ? "." : ", T P H held back."));
  }

  function hostCell(h) {
    const cell = make("button", "lv-cell", [make("span", "lv-name", [h.name]), make("span", "lv-value"), make("span", "lv-letter")],
      { type: "button", tabIndex: -1 });
    cell.dataset.host = h.name;
    return cell;
  }

  function hostValues(cell, h, metric) {
    const said = h.state === "lost" ? "lost" : metric.said(h);
    text(cell.children[1], said);
    const mark = h.state === "lost" ? "L" : h.state === "stale" ? "S" : letter(h.throttle_reasons & HOLDS);
    text(cell.children[2], mark);
    const share = h.state === "lost" || !Number.isFinite(metric.share(h)) ? 0 : Math.max(0, Math.min(1, metric.share(h)));
    const shade = Math.round(20 * share) * 5 + "%";
    if (cell.dataset.shade !== shade) {
      cell.dataset.shade = shade;
      cell.style.setProperty("--lv-shade", shade);
    }
    cls(cell, "lv-lost", h.state === "lost");
    cls(cell, "lv-stale", h.state === "stale");
    cls(cell, "lv-hot", S.view.metric === "throttle" && Boolean(h.throttle_reasons & HEAT));
    cls(cell, "lv-chosen", h.name === S.view.host);
    put(cell, "aria-pressed", h.name === S.view.host ? "true" : "false");
    const key = h.name + mark;
    if (cell.dataset.named !== key) {
      cell.dataset.named = key;
      put(cell, "aria-label", h.name + (mark ? ", " + (h.state !== "ok" ? h.state : reasons(h.throttle_reasons & HOLDS)) : ""));
    }
  }

  // what a cell has no room for, said when it is pointed at: a thousand cells change each second
  function told(event) {
    const cell = event.target.closest && event.target.closest(".lv-cell");
    const h = cell && S.now && S.now.hosts.find((host) => host.name === cell.dataset.host);
    if (!h) return;
    put(cell, "title", window.np.temps(h.name + (h.node ? " on " + h.node : "") + "\n" + power(h.power_w) + (h.metered ? " measured" : " of its GPUs and CPUs") +
      "\nhottest " + num(h.hottest_c, 0) + " °C, busy " + percent(h.utilisation_frac) + "\n" + (reasons(h.throttle_reasons) || "nothing holds it back") +
      "\nread " + span(h.age_s) + " ago"));
    put(cell, "aria-label", cell.title.replace(/\n/g, ", "));
    cell.dataset.named = "";
  }
  document.addEventListener("pointerover", told);
  document.addEventListener("focusin", told);

  function grid(list) {
    const tools = window.dash_ag_grid;
    let api = null;
    try {
      api = tools && tools.getApi("live-grid");
    } catch (_) {
      return; // not drawn yet
    }
    if (!api) return;
    api.setGridOption("rowData", list.map((h) => ({
      name: h.name, state: h.state, node: h.node, power: h.power_w, temp: h.hottest_c, busy: h.utilisation_frac, age: h.age_s,
      power_text: power(h.power_w), temp_text: num(h.hottest_c, 0) + " °C", busy_text: percent(h.utilisation_frac),
      age_text: span(h.age_s), throttle_text: reasons(h.throttle_reasons & HOLDS) || "–",
    })));
  }

  // --- one host, or those to look at ---------------------------------------------------------

  const HEADS = {
    host: ["Device", "Power, of limit", "Heat, slows at", "Memory", "Clock", "Busy", "Held back by"],
    look: ["Host", "Why", "Now"],
  };

  function table(kind, key, names, build, values) {
    const kept = S.detail;
    const whole = kind + key;
    if (kept.key !== whole) {
      kept.key = whole;
      cls(el("live-detail-head"), "lv-look", kind === "look");
      el("live-detail-head").replaceChildren(...HEADS[kind].map((h) => make("th", "", [h], { scope: "col" })));
      kept.rows = new Map(names.map((name) => [name, build(name)]));
      el("live-detail-rows").replaceChildren(...kept.rows.values());
    }
    kept.rows.forEach((row, name) => values(row, name));
  }

  const plainRow = (count, name, key, value) => {
    const button = make("button", "np-rule-name", [name], { type: "button" });
    const row = make("tr", "lv-row", [make("th", "", [button], { scope: "row" }), ...Array.from({ length: count }, () => make("td"))]);
    row.dataset[key] = value;
    return row;
  };

  function detail(now) {
    const host = S.view.host && now.details.find((h) => h.name === S.view.host);
    if (host) oneHost(host);
    else if (S.view.host) {
      say("live-detail-title", S.view.host);
      say("live-host-words", now.hosts.some((h) => h.name === S.view.host) ? "Its devices come with the next reading." : "No host is called so.");
    } else lookAt(now);
  }

  function oneHost(host) {
    L.crumbs();
    say("live-detail-title", host.name);
    const inlet = host.devices.map((d) => d.inlet_c).find((v) => v !== null && v !== undefined);
    say("live-host-words", [
      { ok: "Reporting", stale: "Stale", lost: "Lost" }[host.state] + ", read " + span(host.age_s) + " ago",
      power(host.power_w) + (host.metered ? " by its own meter" : " summed over GPUs and CPUs"),
      host.node ? "stands on " + host.node : "has no place in the tree yet",
      inlet === undefined ? "" : "inlet " + num(inlet, 1) + " °C",
    ].filter(Boolean).join("; ") + ".");
    const rank = { gpu: 0, mig: 1 };
    const list = [...host.devices].sort((a, b) => (rank[a.kind] || (a.kind in rank ? 0 : 2)) - (rank[b.kind] || (b.kind in rank ? 0 : 2)) || a.index - b.index);
    const found = new Map(list.map((d) => [d.key, d]));
    table("host", host.name + list.map((d) => d.key).join(), list.map((d) => d.key), (key) => {
      const row = plainRow(6, deviceName(found.get(key)), "gpu", key);
      row.children[1].append(make("span", "lv-bar", [make("span", "lv-fill")]), make("span", "lv-share"));
      row.title = found.get(key).model;
      return row;
    }, (row, key) => deviceValues(row, found.get(key)));
  }

  function deviceValues(row, d) {
    const cells = row.children;
    const drawn = d.power_w === null ? d.power_average_w : d.power_w;
    const limit = d.power_limit_w > 0 ? " of " + num(d.power_limit_w, 0) : "";
    text(cells[1].children[1], drawn === null ? "–" : num(drawn, 0) + limit + " W");
    const load = d.power_limit_w > 0 && drawn !== null ? Math.min(1, drawn / d.power_limit_w) : 0;
    const width = Math.round(100 * load) + "%";
    const fill = cells[1].children[0];
    if (fill.firstChild.style.width !== width) fill.firstChild.style.width = width;
    cls(fill, "lv-none", !d.power_limit_w);
    const slow = +d.facts.slowdown_c || 0;
    text(cells[2], d.gpu_c === null ? "–" : num(d.gpu_c, 0) + (slow ? " of " + num(slow, 0) : "") + " °C");
    cls(cells[2], "lv-some", Boolean(slow) && d.gpu_c >= slow - 5);
    text(cells[3], d.memory_c === null ? "–" : num(d.memory_c, 0) + " °C");
    text(cells[4], d.sm_clock_hz === null ? "–" : num(d.sm_clock_hz / 1e9, 2) + " GHz");
    text(cells[5], percent(d.utilisation_frac));
    const bits = d.throttle_reasons || 0;
    text(cells[6], d.throttle_reasons === null ? "–" : reasons(bits) || "nothing");
    cls(cells[6], "lv-some", Boolean(bits & HEAT));
    cls(row, "np-chosen-row", d.key === S.view.gpu);
  }

  function worries(now) {
    const found = [];
    shown(now).forEach((h) => {
      if (h.state === "lost") found.push([5, h, "lost", span(h.age_s) + " silent"]);
      else if (h.state === "stale") found.push([4, h, "stale", span(h.age_s) + " silent"]);
      else if (h.throttle_reasons & HEAT) found.push([3, h, reasons(h.throttle_reasons & HEAT), num(h.hottest_c, 0) + " °C"]);
      else if (!h.node && now.nodes.length) found.push([1, h, "no place in the tree", power(h.power_w)]);
    });
    return found.sort((a, b) => b[0] - a[0] || (a[1].name < b[1].name ? -1 : 1)).slice(0, 12);
  }

  function lookAt(now) {
    const list = worries(now);
    say("live-detail-title", "Hosts to look at");
    const count = (state) => now.hosts.filter((h) => h.state === state).length;
    say("live-host-words", now.hosts.length
      ? "Agents: " + count("ok") + " ok, " + count("stale") + " stale, " + count("lost") + " lost." + (list.length ? "" : " None is slowed by heat.") + " Choose a host for its GPUs."
      : "");
    const found = new Map(list.map((row) => [row[1].name, row]));
    table("look", list.map((row) => row[1].name).join(), [...found.keys()], (name) => plainRow(2, name, "host", name), (row, name) => {
      text(row.children[1], found.get(name)[2]);
      cls(row.children[1], "lv-some", found.get(name)[0] >= 3);
      text(row.children[2], found.get(name)[3]);
    });
  }

  Object.assign(L, { headline, numbers, nodes, hosts, detail });
})();
