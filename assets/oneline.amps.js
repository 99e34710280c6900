/* Amperes and kVA of nodes, for breakers and cables. The model has watts alone: voltage, kept for each
   kind of node, and power factor are the reader's, and say so. */
(function () {
  "use strict";
  const np = window.np;
  const KEY = "np-feed";
  const USUAL_V = { utility: 13800 };
  const LOW_V = 415;
  const FIELDS = { volts: [100, 500000, "V"], pf: [0.5, 1, ""] };
  let kind = "";

  const all = () => ({ pf: 0.95, ...JSON.parse(np.kept(KEY) || "{}") });
  const volts = (of) => all()[of] || USUAL_V[of] || LOW_V;
  const number = (value, digits = 0) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const kva = (w) => w / all().pf / 1e3;
  const amps = (w, of) => (1e3 * kva(w)) / (Math.sqrt(3) * volts(of));
  const both = (w, of) => `${number(amps(w, of), amps(w, of) < 10 ? 1 : 0)} A, ${number(kva(w), 1)} kVA`;
  const at = (of) => `${number(volts(of))} V between lines and power factor ${all().pf}, assumed`;

  /* What a node of the diagram draws, behind its title. */
  np.feed = (node) => (node.limit_w && node.kind !== "row"
    ? `${node.title}. Limit ${both(node.limit_w, node.kind)}; peak ${both(node.peak_frac * node.limit_w, node.kind)}; at ${at(node.kind)}`
    : node.title);

  function fields(box) {
    const field = (name, words) => {
      const [min, max, unit] = FIELDS[name];
      return np.make("label", {}, words + " ", np.make("input", { name, type: "number", min, max, step: "any" }), unit && " " + unit);
    };
    box.append(field("volts", "A, kVA at"), field("pf", "cos φ"), np.make("span", { className: "np-chip" }, "assumed"));
  }

  function write() {
    const story = np.el("site-node-story");
    const box = np.el("site-amps");
    const title = story.querySelector("[data-kind]");
    np.hide(box, !title);
    if (!title) return;
    if (!box.children.length) fields(box);
    kind = title.dataset.kind;
    box.querySelector("[name=volts]").value = volts(kind);
    box.querySelector("[name=pf]").value = all().pf;
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
    const field = event.target.closest("#site-amps input");
    if (!field) return;
    if (field.value && field.checkValidity()) np.keep(KEY, JSON.stringify({ ...all(), [field.name === "pf" ? "pf" : kind]: Number(field.value) }));
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
