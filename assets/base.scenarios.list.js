/* The drawer of stored scenarios, one for all pages: search, open, tick to compare, rename,
   clone, archive, delete with undo, and the versions of each. */
(function () {
  "use strict";
  const np = window.np;
  const { make: h, api, when, said } = np;
  const UNDO_MS = 10000; // a deletion waits this long for second thoughts
  const MOST_COMPARED = 8;
  const PAGES = { explore: ["Explore", "/", "row"], site: ["Site", "/site/", "site"], stab: ["Stabilize", "/stabilize/", "training site"] };
  const S = { items: [], ticked: new Set(), search: "", archived: false, going: new Map(), versions: null, dialog: null };
  const scenarios = np.scenarios;

  const home = (item) => (item.has_training ? "stab" : item.has_facility ? "site" : "explore");
  const here = () => scenarios.page().prefix;
  const link = (item) => PAGES[home(item)][1] + "?scenario=" + encodeURIComponent(item.id);
  const button = (text, act, more) => h("button", { type: "button", class: "np-mini", onclick: act, ...more }, text);

  async function attempt(work) {
    note("");
    try {
      await work();
    } catch (problem) {
      note(said(problem));
    }
  }

  function note(text) {
    S.dialog.querySelector(".np-drawer-note").textContent = text;
  }

  // --- the list ----------------------------------------------------------------------------

  async function reload() {
    const items = [];
    let cursor = "";
    do {
      const page = await api("GET", "/scenarios?limit=200" + (cursor && "&cursor=" + encodeURIComponent(cursor)));
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    S.items = items.sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    draw();
    if (scenarios.page().changed) scenarios.page().changed();
  }

  function shown() {
    const words = S.search.toLowerCase().split(/\s+/).filter(Boolean);
    return S.items.filter((s) => s.archived === S.archived &&
      words.every((w) => (s.name + " " + s.id + " " + s.changed_by).toLowerCase().includes(w)));
  }

  function row(item) {
    if (S.going.has(item.id)) {
      return h("li", { class: "np-stored np-going" }, h("span", {}, item.name + " is deleted."), button("Undo", () => undo(item)));
    }
    const open = (scenarios.open() || {}).id === item.id;
    const tick = h("input", {
      type: "checkbox", "aria-label": "Compare " + item.name, checked: S.ticked.has(item.id),
      onchange: (e) => {
        if (e.target.checked) S.ticked.add(item.id);
        else S.ticked.delete(item.id);
        foot();
      },
    });
    const at = home(item) === here();
    const act = at ? button("Open", () => openHere(item), { class: "np-mini np-mini-first" })
      : h("a", { class: "np-mini np-mini-first", href: link(item) }, "Open in " + PAGES[home(item)][0]);
    const menu = h("details", { class: "np-menu" }, h("summary", { "aria-label": "More for " + item.name }, "⋯"),
      h("div", { class: "np-menu-items" },
        h("button", { type: "button", onclick: () => rename(item) }, "Rename"),
        h("button", { type: "button", onclick: () => attempt(() => clone(item)) }, "Clone"),
        h("button", { type: "button", onclick: () => attempt(() => history(item)) }, "Versions"),
        h("button", { type: "button", onclick: () => attempt(() => archive(item)) }, item.archived ? "Unarchive" : "Archive"),
        h("button", { type: "button", onclick: () => confirmed(item) }, "Delete")));
    return h("li", { class: "np-stored", "data-id": item.id }, tick,
      h("div", { class: "np-stored-words" },
        h("b", {}, item.name), open ? h("span", { class: "np-chip" }, "open") : null,
        h("div", { class: "np-quiet" }, PAGES[home(item)][2] + " · changed " + when(item.updated_at) + (item.changed_by ? " by " + item.changed_by : ""))),
      act, menu);
  }

  const place = (item) => S.dialog.querySelector('[data-id="' + CSS.escape(item.id) + '"]');

  const openHere = (item) => attempt(async () => {
    await scenarios.go(item.id);
    S.dialog.close();
  });

  function rename(item) {
    const words = place(item).querySelector(".np-stored-words");
    const box = h("input", { type: "text", value: item.name, maxlength: 120, class: "np-text", "aria-label": "New name of " + item.name });
    let over = false;
    const done = (keep) => {
      if (over) return;
      over = true;
      const name = box.value.trim();
      if (!keep || !name || name === item.name) draw();
      else {
        attempt(async () => {
          const stored = await api("PATCH", "/scenarios/" + item.id, { name }, { "if-match": '"' + item.version + '"' });
          if ((scenarios.open() || {}).id === item.id) scenarios.opened(stored);
          await reload();
          note("Renamed to " + name + ".");
        }).then(draw);
      }
    };
    box.addEventListener("keydown", (e) => {
      if (e.key === "Enter") done(true);
      if (e.key === "Escape") {
        e.preventDefault();
        e.stopPropagation();
        done(false);
      }
    });
    box.addEventListener("blur", () => done(true));
    words.replaceChildren(box);
    box.select();
  }

  async function clone(item) {
    const made = await api("POST", "/scenarios/" + item.id + "/clone", {});
    await reload();
    note("Cloned as " + made.name + ".");
  }

  async function archive(item) {
    await api("PATCH", "/scenarios/" + item.id, { archived: !item.archived });
    S.ticked.delete(item.id);
    await reload();
    note(item.name + (item.archived ? " is back in the list." : " is archived: it stays stored, out of this list."));
  }

  /* Nothing is deleted until the time for second thoughts is over: undo loses nothing. */
  function confirmed(item) {
    const keep = button("Keep", draw);
    place(item).replaceChildren(h("span", { class: "np-stored-words" }, "Delete " + item.name + " and all its versions?"),
      button("Delete", () => {
        S.ticked.delete(item.id);
        S.going.set(item.id, setTimeout(() => gone(item.id), UNDO_MS));
        draw();
      }, { class: "np-mini np-mini-bad" }), keep);
    keep.focus();
  }

  function undo(item) {
    clearTimeout(S.going.get(item.id));
    S.going.delete(item.id);
    draw();
    note(item.name + " is kept.");
  }

  function gone(id) {
    S.going.delete(id);
    attempt(async () => {
      await api("DELETE", "/scenarios/" + id);
      await reload();
    });
  }

  window.addEventListener("pagehide", () => {
    for (const id of S.going.keys()) fetch("/api/v1/scenarios/" + id, { method: "DELETE", keepalive: true });
    S.going.clear();
  });

  // --- versions ----------------------------------------------------------------------------

  async function history(item) {
    const found = await api("GET", "/scenarios/" + item.id + "/versions?limit=200");
    S.versions = { item, list: found.items, two: [], more: found.next_cursor };
    draw();
    S.dialog.querySelector(".np-back").focus();
  }

  function versionRow(item, version) {
    const words = "v" + version.number + (version.name ? " · " + version.name : "");
    const about = (version.autosaved ? "saved by itself" : "saved") + " " + when(version.updated_at) + (version.author ? " by " + version.author : "");
    const tick = h("input", {
      type: "checkbox", "aria-label": "Compare v" + version.number, checked: S.versions.two.includes(version.number),
      onchange: (e) => attempt(async () => {
        const rest = S.versions.two.filter((n) => n !== version.number);
        S.versions.two = e.target.checked ? [...rest, version.number].slice(-2) : rest;
        await differences(item);
      }),
    });
    const at = "/scenarios/" + item.id + "/versions/" + version.number;
    const newest = version.number === S.versions.list[0].number;
    return h("li", { class: "np-stored", "data-version": version.number }, tick,
      h("div", { class: "np-stored-words" }, h("b", {}, words), h("div", { class: "np-quiet" }, about)),
      button("Name", (e) => nameIt(e.target, item, version, at)),
      button("Copy", () => attempt(async () => {
        const kept = await api("GET", at);
        const name = (item.name + " (v" + version.number + ")").slice(0, 120);
        const made = await api("POST", "/scenarios", { scenario: kept.scenario, name });
        note("v" + version.number + " is now a scenario of its own: " + made.name + ".");
        await reload();
      }), { title: "Open it as a scenario of its own" }),
      newest ? h("span", { class: "np-chip" }, "present") : button("Restore", () => attempt(async () => {
        const stored = await api("POST", at + "/restore", undefined);
        if ((scenarios.open() || {}).id === item.id) scenarios.go(item.id);
        await reload();
        await history(stored);
        note("v" + version.number + " is the present one again, as v" + S.versions.list[0].number + ".");
      })));
  }

  function nameIt(from, item, version, at) {
    const box = h("input", { type: "text", class: "np-text", value: version.name || "", maxlength: 120, "aria-label": "Name of v" + version.number });
    box.addEventListener("keydown", (e) => {
      if (e.key === "Escape") {
        e.preventDefault();
        draw();
      }
      if (e.key !== "Enter") return;
      attempt(async () => {
        await api("PATCH", at, { name: box.value.trim() || null });
        await history(item);
      });
    });
    from.replaceWith(box);
    box.focus();
  }

  const text = (value) => (value === null ? "nothing" : typeof value === "object" ? JSON.stringify(value) : String(value));

  async function differences(item) {
    const box = S.dialog.querySelector(".np-differences");
    const [before, after] = [...S.versions.two].sort((a, b) => a - b);
    S.dialog.querySelectorAll(".np-stored input[type=checkbox]").forEach((node) => {
      node.checked = S.versions.two.includes(Number(node.closest("li").dataset.version));
    });
    if (after === undefined) return box.replaceChildren(h("p", { class: "np-quiet" }, "Tick two versions to see what differs."));
    const found = await api("GET", "/scenarios/" + item.id + "/versions/" + after + "?against=" + before);
    box.replaceChildren(found.changes.length
      ? h("table", { class: "np-table" }, h("thead", {}, h("tr", {}, ["Input", "v" + before, "v" + after].map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, found.changes.map((c) => h("tr", {}, h("th", { scope: "row" }, c.field), h("td", {}, text(c.before)), h("td", {}, text(c.after))))))
      : h("p", {}, "v" + before + " and v" + after + " have the same inputs."));
  }

  // --- the drawer --------------------------------------------------------------------------

  function saving() {
    const open = scenarios.open();
    const call = scenarios.call();
    const name = h("input", { type: "text", class: "np-text", id: "np-save-name", maxlength: 120, placeholder: open ? "Name of the version" : "Row 7, spring plan" });
    const named = () => name.value.trim();
    const fresh = button("Save as new", () => attempt(async () => {
      const made = await scenarios.saveAs(named() || "Unnamed view");
      name.value = "";
      await reload();
      await scenarios.go(made.id);
      note("Saved as " + made.name + ".");
    }), { id: "np-save-new" });
    const version = open && button("Save version", () => attempt(async () => {
      const words = named();
      if (!(await scenarios.save(words ? { name: words } : {}))) return;
      name.value = "";
      await reload();
      note("Saved" + (words ? " as version " + words : "") + ".");
    }), { id: "np-save-version", class: "np-mini np-mini-first" });
    if (!open) fresh.classList.add("np-mini-first");
    const auto = open && h("label", { class: "np-quiet" },
      h("input", { type: "checkbox", checked: scenarios.autosaves(), onchange: (e) => scenarios.setAutosave(e.target.checked) }), " save changes by itself");
    if (!call) return h("p", { class: "np-quiet" }, "This page has nothing to save yet.");
    return h("div", { class: "np-saving" },
      h("label", { for: "np-save-name" }, open ? "Open: " + open.name : "Keep this view"),
      h("div", { class: "np-row-tools" }, name, version, fresh), auto);
  }

  function foot() {
    const count = S.ticked.size;
    const enough = count >= 2 && count <= MOST_COMPARED;
    const go = h("a", { class: "np-mini" + (enough ? " np-mini-first" : " np-off"), id: "np-compare", "aria-disabled": enough ? null : "true",
      href: enough ? "/compare/?items=" + [...S.ticked].map((id) => "scenario:" + id).join(",") : null }, "Compare " + (count || ""));
    const words = count < 2 ? "Tick two to eight scenarios; the first is the baseline."
      : count > MOST_COMPARED ? "Eight at most." : "The first ticked is the baseline.";
    S.dialog.querySelector("footer").replaceChildren(...(S.versions ? [] : [h("span", { class: "np-quiet" }, words), go]));
  }

  function draw() {
    const body = S.dialog.querySelector(".np-drawer-body");
    if (S.versions) {
      const { item, list } = S.versions;
      S.versions.two = list.slice(0, 2).map((v) => v.number);
      body.replaceChildren(...[button("‹ All scenarios", () => {
        S.versions = null;
        body.replaceChildren(...frame());
        draw();
      }, { class: "np-mini np-back" }), h("h3", {}, "Versions of " + item.name),
      h("ul", { class: "np-stored-list" }, list.map((v) => versionRow(item, v))),
      S.versions.more ? h("p", { class: "np-quiet" }, "Older ones: GET /api/v1/scenarios/" + item.id + "/versions") : null,
      h("div", { class: "np-differences", "aria-live": "polite" })].filter(Boolean));
      attempt(() => differences(item));
    } else {
      const items = shown();
      const empty = S.search ? "No scenario has these words." : S.archived ? "Nothing is archived." : "No scenario yet. Save this view to start the list.";
      body.querySelector(".np-stored-list").replaceChildren(...(items.length ? items.map(row) : [h("li", { class: "np-quiet" }, empty)]));
      const typed = np.el("np-save-name");
      if (!(typed && typed.value)) body.querySelector(".np-saving-box").replaceChildren(saving());
    }
    foot();
  }

  function frame() {
    const search = h("input", { type: "text", role: "searchbox", class: "np-text", placeholder: "Search name, id or person", "aria-label": "Search scenarios",
      oninput: (e) => {
        S.search = e.target.value;
        draw();
      } });
    const old = h("label", { class: "np-quiet" }, h("input", { type: "checkbox",
      onchange: (e) => {
        S.archived = e.target.checked;
        draw();
      } }), " archived");
    return [h("div", { class: "np-saving-box" }), h("div", { class: "np-row-tools" }, search, old), h("ul", { class: "np-stored-list" })];
  }

  function show() {
    if (!S.dialog) {
      S.dialog = h("dialog", { class: "np-drawer", "aria-label": "Scenarios" },
        h("header", {}, h("h2", {}, "Scenarios"), button("Close", () => S.dialog.close(), { "aria-label": "Close scenarios" })),
        h("p", { class: "np-drawer-note np-quiet", role: "status" }), h("div", { class: "np-drawer-body" }), h("footer", {}));
      S.dialog.addEventListener("click", (e) => e.target === S.dialog && S.dialog.close());
      document.body.append(S.dialog);
    }
    S.versions = null;
    S.archived = false;
    S.search = "";
    S.dialog.querySelector(".np-drawer-body").replaceChildren(...frame());
    if (!S.dialog.open) S.dialog.showModal();
    draw();
    attempt(reload);
  }

  document.addEventListener("click", (event) => {
    const page = scenarios.page();
    if (page && event.target.closest && event.target.closest("#" + page.prefix + "-scenarios")) show();
  });
  scenarios.show = show;
  scenarios.redraw = () => {
    if (S.dialog && S.dialog.open && !S.versions) draw();
  };
})();
