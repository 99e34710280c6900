/* What all pages share in sight: keys, help, theme, who is signed in, link and API call. */
(function () {
  "use strict";
  const np = window.np;
  const { el, set } = np;
  const GO_MS = 1200; // g, then a letter within this
  const GLOBAL = [["/", "search and commands"], ["Ctrl K", "the same, while typing too"], ["g + letter", "to a page"],
    ["Ctrl Z", "undo"], ["Ctrl Shift Z", "redo"], ["?", "this help"], ["Esc", "close what is open"]];
  let goAt = 0;

  // --- dialogs: native ones keep the focus and give it back --------------------------------------

  np.dialog = function (id, name, fill) {
    let box = el(id);
    if (!box) {
      box = np.make("dialog", { id, className: "np-dialog", "aria-label": name });
      box.addEventListener("click", (event) => event.target === box && box.close());
      document.body.append(box);
    }
    if (box.open) return box;
    box.replaceChildren(...fill());
    box.showModal();
    return box;
  };

  // --- help -----------------------------------------------------------------------------------

  const keys = (rows) => np.make("dl", { className: "np-keys" }, rows.map(([key, words]) => [
    np.make("dt", {}, key.split(" ").map((part) => (part === "+" || part === "letter" ? " " + part + " " : np.make("kbd", { textContent: part })))),
    np.make("dd", { textContent: words }),
  ]));
  const links = () => [...document.querySelectorAll(".np-nav-link")];

  function help() {
    const title = (text) => np.make("h2", { className: "np-h2", textContent: text });
    const own = (np.here && np.here.keys) || [];
    np.dialog("np-help-dialog", "Help", () => [
      np.make("div", { className: "np-dialog-head" }, np.make("b", { textContent: "Help" }),
        np.make("button", { type: "button", className: "np-icon", textContent: "✕", ariaLabel: "Close", autofocus: true, onclick: () => el("np-help-dialog").close() })),
      title("Ask the sample site"),
      np.make("p", { className: "np-asks" }, np.guides.map((g) => np.make("a", { className: "np-ask", href: g.href, textContent: g.ask }))),
      np.make("div", { className: "np-help-two" },
        np.make("section", {}, title("Keys"), keys(GLOBAL), own.length ? title("Keys of this page") : null, own.length ? keys(own) : null),
        np.make("section", {}, title("Pages"), keys(links().map((a) => ["g " + a.dataset.go, a.textContent])))),
      np.make("p", { className: "np-quiet", textContent: "P published, M measured, A assumed: point at the letter beside an input for its source." }),
    ]);
  }

  // --- keys -----------------------------------------------------------------------------------

  function take(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  window.addEventListener("keydown", (event) => {
    const mod = event.ctrlKey || event.metaKey;
    if (mod && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      take(event);
      return np.palette();
    }
    if (mod || event.altKey || np.typing(event.target) || document.querySelector("dialog[open]")) return undefined;
    if (goAt && Date.now() - goAt < GO_MS) {
      goAt = 0;
      const link = links().find((a) => a.dataset.go === event.key);
      if (!link) return undefined;
      take(event);
      return link.click();
    }
    goAt = 0;
    if (event.key === "/") {
      take(event);
      np.palette();
    } else if (event.key === "?") {
      take(event);
      help();
    } else if (event.key === "g") {
      take(event);
      goAt = Date.now();
    }
    return undefined;
  }, true);

  // --- header ---------------------------------------------------------------------------------

  async function copy(id, text) {
    const before = el(id).textContent;
    set(id, { children: await np.copied(text, "Press Ctrl+C") });
    setTimeout(() => set(id, { children: before }), 1500);
  }

  document.addEventListener("click", (event) => {
    const id = (event.target.closest("button") || {}).id;
    const prefix = np.here && np.here.prefix;
    if (!id || !prefix) return;
    if (id === "np-help") help();
    else if (id === "np-search") np.palette();
    else if (id === prefix + "-copy") copy(id, window.location.href);
    else if (id === prefix + "-api-copy") copy(id, el(prefix + "-api-text").textContent);
    else if (id === prefix + "-api") {
      const text = (np.here.call && np.here.call()) || "This view has no answer yet. Ask again when its numbers are shown.";
      set(prefix + "-api-text", { children: text });
      set(prefix + "-api-modal", { opened: true });
    }
  });

  document.addEventListener("change", (event) => {
    if (!event.target.closest || !event.target.closest('[id$="-theme"]')) return;
    np.keep("np-theme", event.target.value);
    np.keep("mantine-color-scheme-value", event.target.value); // what the library starts with
  });

  // --- who reads, and what the palette finds -----------------------------------------------------

  let asked = null;
  np.known = function () {
    asked = asked || fetch("/shell/known").then((reply) => (reply.ok ? reply.json() : {}), () => ({}));
    return asked;
  };
  async function who() {
    const found = (await np.known()).who;
    const box = el("np-who");
    if (!found || !box) return;
    el("np-who-name").textContent = found.name + ", " + found.role;
    box.hidden = false;
  }
  window.addEventListener("load", () => setTimeout(who, 1500));

  // on a phone the row of pages scrolls: show where one is
  const here = setInterval(() => {
    const link = document.querySelector(".np-nav-link[aria-current]");
    if (!link) return;
    clearInterval(here);
    const nav = link.parentElement;
    nav.scrollLeft = link.offsetLeft - (nav.clientWidth - link.offsetWidth) / 2;
  }, 200);

  // --- a busy server --------------------------------------------------------------------------

  new MutationObserver(() => {
    const box = document.querySelector(".np-problem[data-again]:not([data-told])");
    if (!box || !np.here) return;
    box.dataset.told = "1";
    let s = Number(box.dataset.again);
    const line = np.make("p", { className: "np-again" });
    box.append(line);
    const tick = setInterval(() => {
      line.textContent = "Busy, asking again in " + s + " s.";
      s -= 1;
      if (s >= 0 && box.isConnected) return;
      clearInterval(tick);
      if (box.isConnected) np.here.pace.ask();
    }, 1000);
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
