/* One search for pages, actions, stored scenarios, model pages and words: / or Ctrl+K. */
(function () {
  "use strict";
  const np = window.np;
  const { el, make } = np;
  const MOST = 40;
  const SCENARIOS_MS = 20000; // a list this old is read again
  const P = { items: [], shown: [], at: 0, scenarios: [], readAt: 0 };

  // letters in order; beginnings of words and runs of letters count more
  function fits(text, query) {
    const low = text.toLowerCase();
    let at = -1, score = 0;
    for (const letter of query) {
      const next = low.indexOf(letter, at + 1);
      if (next < 0) return -1;
      score += next === at + 1 ? 3 : /[\s:/(-]/.test(low[next - 1] || " ") ? 2 : 0;
      at = next;
    }
    return score + (low.includes(query) ? 4 + query.length : 0) - low.length / 200;
  }

  const press = (node) => () => {
    const fold = node.closest("details:not([open])");
    if (fold) fold.open = true;
    node.click();
  };

  function actions() {
    const nodes = document.querySelectorAll("[data-command], .np-tools button, .np-menu-items button, .np-panel button, .np-main .mantine-Button-root");
    return [...nodes].filter((n) => !n.disabled && !n.matches(".np-badge, .np-icon:not([data-tip])") && (n.offsetParent || n.closest(".np-menu")))
      .map((n) => ({ n, text: (n.dataset.command || n.getAttribute("aria-label") || n.textContent).trim() }))
      .filter(({ text }) => text.length > 2)
      .map(({ n, text }) => ({ kind: "Action", text: n.closest(".np-menu") ? "Export: " + text : text, run: press(n) }));
  }

  function inputs() {
    const nodes = document.querySelectorAll(".np-control label[for], .np-pick label[for]");
    return [...nodes].map((label) => ({ kind: "Input", text: label.textContent, run: () => {
      const fold = label.closest("details:not([open])");
      if (fold) fold.open = true;
      const node = el(label.htmlFor);
      if (node) node.focus();
    } }));
  }

  function here() {
    const links = [...document.querySelectorAll(".np-nav-link")];
    const field = np.here && np.here.find && el(np.here.find);
    return [
      ...(field ? [{ kind: "Action", text: field.getAttribute("aria-label") || "Search here", run: () => field.focus() }] : []),
      ...links.map((a) => ({ kind: "Page", text: a.textContent, note: "g " + a.dataset.go, run: () => a.click() })),
      ...np.guides.map((g) => ({ kind: "Question", text: g.ask, href: g.href })),
      ...actions(), ...inputs(),
    ];
  }

  async function scenarios() {
    if (Date.now() - P.readAt < SCENARIOS_MS) return P.scenarios;
    P.readAt = Date.now();
    const reply = await fetch("/api/v1/scenarios?limit=100&archived=false").catch(() => null);
    const found = reply && reply.ok ? await reply.json() : { items: [] };
    P.scenarios = (found.items || []).map((s) => ({ kind: "Scenario", text: s.name,
      href: (s.has_facility ? "/site/" : "/") + "?scenario=" + encodeURIComponent(s.id) }));
    return P.scenarios;
  }

  async function more() {
    const known = await np.known();
    return [
      ...(await scenarios()),
      ...(known.pages || []).map((p) => ({ kind: "Model", text: p.title, href: p.href })),
      ...(known.words || []).map((w) => ({ kind: "Word", text: w.term, note: w.said })),
    ];
  }

  function find(query) {
    const plain = query.trim().toLowerCase();
    if (!plain) return P.items.filter((i) => ["Page", "Question", "Action"].includes(i.kind)).slice(0, MOST);
    const rank = (i) => Math.max(fits(i.text, plain), i.kind === "Word" ? -1 : fits(i.kind + " " + i.text, plain) - 1);
    return P.items.map((item) => ({ item, score: rank(item) })).filter(({ score }) => score >= Math.min(3, plain.length))
      .sort((a, b) => b.score - a.score).slice(0, MOST).map(({ item }) => item);
  }

  function draw() {
    const list = el("np-palette-list");
    if (!list) return;
    P.shown = find(el("np-palette-in").value);
    P.at = Math.max(0, Math.min(P.at, P.shown.length - 1));
    list.replaceChildren(...P.shown.map((item, k) => make("li", { id: "np-hit-" + k, role: "option", className: "np-hit", "aria-selected": "false", onclick: () => run(item) },
      make("span", { className: "np-hit-kind", textContent: item.kind }), make("span", { className: "np-hit-text", textContent: item.text }),
      item.note ? make("span", { className: "np-hit-note", textContent: item.note }) : null)));
    el("np-palette-none").hidden = P.shown.length > 0;
    mark();
  }

  function mark() {
    document.querySelectorAll(".np-hit").forEach((node, k) => {
      node.setAttribute("aria-selected", String(k === P.at));
      if (k === P.at) node.scrollIntoView({ block: "nearest" });
    });
    el("np-palette-in").setAttribute("aria-activedescendant", P.shown.length ? "np-hit-" + P.at : "");
  }

  function run(item) {
    if (!item || (!item.run && !item.href)) return;
    el("np-palette").close();
    if (item.href) window.location.assign(item.href);
    else item.run();
  }

  function keyed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && P.shown.length) P.at = (P.at + step + P.shown.length) % P.shown.length;
    else if (event.key === "Home" && event.ctrlKey) P.at = 0;
    else if (event.key === "Enter") return run(P.shown[P.at]);
    else return undefined;
    event.preventDefault();
    return mark();
  }

  np.palette = function () {
    P.items = here();
    P.at = 0;
    np.dialog("np-palette", "Search and commands", () => [
      make("input", { id: "np-palette-in", type: "text", role: "combobox", autocomplete: "off", spellcheck: false, placeholder: "Search pages, actions, inputs, scenarios, models, words",
        "aria-label": "Search and commands", "aria-expanded": "true", "aria-controls": "np-palette-list", "aria-autocomplete": "list",
        oninput: () => { P.at = 0; draw(); }, onkeydown: keyed }),
      make("ul", { id: "np-palette-list", role: "listbox", "aria-label": "Found" }),
      make("p", { id: "np-palette-none", className: "np-quiet", hidden: true, textContent: "Nothing has this name. Try a page, an input or a word such as headroom." }),
    ]);
    draw();
    more().then((found) => {
      P.items = [...P.items, ...found];
      document.body.dataset.npPalette = P.items.length;
      draw();
    });
  };
})();
