/* Charts come in the colours of light ground and in °C. They are drawn as the page is read: in sister
   colours on dark ground (data-sisters of the page), and light on paper and in files. */
(function () {
  "use strict";
  const np = window.np;
  const dc = window.dash_clientside;
  const root = document.documentElement;
  const COLOUR = /#[0-9a-f]{6}|(?<=rgba?\()\d+, ?\d+, ?\d+/g;
  np.changes = []; // what else is done to a figure before it is drawn: (node, figure) => figure

  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join();
  let sisters = null; // {dark: light colour to dark, light: back}
  function table() {
    const page = document.querySelector("[data-sisters]");
    if (!sisters && page) {
      const pairs = Object.entries(JSON.parse(page.dataset.sisters));
      const all = pairs.concat(pairs.map((pair) => pair.map(rgb)));
      sisters = { dark: Object.fromEntries(all), light: Object.fromEntries(all.map(([light, dark]) => [dark, light])) };
    }
    return sisters;
  }
  const scheme = () => (root.dataset.mantineColorScheme === "dark" ? "dark" : "light");

  /* A figure in the colours of a ground; numbers stay the arrays they are. */
  function inked(value, to) {
    if (typeof value === "string") return value.replace(COLOUR, (colour) => to[colour.replace(/ /g, "")] || colour);
    if (Array.isArray(value)) return typeof value[value.length - 1] === "number" ? value : value.map((part) => inked(part, to));
    if (!value || Object.getPrototypeOf(value) !== Object.prototype || value.bdata) return value;
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inked(part, to)]));
  }
  np.inked = ({ data, layout }, ground) => (table() ? inked({ data, layout }, sisters[ground]) : { data, layout });

  let plotly = window.Plotly;
  let plainly = null;
  function taught(library) {
    plainly = library.react;
    for (const name of ["react", "newPlot"]) {
      const plain = library[name];
      library[name] = (node, figure, ...more) => {
        if (!figure || Array.isArray(figure)) return plain(node, figure, ...more);
        const made = np.changes.reduce((one, change) => change(node, one), figure);
        return plain(node, scheme() === "dark" ? { ...made, ...np.inked(made, "dark") } : made, ...more);
      };
    }
    return library;
  }
  Object.defineProperty(window, "Plotly", { configurable: true, get: () => plotly, set: (library) => { plotly = taught(library); } });

  // charts as they are now: grown, zoomed and in °F, in other colours
  let shown = scheme();
  function repaint() {
    if (scheme() === shown) return;
    shown = scheme();
    document.querySelectorAll(".js-plotly-plot").forEach((gd) => gd.layout && plainly(gd, np.inked(gd, shown)));
  }
  new MutationObserver(repaint).observe(root, { attributeFilter: ["data-mantine-color-scheme"] });

  /* Does something while the page is light. */
  np.onPaper = function (act) {
    const before = scheme();
    root.dataset.mantineColorScheme = "light";
    try {
      return act();
    } finally {
      root.dataset.mantineColorScheme = before;
    }
  };
  let before = "";
  const turn = (to) => {
    root.dataset.mantineColorScheme = to;
    repaint();
  };
  window.addEventListener("beforeprint", () => {
    before = scheme();
    turn("light");
  });
  window.addEventListener("afterprint", () => turn(before));

  dc.page.scheme = (theme) => (np.isDark(theme) ? "dark" : "light");
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    const { prefix } = np.here || {};
    const box = prefix && document.querySelector("#" + prefix + "-theme input:checked");
    if (box) np.set(prefix + "-mantine", { forceColorScheme: dc.page.scheme(box.value) });
  });
})();
