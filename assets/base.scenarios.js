/* The stored scenario that is open: saved by itself, named, and never written over.
   A page says once how it opens one (`np.scenarios.on`), and after every answer what it
   shows (`np.scenarios.view`). The list of all of them is base.scenarios.list.js. */
(function () {
  "use strict";
  const np = window.np;
  const { make: h } = np;
  const REST_MS = 1500; // knobs rest this long before they are saved
  const AUTOSAVE = "np-autosave";
  const S = { page: null, call: null, open: null, key: "", touched: false, timer: 0, busy: null };

  /* Ask the API; a refusal is thrown as its problem document. */
  np.api = async function (method, path, body, headers) {
    const reply = await fetch("/api/v1" + path, {
      method, cache: "no-store", headers: { "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const found = reply.status === 204 ? null : await reply.json();
    if (!reply.ok) throw found;
    return found;
  };

  np.when = function (iso) {
    const at = new Date(iso);
    const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    if (at.toDateString() === new Date().toDateString()) return time;
    return at.toLocaleDateString([], { day: "numeric", month: "short", year: "numeric" }) + " " + time;
  };
  np.said = (problem) => (problem && (problem.detail || problem.title)) || "The server did not answer; nothing was saved.";

  const autosaves = () => np.kept(AUTOSAVE) !== "off";
  const base = () => (S.call.scenario_id ? { scenario_id: S.call.scenario_id } : { scenario: S.call.scenario || {} });

  // --- what is open ------------------------------------------------------------------------

  function tell(text) {
    const node = S.page && np.el(S.page.prefix + "-scenario-name");
    if (node) node.textContent = text;
  }

  function opened(stored) {
    S.open = stored;
    const who = stored.changed_by ? " by " + stored.changed_by : "";
    tell(stored.name + " · saved " + np.when(stored.updated_at) + who);
    np.scenarios.redraw();
  }

  /* Which version is opened is asked before the page reads it: were it asked later, a
     change made in between would look as if it had been seen, and be written over. */
  function head(id) {
    S.head = { id, got: np.api("GET", "/scenarios/" + encodeURIComponent(id)) };
    S.head.got.catch(() => undefined); // told by `look`
    return S.head.got;
  }

  async function look(id) {
    S.open = null;
    const known = S.head && S.head.id === id ? S.head.got : head(id);
    S.head = null;
    try {
      const stored = await known;
      if (S.call && S.call.scenario_id === id) opened(stored);
    } catch (problem) {
      tell(np.said(problem));
    }
  }

  function view(call) {
    const before = S.call;
    const id = call.scenario_id || null;
    const other = !before || id !== (before.scenario_id || null);
    S.call = call;
    if (!S.touched) S.key = keyOf(call); // what opening set is not a change of anybody's
    else if (other) S.key = "";
    if (!other) return plan();
    if (id) return look(id).then(plan);
    if (before) tell(S.page.about || "");
  }

  const keyOf = (call) => JSON.stringify(call.changes || {});
  const unsaved = () => S.open && S.call && S.call.scenario_id === S.open.id && keyOf(S.call) !== S.key && autosaves();

  function plan() {
    clearTimeout(S.timer);
    if (unsaved()) S.timer = setTimeout(() => save({ autosave: true }), REST_MS);
  }

  async function save(more) {
    while (S.busy) await S.busy;
    const { open, call } = S;
    if (!open || !call || call.scenario_id !== open.id) return false;
    const key = keyOf(call);
    let done;
    S.busy = new Promise((resolve) => (done = resolve));
    try {
      const body = { changes: call.changes || {}, ...more };
      const stored = await np.api("POST", "/scenarios/" + open.id + "/versions", body, { "if-match": '"' + open.version + '"' });
      if (S.call.scenario_id === open.id) {
        S.key = key;
        opened(stored);
      }
      return true;
    } catch (problem) {
      if (problem && problem.status === 412) conflict(problem, open, call);
      else tell(open.name + " · not saved: " + np.said(problem));
      return false;
    } finally {
      S.busy = null;
      done();
    }
  }

  async function saveAs(name, from) {
    return np.api("POST", "/scenarios", { ...(from || base()), changes: S.call.changes || {}, name });
  }

  async function go(id) {
    await head(id);
    S.touched = false;
    S.call = null;
    S.page.open(id);
  }

  // --- somebody else was faster ------------------------------------------------------------

  function conflict(problem, mine, call) {
    clearTimeout(S.timer);
    document.querySelectorAll(".np-conflict").forEach((old) => old.remove());
    const away = () => bar.remove();
    const keep = async () => {
      try {
        const name = mine.name.slice(0, 110) + " (mine)";
        const made = await np.api("POST", "/scenarios", { scenario: mine.scenario, changes: call.changes || {}, name });
        await go(made.id);
        away();
      } catch (refused) {
        note.textContent = np.said(refused);
      }
    };
    const theirs = async () => {
      await go(mine.id);
      away();
    };
    const note = h("p", { class: "np-quiet", role: "status" }, "Nothing is lost: yours is on this page, theirs is stored.");
    const bar = h("div", { class: "np-conflict", role: "alertdialog", "aria-label": "Changed by somebody else" },
      h("p", {}, h("b", {}, mine.name + " was changed in between. "),
        (problem.detail.split("; ")[1] || problem.detail) + "."),
      h("ul", {}, (problem.errors || []).slice(0, 4).map((e) => h("li", {}, h("b", {}, e.field), " " + e.rule))),
      note,
      h("div", { class: "np-row-tools" },
        h("button", { type: "button", class: "np-mini np-mini-first", onclick: keep }, "Keep mine as a new scenario"),
        h("button", { type: "button", class: "np-mini", onclick: theirs }, "Open theirs")));
    document.body.append(bar);
    bar.querySelector("button").focus();
  }

  // only what a person does is saved, not what opening sets
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, (event) => {
      if (event.isTrusted && event.target.closest && event.target.closest(".np-body, .np-header")) S.touched = true;
    }, true);
  }
  window.addEventListener("beforeunload", () => {
    if (unsaved()) save({ autosave: true });
  });

  np.scenarios = {
    on(page) {
      S.page = page;
      const { scenario } = np.fromUrl();
      if (scenario) head(scenario);
    },
    redraw: () => undefined,
    view, save, saveAs, go, opened,
    page: () => S.page,
    open: () => S.open,
    call: () => S.call,
    autosaves,
    setAutosave: (on) => np.keep(AUTOSAVE, on ? null : "off"),
  };
})();
