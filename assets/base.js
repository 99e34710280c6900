/* What every page shares: hints, menus that close, pace, heartbeat. One node serves
   all hints: each overlay component of the library costs every redraw of the page. */
(function () {
  "use strict";
  const EDGE_PX = 8;
  let tip = null;
  let owner = null;

  function node() {
    if (!tip) {
      tip = document.createElement("div");
      tip.className = "np-tip";
      tip.id = "np-tip";
      tip.setAttribute("role", "tooltip");
      document.body.appendChild(tip);
    }
    return tip;
  }

  function show(target) {
    if (target === owner) return;
    hide();
    owner = target;
    const box = node();
    box.textContent = window.np.told(target);
    box.hidden = false;
    target.setAttribute("aria-describedby", "np-tip");
    const at = target.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const beside = at.right + EDGE_PX + size.width < window.innerWidth - EDGE_PX;
    const left = beside
      ? at.right + EDGE_PX
      : Math.max(EDGE_PX, Math.min(at.left, window.innerWidth - EDGE_PX - size.width));
    const below = beside ? at.top + (at.height - size.height) / 2 : at.bottom + EDGE_PX;
    const top = Math.max(EDGE_PX, Math.min(below, window.innerHeight - EDGE_PX - size.height));
    box.style.left = left + "px";
    box.style.top = top + "px";
  }

  function hide() {
    if (!owner) return;
    owner.removeAttribute("aria-describedby");
    owner = null;
    tip.hidden = true;
  }

  const hinted = (event) => event.target.closest && event.target.closest("[data-tip]");
  document.addEventListener("pointerover", (event) => {
    const target = hinted(event);
    if (target) show(target);
    else if (!(owner && owner === document.activeElement)) hide();
  });
  document.addEventListener("focusin", (event) => {
    const target = hinted(event);
    if (target) show(target);
    else hide();
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);

  // --- an answer draws anew what it shows: what had the focus there gets it again ---------

  let held = null;
  const said = (node) => node.dataset.name || node.getAttribute("aria-label") || node.textContent;
  document.addEventListener("focusin", ({ target }) => {
    const box = target.parentElement && target.parentElement.closest("[id]");
    const at = box && [...box.querySelectorAll(target.tagName)].indexOf(target);
    held = { node: target, id: target.id, box: box && box.id, at, name: said(target) };
  });
  document.addEventListener("focusout", () => queueMicrotask(() => {
    if (held && held.node.isConnected && document.activeElement !== held.node) held = null;
  }));
  new MutationObserver(() => {
    if (!held || held.node.isConnected || document.activeElement !== document.body) return;
    const box = document.getElementById(held.box);
    const alike = box ? [...box.querySelectorAll(held.node.tagName)] : [];
    const again = (held.id && document.getElementById(held.id))
      || alike.find((node) => said(node) === held.name) || alike[held.at];
    if (again) again.focus({ preventScroll: true });
  }).observe(document.documentElement, { childList: true, subtree: true });

  // --- menus: <details class="np-menu"> -------------------------------------------------

  const menus = () => document.querySelectorAll("details.np-menu[open]");
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => {
      const item = event.target.closest(".np-menu-items button");
      if (!menu.contains(event.target) || item) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      hide();
      menus().forEach((menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const menu = step && event.target.closest("details.np-menu[open]");
    if (!menu) return;
    event.preventDefault();
    const items = [...menu.querySelectorAll(".np-menu-items button")];
    const at = items.indexOf(document.activeElement);
    items[(at + step + items.length) % items.length].focus();
  });
})();

/* Pace: at most one question in flight, the last one always sent. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = (window.np = window.np || {});
  const LOST_MS = 30000; // a question unanswered this long is asked again
  const BUSY_MS = 450; // shorter waits show no progress

  np.el = (id) => document.getElementById(id);
  np.set = (id, props) => dc.set_props(id, props);
  np.tab = Math.random().toString(36).slice(2, 10);
  np.make = function (tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props || {})) {
      if (value === null || value === undefined) continue;
      if (key in node) node[key] = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.flat(9).filter((child) => child !== null && child !== undefined));
    return node;
  };
  np.svg = function (tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  np.typing = (node) => Boolean(node && (node.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName) && node.type !== "radio" && node.type !== "checkbox")));

  np.kept = (key) => { // a browser may refuse to keep anything
    try {
      return window.localStorage.getItem(key);
    } catch (_) {
      return null;
    }
  };
  np.keep = (key, value) => {
    try {
      if (value === null) window.localStorage.removeItem(key);
      else window.localStorage.setItem(key, value);
    } catch (_) { /* then it is not kept */ }
  };
  // what an address says wins over the draft of this page, and over what is kept for all: theme,
  // units, and the period of pages that show what was measured
  np.fromUrl = function () {
    const asked = Object.fromEntries(new URLSearchParams(window.location.search));
    const theme = np.kept("np-theme");
    const known = np.here ? np.edits.drafted(asked) : asked;
    const { pathname } = window.location;
    const units = pathname === "/study/" ? null : np.kept("np-units");
    const period = { "/live/": "range", "/data/": "period" }[pathname];
    const range = period && np.kept("np-range");
    return { ...(theme && theme !== "auto" ? { theme } : {}), ...(units ? { units } : {}), ...(range ? { [period]: range } : {}), ...known };
  };
  np.left = function (part, sinceMs) { // words on the time left of a long question
    const s = ((Date.now() - sinceMs) / 1000) * (1 - part) / part;
    if (!(part > 0.03) || !Number.isFinite(s)) return "";
    return ", about " + (s < 90 ? Math.max(1, Math.round(s)) + " s" : Math.round(s / 60) + " min") + " left";
  };

  /* A page tells the shell what it can do:
     prefix; pace, its questions; answered, () => [at, tookMs] for the age of what is shown;
     restore(values), puts inputs back; call, the API call of the view as text; find, its own
     search field; keys, [[keys, words]] of its own; snapshots: it notes its edits itself. */
  np.page = function (page) {
    np.here = page;
    const { prefix, pace } = page;
    if (page.answered) setInterval(() => np.age((page.age || (() => prefix + "-age"))(), ...page.answered()), 1000);
    if (pace && page.beat !== false) np.heartbeat(prefix + "-offline", page.cold || prefix + "-cold", pace);
  };
  np.isDark = (theme) => (theme && theme !== "auto" ? theme === "dark"
    : window.matchMedia("(prefers-color-scheme: dark)").matches);

  let busyTimer = 0;
  np.busy = function (on, main) {
    clearTimeout(busyTimer);
    const mark = () => {
      document.body.classList.toggle("np-busy", on);
      const node = np.el(main);
      if (node) node.setAttribute("aria-busy", on ? "true" : "false");
    };
    if (on) busyTimer = setTimeout(mark, BUSY_MS);
    else mark();
  };

  const pacers = [];
  np.pacer = function (send, main) {
    const P = { main, seq: 0, sentAt: 0, dirty: false, timer: 0, failed: false };
    pacers.push(P);
    function flush() {
      if (P.sentAt && Date.now() - P.sentAt < LOST_MS) {
        P.dirty = true;
        return;
      }
      P.dirty = P.failed = false;
      P.asked = np.edits ? np.edits.now() : "";
      P.sentAt = Date.now();
      P.seq += 1;
      np.busy(true, main);
      if (send(P.seq) === false) P.forget();
    }
    P.ask = () => {
      clearTimeout(P.timer);
      P.timer = setTimeout(flush, 0);
    };
    P.forget = () => {
      P.sentAt = 0;
      np.busy(false, main);
    };
    document.addEventListener("np-failed", () => {
      P.failed = P.failed || Boolean(P.sentAt);
      P.forget();
    });
    P.answered = () => {
      const tookMs = P.sentAt ? Date.now() - P.sentAt : 0;
      P.forget();
      P.failed = false;
      P.shown = P.asked;
      if (P.dirty) P.ask();
      return tookMs;
    };
    return P;
  };

  function moment(at) {
    const s = Math.round((Date.now() - at) / 1000);
    const text = s < 60 ? s + " s" : s < 3600 ? Math.floor(s / 60) + " min" : Math.floor(s / 3600) + " h";
    return new Date(at).toLocaleTimeString("en-GB") + ", " + text + " ago";
  }
  np.age = function (id, at, tookMs) {
    const node = np.el(id);
    if (node && at) node.textContent = "answered in " + tookMs + " ms, as of " + moment(at);
  };

  /* What is said of a number besides what it is: its inputs, its source, its time; of all else
     its hint alone. */
  const SOURCES = {
    modelled: "Source: the model; docs/models say what it assumes.",
    measured: "Source: readings of agents and meters.",
    stored: "Source: what this server has stored.",
  };
  np.told = function (target) {
    const tip = np.temps(target.dataset.tip);
    const source = SOURCES[target.dataset.source];
    if (!source) return tip;
    const [at] = (np.here && np.here.answered && np.here.answered()) || [];
    const inputs = target.dataset.inputs || (target.dataset.source === "modelled" && np.edits.inputs());
    const why = np.old();
    return [/[.!?]$/.test(tip) ? tip : tip + ".", inputs && "Inputs: " + inputs + ".", source, at && "Computed at " + moment(at) + ".", why && "Old: " + why + "."].filter(Boolean).join("\n");
  };

  /* Why the numbers on the page are not those of its inputs; "" where they are. */
  const LATE = "inputs were changed since, and are being answered";
  np.old = function () {
    const { here } = np;
    if (!here) return "";
    if (here.old) return here.old();
    const P = here.pace;
    if (np.lost) return "the server is not reached";
    if (document.querySelector("#" + here.prefix + "-problem .np-problem:not(.np-of-file)")) return "the inputs as they are now have no answer";
    if (P && P.failed) return "the last question has failed";
    const late = P && P.shown !== undefined && P.asked !== P.shown && P.sentAt && Date.now() - P.sentAt > BUSY_MS;
    return late ? LATE : "";
  };
  setInterval(() => {
    const why = np.old();
    const turn = (node, name, is) => node && node.classList.contains(name) !== is && node.classList.toggle(name, is);
    document.querySelectorAll(".np-verdict, .np-numbers").forEach((node) => turn(node, "np-old", Boolean(why)));
    // what stays unanswered is named at each chart of the part that asked
    const parts = new Map(pacers.map((P) => [P.main, false]));
    pacers.forEach((P) => parts.set(P.main, parts.get(P.main) || P.failed));
    if (np.here && np.here.pace) parts.set(np.here.pace.main, Boolean(why) && why !== LATE);
    parts.forEach((is, main) => turn(np.el(main), "np-unanswered", is));
  }, 300);

  np.heartbeat = function (bannerId, coldId, pacer) {
    let lost = false;
    async function beat() {
      let alive = false;
      try {
        const stop = AbortSignal.timeout(8000);
        const reply = await fetch("/api/v1/health", { signal: stop, cache: "no-store" });
        alive = reply.ok;
        const cold = np.el(coldId);
        if (cold && alive && (await reply.json()).kernel === "warming") {
          cold.textContent =
            "Compiling the simulation kernels, once after an update: about half a minute.";
        }
      } catch (_) {
        alive = false;
      }
      const banner = np.el(bannerId);
      if (!banner) return;
      np.lost = !alive;
      if (!alive && !lost) {
        lost = true;
        banner.textContent =
          "Connection lost. The numbers below are the last answer; the page asks again as soon as the server is back.";
        banner.hidden = false;
        pacer.forget();
      } else if (alive && lost) {
        lost = false;
        banner.hidden = true;
        pacer.ask();
      }
    }
    setInterval(beat, 5000);
    setTimeout(beat, 1200);
  };

  np.copied = (text, back) => navigator.clipboard.writeText(text).then(() => "Copied", () => back);

  np.curl = function (path, call) {
    const body = JSON.stringify(call, null, 2).replace(/'/g, "'\\''");
    return "curl -s -X POST " + window.location.origin + "/api/v1" + path + " \\\n" +
      "  -H 'content-type: application/json' \\\n  -d '" + body + "'";
  };

  np.errors = function (prefix, fields) {
    document.querySelectorAll(".np-field-error").forEach((node) => {
      const key = node.id.replace(prefix, "").replace("-error", "");
      const text = (fields || {})[key] || "";
      if (node.textContent !== text) node.textContent = text;
    });
  };

  dc.page = {
    async copyText(clicks, text, id) {
      if (!clicks) return dc.no_update;
      const word = await np.copied(text, "Select and copy");
      setTimeout(() => np.set(id, { children: "Copy" }), 1500);
      return word;
    },
  };
})();
