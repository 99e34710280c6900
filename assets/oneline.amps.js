/* Amperes and kVA of nodes, for breakers and cables. The model has watts alone: voltage, of each kind
   of node, and power factor are the reader's, and say so; the page's address has them. */
(function () {
  "use strict";
  const np = window.np;
  const USUAL_V = { utility: 13800 };
  const LOW_V = 415;
  const FIELDS = { volts: [100, 500000, "V"], pf: [0.5, 1, ""] };
  const USUAL_PF = 0.95;
  let kind = "";
  let given = {}; // pf, and the voltage of kinds of node

  const pf = () => given.pf || USUAL_PF;
  const volts = (of) => given[of] || USUAL_V[of] || LOW_V;
  const number = (value, digits = 0) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const kva = (w) => w / pf() / 1e3;
  const amps = (w, of) => (1e3 * kva(w)) / (Math.sqrt(3) * volts(of));
  const both = (w, of) => `${number(amps(w, of), amps(w, of) < 10 ? 1 : 0)} A, ${number(kva(w), 1)} kVA`;
  const at = (of) => `${number(volts(of))} V between lines and power factor ${pf()}, assumed`;

  /* What a node of the diagram draws, behind its title. */
  np.feed = (node) => (node.limit_w && node.kind !== "row"
    ? `${node.title}. Limit ${both(node.limit_w, node.kind)}; peak ${both(node.peak_frac * node.limit_w, node.kind)}; at ${at(node.kind)}`
    : node.title);

  /* What the reader sets, as an address has it: "pf~0.9;ups~480". The page's `feed` is told. */
  np.feeds = {
    text: () => Object.entries(given).map((pair) => pair.join("~")).sort().join(";"),
    read(text) {
      const pairs = text.split(";").map((part) => part.split("~")).map(([name, value]) => [name, Number(value)]);
      given = Object.fromEntries(pairs.filter(([name, value]) => {
        const [min, max] = FIELDS[name] || FIELDS.volts;
        return value >= min && value <= max;
      }));
      write();
    },
  };

  function fields(box) {
    const field = (name, words) => {
      const [min, max, unit] = FIELDS[name];
      return np.make("label", {}, words + " ", np.make("input", { name, type: "number", min, max, step: "any" }), unit && " " + unit);
    };
    box.append(field("volts", "A, kVA at"), field("pf", "cos φ"), np.make("span", { className: "np-chip" }, "assumed"));
  }

  function write() {
    const story = np.el("site-node-story");
    const box = np.el("site-feed");
    const title = story && story.querySelector("[data-kind]");
    if (!box) return;
    np.hide(box, !title);
    if (!title) return;
    if (!box.children.length) fields(box);
    kind = title.dataset.kind;
    box.querySelector("[name=volts]").value = volts(kind);
    box.querySelector("[name=pf]").value = pf();
    story.querySelectorAll("[data-w]").forEach((fact) => {
      const w = Number(fact.dataset.w);
      fact.dataset.plain = fact.dataset.plain || fact.dataset.tip;
      fact.dataset.tip = `${fact.dataset.plain}. S = P ÷ cos φ = ${number(kva(w), 1)} kVA; I = S ÷ (√3 × U) = ${number(amps(w, kind), 1)} A, at ${at(kind)}`;
      const value = fact.querySelector("dd");
      const note = value.querySelector("small") || value.appendChild(np.make("small", { className: "np-quiet" }));
      note.textContent = both(w, kind);
    });
    document.querySelectorAll(".np-node[data-tip]").forEach((node) => node.told && node.setAttribute("data-tip", np.feed(node.told)));
  }

  document.addEventListener("change", (event) => {
    const field = event.target.closest("#site-feed input");
    if (!field) return;
    if (field.value && field.checkValidity()) {
      given[field.name === "pf" ? "pf" : kind] = Number(field.value);
      np.here.feed(np.feeds.text());
    }
    write();
  });
  const start = setInterval(() => {
    const story = np.el("site-node-story");
    if (!story) return;
    clearInterval(start);
    new MutationObserver((records) => records.some((r) => r.target === story) && write()).observe(story, { childList: true, subtree: true });
    write();
  }, 200);
})();
