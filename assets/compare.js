/* The Compare page: keeps the list of items, the URL and its history, and paces questions. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide, make } = np;
  const MOST = 8;
  const S = {
    view: null, labels: {}, drawn: "", asked: "", answered: null, kept: {}, answeredAt: 0, tookMs: 0,
    bad: null,
  };
  const pace = np.pacer(send, "cmp-main");
  const slow = np.underWay("cmp", pace, "Running what is not stored");

  const items = () => S.view.items.split(",").filter(Boolean);
  const base = () => Math.min(Number(S.view.base) || 0, Math.max(0, items().length - 1));
  const question = () => S.view.items + "|" + base();

  function send(seq) {
    if (!S.view) return false;
    slow.begin();
    S.asked = question();
    set("cmp-request", { data: {
      seq, tab: np.tab, fresh: S.asked !== S.answered,
      view: { ...S.view, base: String(base()) },
    } });
    return true;
  }

  // --- URL and history -------------------------------------------------------------------

  const writeUrl = (step) => S.defaults && np.writeUrl({ ...S.view, base: String(base()) }, S.defaults, step);

  // a step back undoes the last change of what is compared
  window.addEventListener("popstate", () => S.view && restore(np.fromUrl()));

  function restore(given) {
    for (const [key, start] of Object.entries(S.defaults)) S.view[key] = key in given ? given[key] : start;
    for (const key of ["units", "theme", "show"]) set("cmp-" + key, { value: S.view[key] });
    list();
    pace.ask();
  }

  // --- the list --------------------------------------------------------------------------

  function change(tokens, baseline) {
    const unique = [...new Set(tokens)].slice(0, MOST);
    S.view.items = unique.join(",");
    S.view.base = String(Math.min(Math.max(0, baseline), Math.max(0, unique.length - 1)));
    S.bad = null;
    writeUrl(true);
    list();
    pace.ask();
  }

  function plain(token) {
    const [head, ...changes] = token.split("~");
    const [kind, ...parts] = head.split(":").map(decodeURIComponent);
    const name = parts.length ? kind + " " + parts.join(" ") : kind;
    return name + changes.map((c) => ", " + decodeURIComponent(c).replace("=", " ")).join("");
  }

  function row(token, place) {
    const label = S.labels[token] || plain(token);
    const is = place === base();
    return make("li", { className: "np-item" + (place === S.bad ? " np-item-bad" : "") },
      make("span", { className: "np-item-mark np-series-" + ((place % 6) + 1) }, String(place + 1)),
      make("span", { className: "np-item-name", title: plain(token) }, label),
      make("button", { className: "np-mini np-item-base", type: "button", "aria-pressed": String(is), "data-base": place },
        is ? "baseline" : "make baseline"),
      make("button", { className: "np-mini np-item-drop", type: "button", "data-drop": place, "aria-label": "Take away " + label }, "✕"));
  }

  function list() {
    const box = el("cmp-list");
    if (!box) return;
    const focused = document.activeElement && document.activeElement.dataset
      ? { base: document.activeElement.dataset.base, drop: document.activeElement.dataset.drop } : {};
    const tokens = items();
    box.replaceChildren(...tokens.map(row));
    hide("cmp-none", tokens.length > 0);
    const again = focused.base !== undefined ? box.querySelector(`[data-base="${focused.base}"]`)
      : focused.drop !== undefined ? box.querySelector(`[data-drop="${Math.min(focused.drop, tokens.length - 1)}"]`) : null;
    if (again) again.focus();
    const full = tokens.length >= MOST;
    el("cmp-add-words").textContent = full ? "Eight is the most; take one away first." : "Newest first.";
    el("cmp-vary-add").disabled = full || !varied();
  }

  // only a scenario or a run can be changed: cells and points are what they are
  const varied = () => /^(scenario|run):/.test(items()[base()] || "");
  const escaped = (text) => text.replace(/[%,~:]/g, (c) => (c === "~" ? "%7E" : encodeURIComponent(c)));

  function vary() {
    const text = el("cmp-vary").value.trim();
    const found = /^([\w.]+)\s*[=:]\s*(.+)$/.exec(text);
    const words = !items().length ? "Add what is to be changed first."
      : !varied() ? "The baseline is a cell of a plan or a point of a study; make a run or scenario the baseline."
        : !found ? "Write a field, = and its value, for example policy.name = no-cap." : "";
    el("cmp-vary-error").textContent = words;
    if (words) return;
    change([...items(), items()[base()] + "~" + escaped(found[1]) + "=" + escaped(found[2].trim())], base());
    set("cmp-vary", { value: "" });
  }

  document.addEventListener("click", (event) => {
    const at = (name) => event.target.closest && event.target.closest("[data-" + name + "]");
    const pick = at("base"), drop = at("drop"), more = at("show"), example = at("items");
    if (pick) return change(items(), Number(pick.dataset.base));
    if (example) return change(example.dataset.items.split(","), 0);
    if (more && more.tagName === "BUTTON") return set("cmp-show", { value: more.dataset.show });
    if (event.target.closest("#cmp-vary-add")) return vary();
    if (!drop) return undefined;
    const gone = Number(drop.dataset.drop);
    return change(items().filter((_, k) => k !== gone), base() > gone ? base() - 1 : base());
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.id === "cmp-vary") {
      event.preventDefault();
      return vary();
    }
    if (np.typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || !S.view) return undefined;
    if (event.key === "b" && items().length > 1) return change(items(), (base() + 1) % items().length);
    if (event.key === "d") set("cmp-show", { value: S.view.show === "everything" ? "differences" : "everything" });
    return undefined;
  });

  np.page({
    prefix: "cmp", pace, answered: () => [S.answeredAt, S.tookMs], restore,
    call: () => S.kept.call && np.curl(S.kept.call.path, S.kept.call.body),
    find: "cmp-add", keys: [["b", "the next one is the baseline"], ["d", "differences, or everything"]],
  });

  function done(kept, took) {
    S.kept = kept;
    S.tookMs = took;
    S.answeredAt = Date.now();
    S.answered = kept.empty ? null : S.asked;
    hide("cmp-under-way", true);
    hide("cmp-answer", Boolean(kept.empty));
    document.body.classList.toggle("np-cmp-many", items().length > 3);
    if (kept.labels) items().forEach((token, k) => (S.labels[token] = kept.labels[k] || S.labels[token]));
    if (kept.curves) {
      S.drawn = kept.curves.join(",");
      set("cmp-curves", { value: kept.curves });
    }
    list();
    writeUrl(false);
    np.age("cmp-age", S.answeredAt, S.tookMs);
    np.marks("cmp", { Seq: kept.seq, Took: took });
  }

  dc.cmp = {
    gather(units, theme, show, curves, defaults) {
      if (!S.view) {
        S.defaults = defaults;
        S.view = { ...defaults };
        const given = np.fromUrl();
        setTimeout(() => restore(given), 0);
        return;
      }
      const before = JSON.stringify(S.view);
      Object.assign(S.view, { units, theme, show });
      const chosen = (curves || []).join(",");
      if (chosen !== S.drawn) S.view.curves = S.drawn = chosen;
      if (JSON.stringify(S.view) === before) return;
      writeUrl(false);
      pace.ask();
    },

    add(token, data) {
      if (!token) return;
      for (const part of data || []) {
        for (const one of part.items || []) if (one.value === token) S.labels[token] = one.label;
      }
      setTimeout(() => set("cmp-add", { value: null, searchValue: "" }), 0);
      if (items().length < MOST) change([...items(), token], base());
    },

    answered(kept) {
      if (!kept || kept.seq !== pace.seq) return;
      const took = pace.answered();
      if (slow.ended(Boolean(kept.superseded))) return;
      S.bad = kept.ok || kept.place === undefined ? null : kept.place;
      hide("cmp-verdict", !kept.ok && !S.answeredAt);
      if (kept.ok) done(kept, took);
      else {
        list();
        np.marks("cmp", { Refused: kept.seq });
      }
    },

    progress(found) {
      if (found) slow.say(found.told);
    },
  };
})();
