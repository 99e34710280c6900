/* Undo and redo of a page's inputs, and its draft. A page that keeps its inputs in its address
   needs nothing more than `restore`; the Study page notes its definition itself. */
(function () {
  "use strict";
  const np = window.np;
  const LOOKS = ["theme", "units", "view", "guide", "point", "zoom", "node"]; // no edits
  const MOST = 100;
  const APART_MS = 1500; // keys pressed closer together are one step
  const H = { past: [], future: [], now: null, keys: "", at: 0, gesture: 0, last: -1, touched: false, restoring: null, read: false };

  const values = (text) => Object.fromEntries(new URLSearchParams(text));
  const edits = (all) => Object.entries(all).filter(([key]) => !LOOKS.includes(key)).sort();
  const ofUrl = () => new URLSearchParams(edits(values(window.location.search))).toString();
  const draftKey = () => "np-draft-" + np.here.prefix;

  function changed(before, after) {
    if (np.here.snapshots) return ["definition"];
    const [a, b] = [values(before), values(after)];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key]);
  }

  function label(key) {
    const id = np.here.prefix + "-" + key;
    const node = document.querySelector(`label[for="${id}"]`);
    const named = np.el(id) && np.el(id).getAttribute("aria-label");
    return (node && node.textContent) || named || key.replace(/_/g, " ");
  }

  function words(before, after) {
    if (np.here.snapshots) return "the last change of the definition";
    const [a, b] = [values(before), values(after)];
    const all = changed(before, after);
    const said = (of, key) => of[key] || String((np.here.start && np.here.start(key)) || "") || "none";
    const some = all.slice(0, 2).map((key) => label(key) + " " + said(a, key) + " → " + said(b, key));
    return some.join(", ") + (all.length > 2 ? " and " + (all.length - 2) + " more" : "");
  }

  function buttons() {
    const show = (id, name, list, text) => {
      const node = np.el(id);
      if (!node) return;
      const tip = list.length ? name + ": " + text : "Nothing to " + name.toLowerCase();
      node.disabled = !list.length;
      node.dataset.tip = tip;
      node.setAttribute("aria-label", tip);
    };
    show("np-undo", "Undo", H.past, H.past.length && words(H.past[H.past.length - 1], H.now));
    show("np-redo", "Redo", H.future, H.future.length && words(H.now, H.future[H.future.length - 1]));
  }

  function keepDraft() {
    np.keep(draftKey(), H.now ? JSON.stringify({ at: Date.now(), text: H.now }) : null);
  }

  function note(text) {
    if (text === H.restoring) H.restoring = null;
    if (H.now === null || !H.touched) {
      if (!H.restoring) H.now = text;
      buttons();
      return;
    }
    if (text === H.now) return;
    const keys = changed(H.now, text).join();
    const same = keys === H.keys && H.gesture === H.last && !np.here.snapshots;
    if (!same) H.past.push(H.now);
    if (H.past.length > MOST) H.past.shift();
    Object.assign(H, { now: text, keys, last: H.gesture, future: [], restoring: null });
    if (H.past[H.past.length - 1] === text) H.past.pop(); // dragged to where it was
    buttons();
    keepDraft();
  }

  function show(text) {
    const url = values(window.location.search);
    const looks = Object.fromEntries(Object.entries(url).filter(([key]) => LOOKS.includes(key) && key !== "guide"));
    Object.assign(H, { now: text, restoring: text, touched: false, keys: "" });
    np.here.restore(np.here.snapshots ? text : { ...values(text), ...looks });
    keepDraft();
    buttons();
  }

  function step(from, to) {
    if (!from.length || !np.here.restore) return;
    to.push(H.now);
    show(from.pop());
  }

  // --- gestures: what one hand movement changes is one step -----------------------------------

  document.addEventListener("pointerdown", () => {
    H.gesture += 1;
    H.touched = true;
  }, true);
  document.addEventListener("keydown", () => {
    if (Date.now() - H.at > APART_MS) H.gesture += 1;
    H.at = Date.now();
    H.touched = true;
  }, true);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || np.typing(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) np.edits.redo();
    else np.edits.undo();
  });
  document.addEventListener("click", (event) => {
    const id = (event.target.closest("button") || {}).id;
    if (id === "np-undo") np.edits.undo();
    if (id === "np-redo") np.edits.redo();
    if (id === "np-fresh") fresh();
    if (id === "np-fresh" || id === "np-draft-close") np.el(np.here.prefix + "-draft").hidden = true;
  });

  // pages write their address themselves, and their inputs are in it
  for (const name of ["pushState", "replaceState"]) {
    const write = window.history[name];
    window.history[name] = function (...given) {
      const noted = np.here && np.here.restore && !np.here.snapshots;
      if (noted && H.now === null) H.now = ofUrl(); // what it was opened with is the first step
      write.apply(window.history, given);
      if (noted) note(ofUrl());
    };
  }

  // --- the draft ------------------------------------------------------------------------------

  function draft() {
    try {
      return JSON.parse(np.kept(draftKey()) || "null");
    } catch (_) {
      return null;
    }
  }

  function tell(at) {
    const box = np.el(np.here.prefix + "-draft");
    if (!box) return;
    const day = new Date(at).toDateString() === new Date().toDateString();
    const when = new Date(at).toLocaleString([], day ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
    const button = (id, text, name) => Object.assign(document.createElement("button"),
      { id, type: "button", className: "np-mini", textContent: text, ariaLabel: name || text });
    box.replaceChildren("Your inputs of " + when + " are back. ", button("np-fresh", "Start fresh"), button("np-draft-close", "✕", "Close"));
    box.hidden = false;
  }

  function fresh() {
    if (np.here.snapshots) np.here.restore(null);
    else {
      H.past.push(H.now);
      show("");
    }
    np.keep(draftKey(), null);
  }

  np.edits = {
    note,
    now: () => (np.here && np.here.snapshots ? "" : ofUrl()),
    inputs() { // those that the address has; the others are as they start
      if (!np.here || !np.here.restore || np.here.snapshots) return "";
      const all = edits(values(window.location.search));
      const some = all.slice(0, 4).map(([key, value]) => label(key) + " " + value).join(", ");
      return some ? some + (all.length > 4 ? " and " + (all.length - 4) + " more" : "") + ", the others as they start" : "as they start";
    },
    undo: () => step(H.past, H.future),
    redo: () => step(H.future, H.past),
    // what was left here, where the address says nothing else; once, when the page opens
    drafted(asked) {
      const kept = !H.read && np.here.restore && !np.here.snapshots && draft();
      H.read = true;
      if (!kept || !kept.text || asked.guide || edits(asked).length) return asked;
      tell(kept.at);
      return { ...values(kept.text), ...asked };
    },
    snapshot() {
      const kept = draft();
      if (kept) tell(kept.at);
      return kept && kept.text;
    },
  };
})();
