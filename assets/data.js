/* The Data page: the URL, pages of sources, files sent to the API as they are. */
(function () {
  "use strict";
  const dc = (window.dash_clientside = window.dash_clientside || {});
  const np = window.np;
  const { el, set, hide } = np;
  const AGAIN_MS = 30000;
  const ASKED = ["period", "search"]; // choices that the answer is of
  const SHOWN = { // which fields a kind of file takes
    servers: ["netbox", "dps", "opendcim", "csv"], column: ["price", "carbon", "weather-csv"],
    zone: ["price", "carbon", "weather-csv", "readings"], unit: ["price", "carbon"],
    into: ["netbox", "dps", "opendcim", "csv"],
  };
  const S = { view: null, defaults: {}, pages: 1 };

  /* What a file says it is wins over what was left chosen. */
  function kindOf(contents, names, chosen) {
    if (names[0].toLowerCase().endsWith(".epw")) return "epw";
    if (names.every((name) => name.startsWith("fac_"))) return "opendcim";
    const head = new TextDecoder().decode(bytes(contents[0]).slice(0, 40));
    return head.startsWith("id,kind,name,fed_by") ? "csv" : chosen;
  }
  const pace = np.pacer(send, "data-main");

  function send(seq) {
    if (!S.view) return false;
    set("data-request", { data: { seq, view: S.view } });
  }

  const writeUrl = () => np.writeUrl(S.view, S.defaults);

  function fit() {
    for (const [key, kinds] of Object.entries(SHOWN)) hide("data-" + key + "-box", !kinds.includes(S.view.kind));
    ["output", "rated"].forEach((key) => hide("data-fit-" + key + "-box", S.view["fit-kind"] !== "conversion"));
  }

  function open(data) {
    S.view.import = data.id || "";
    writeUrl();
    set("data-open", { data });
  }

  document.addEventListener("click", (event) => {
    if (!S.view) return;
    const chosen = event.target.closest("[data-import]");
    if (chosen) {
      open({ id: chosen.dataset.import });
      el("data-preview").scrollIntoView({ block: "nearest" });
    }
    const fitted = event.target.closest("[data-fit]");
    if (fitted) set("data-fit-chosen", { data: { id: fitted.dataset.fit } });
    const { id } = event.target.closest("button") || {};
    const step = { "data-page-back": -1, "data-page-next": 1 }[id];
    if (!step) return;
    const page = Math.max(1, Math.min(S.pages, Number(S.view.page) + step));
    if (page === Number(S.view.page)) return;
    S.view.page = String(page);
    writeUrl();
    pace.ask();
  });

  function bytes(url) {
    const text = atob(url.slice(url.indexOf(",") + 1));
    return Uint8Array.from(text, (c) => c.charCodeAt(0));
  }

  function body(contents, names) {
    if (contents.length === 1) return bytes(contents[0]);
    const decoder = new TextDecoder();
    return JSON.stringify({ files: Object.fromEntries(contents.map((c, i) => [names[i], decoder.decode(bytes(c))])) });
  }

  async function post(url, content) {
    const reply = await fetch(url, { method: "POST", body: content, headers: { "content-type": "application/octet-stream" } });
    const said = await reply.json();
    return reply.ok ? said : { problem: said };
  }

  const naming = setInterval(() => { // the component comes late, and its input without a name
    const file = document.querySelector("#data-file input[type=file]");
    if (!file) return;
    file.setAttribute("aria-label", "Files to bring in");
    clearInterval(naming);
  }, 200);
  setInterval(() => S.view && !document.hidden && pace.ask(), AGAIN_MS);
  np.page({ prefix: "data", pace, call, answered: () => [S.answeredAt, S.tookMs] });

  const written = (id) => [id + ".csv", () => np.rowsOf(el("data-" + id))];
  np.exports("data", {
    sources: written("sources"), imports: written("imports"), events: written("events"),
    place: ["placement.csv", () => {
      const rows = [["source", "node"]];
      window.dash_ag_grid.getApi("data-place-grid").forEachNode((row) => rows.push([row.data.name, row.data.node]));
      return rows;
    }],
    curl: ["data.sh", () => call() + "\n"],
  });

  function call() {
    const start = "curl -s '" + window.location.origin + "/api/v1";
    return ["/telemetry/sources", "/telemetry/placement", "/imports"].map((path) => start + path + "'").join("\n");
  }

  dc.data = {
    gather() {
      const moved = np.choices("data", S, arguments[arguments.length - 1]);
      fit();
      if (!moved) {
        if (S.view.import) set("data-open", { data: { id: S.view.import } });
        pace.ask();
        return;
      }
      if (moved.includes("search") || moved.includes("period")) S.view.page = "1";
      writeUrl();
      if (moved.some((key) => ASKED.includes(key))) pace.ask();
    },

    answered(kept) {
      if (!kept) return;
      S.tookMs = pace.answered();
      if (kept.ok) {
        S.answeredAt = Date.now();
        S.pages = kept.pages;
        if (Number(S.view.page) > kept.pages) S.view.page = String(kept.pages);
        ["back", "next"].forEach((way) => {
          el("data-page-" + way).disabled = way === "back" ? S.view.page === "1" : Number(S.view.page) >= kept.pages;
        });
        document.body.dataset.dataSeq = kept.seq;
        writeUrl();
      }
    },

    placed() {
      pace.ask();
    },

    refresh(clicks) {
      if (!clicks) return;
      pace.ask();
      set("data-reload", { data: "r" + clicks });
    },

    async sent(contents, names, given, name, into, servers, column, zone, unit) {
      if (!contents || !contents.length) return;
      const kind = kindOf(contents, names, given);
      if (kind !== given) set("data-kind", { value: kind });
      const note = el("data-file-note");
      const title = (name || "").trim() || (names[0] || "file").replace(/\.[^.]*$/, "").toLowerCase().replace(/[^a-z0-9_-]+/g, "-").slice(0, 60);
      note.textContent = "Reading " + names.join(", ") + " …";
      const asked = { servers, column, zone, unit, scenario_id: into };
      const query = kind === "readings" ? new URLSearchParams({ source: title }) : new URLSearchParams({ kind, name: title });
      for (const [key, value] of Object.entries(asked)) {
        const takes = SHOWN[key === "scenario_id" ? "into" : key].includes(kind);
        if (value && takes) query.set(kind === "readings" && key === "zone" ? "time_zone" : key, value);
      }
      const path = kind === "readings" ? "/api/v1/telemetry/upload?" : "/api/v1/imports/preview?";
      try {
        const said = await post(path + query, body(contents, names));
        note.textContent = said.problem ? names.join(", ") + " was not read." : names.join(", ") + " was read.";
        open(said.problem ? { problem: said.problem } : kind === "readings" ? { readings: said } : { id: said.id });
        if (kind === "readings") pace.ask();
      } catch (_) {
        note.textContent = "The server was not reached; choose the file again.";
      }
      setTimeout(() => set("data-file", { contents: null }), 0); // the same file may come again
    },

  };
})();
