/* What every chart can do: a table of its numbers, files of it, one crosshair for all charts
   of time. A page adds nothing: a chart is found when it appears. Charts drawn by a page
   itself name their numbers in np.drawn: {id: () => tables}. */
(function () {
  "use strict";
  const np = (window.np = window.np || {});
  np.drawn = np.drawn || {};
  const TITLE_PX = 30;
  const known = new WeakSet();
  let count = 0;

  const make = (tag, name, more) => Object.assign(document.createElement(tag), { className: name }, more || {});
  const section = (box) => box.closest("section, .np-chart, .mantine-Modal-body");
  const title = (box) => {
    const at = section(box);
    const head = at && at.querySelector(".np-h2, h2, h3");
    return (head ? head.textContent : document.title).trim();
  };
  const fileName = (box) => "nameplate-" + title(box).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
  const ground = (box) => {
    for (let at = box; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour && !/^rgba\(.*, 0\)$|transparent/.test(colour)) return colour;
    }
    return "#ffffff";
  };

  // --- files -----------------------------------------------------------------------------

  function save(url, name) {
    const link = make("a", "", { href: url, download: name });
    link.click();
    if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
  const saveText = (text, type, name) => save(URL.createObjectURL(new Blob([text], { type })), name);
  /* A page's Export menu: {part of the button's id: [file name, () => rows or text]}. */
  np.exports = (prefix, files) => document.addEventListener("click", (event) => {
    const { id } = event.target.closest(".np-menu-items button") || {};
    const [name, made] = (id && files[id.replace(prefix + "-save-", "")]) || [];
    if (!name) return;
    const found = made();
    saveText(typeof found === "string" ? found : np.csv(found), name.endsWith(".csv") ? "text/csv" : "text/plain", "nameplate-" + name);
  });

  async function picture(box, kind) {
    const gd = box.querySelector(".js-plotly-plot");
    if (!gd) return drawnPicture(box, kind);
    const { clientWidth: width, clientHeight: height } = gd;
    const { data, layout } = np.inked(gd, "light");
    const margin = { ...layout.margin, t: ((layout.margin || {}).t || 0) + TITLE_PX };
    const over = { paper_bgcolor: np.onPaper(() => ground(box)), margin, title: { text: title(box), x: 0.01, y: 0.985, yanchor: "top", font: { size: 14 } } };
    const url = await window.Plotly.toImage({ data, layout: { ...layout, ...over } },
      { format: kind, width, height: height + TITLE_PX, scale: kind === "png" ? 2 : 1 });
    return save(url, `${fileName(box)}.${kind}`);
  }

  // a file has no style sheet: its looks go along
  const LOOKS = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "stroke-opacity", "fill-opacity", "font-size", "font-family", "font-weight"];
  function styled(svg) {
    const copy = svg.cloneNode(true);
    const from = svg.querySelectorAll("*");
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.style.background = ground(svg);
    copy.querySelectorAll("*").forEach((n, k) => {
      const css = getComputedStyle(from[k]);
      LOOKS.forEach((name) => n.style.setProperty(name, css.getPropertyValue(name)));
    });
    return copy.outerHTML;
  }

  async function drawnPicture(box, kind) {
    const svg = box.querySelector("svg");
    const text = np.onPaper(() => styled(svg));
    if (kind === "svg") return saveText(text, "image/svg+xml", fileName(box) + ".svg");
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(text);
    await image.decode();
    const size = svg.getBoundingClientRect();
    const canvas = make("canvas", "", { width: 2 * size.width, height: 2 * size.height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return save(canvas.toDataURL("image/png"), fileName(box) + ".png");
  }
  np.savePicture = (id, kind) => picture(document.getElementById(id), kind);

  // --- tools -----------------------------------------------------------------------------

  const tables = (box) => {
    const gd = box.querySelector(".js-plotly-plot");
    return gd ? np.chartTables(gd) : np.drawn[box.id]();
  };

  function tools(box) {
    const id = "np-figure-" + (count += 1);
    const bar = make("div", "np-figure-tools", { hidden: true });
    bar.setAttribute("role", "group");
    const open = make("button", "", { type: "button", textContent: "Table" });
    open.setAttribute("aria-expanded", "false");
    open.setAttribute("aria-controls", id);
    const panel = make("div", "np-figure-table np-scroll", { id, hidden: true, tabIndex: 0 });
    panel.setAttribute("role", "region");
    const fill = () => {
      if (!panel.hidden && !fold) np.chartTable(panel, tables(box), title(box));
    };
    // a page's own table, in its own words, takes the place of the one made here
    const fold = section(box) && section(box).querySelector("details.np-table-fold:not(.np-fold-plain)");
    if (fold) open.setAttribute("aria-controls", fold.id || (fold.id = id + "-own"));
    open.addEventListener("click", () => {
      const shown = open.getAttribute("aria-expanded") !== "true";
      open.setAttribute("aria-expanded", String(shown));
      if (fold) fold.open = shown;
      else panel.hidden = !shown;
      fill();
    });
    const button = (text, act) => {
      const node = make("button", "", { type: "button", textContent: text });
      node.addEventListener("click", act);
      return node;
    };
    bar.append(open, button("CSV", () => saveText(np.chartCsv(tables(box)), "text/csv", fileName(box) + ".csv")),
      button("PNG", () => picture(box, "png")), button("SVG", () => picture(box, "svg")));
    const name = () => {
      bar.setAttribute("aria-label", "Table and files: " + title(box));
      panel.setAttribute("aria-label", "Table: " + title(box));
    };
    const head = section(box) && section(box).querySelector(".np-chart-head");
    const alone = head && section(box).querySelectorAll(".dash-graph, [data-drawn]").length === 1;
    if (alone) head.append(bar);
    else box.before(bar);
    // a wide chart scrolls in a box of its own, without its table
    if (!fold) (box.closest(".np-wide") || box).after(panel);
    return { bar, fill, name, open: () => !panel.hidden };
  }

  function attach(box) {
    if (known.has(box)) return;
    known.add(box);
    const t = tools(box);
    let due = 0;
    const drawn = () => {
      t.bar.hidden = !tables(box).length;
      t.name();
      const gd = box.querySelector(".js-plotly-plot");
      if (gd) gd.setAttribute("aria-label", title(box) + "; its numbers are in the table beside it");
      t.fill();
    };
    const soon = () => {
      if (!due) due = setTimeout(() => { due = 0; if (box.isConnected) drawn(); }, t.open() ? 300 : 60);
    };
    const gd = box.querySelector(".js-plotly-plot");
    if (gd) {
      gd.setAttribute("role", "img");
      gd.on("plotly_afterplot", soon);
      gd.on("plotly_hover", (event) => crossFrom(gd, event));
      gd.on("plotly_unhover", uncross);
    } else new MutationObserver(soon).observe(box, { childList: true });
    soon();
  }

  function find() {
    document.querySelectorAll(".dash-graph").forEach((box) => {
      const gd = box.querySelector(".js-plotly-plot");
      if (gd && gd.on && gd._fullData) attach(box);
    });
    Object.keys(np.drawn).forEach((id) => {
      const box = document.getElementById(id);
      if (box && box.querySelector("svg")) {
        box.dataset.drawn = "";
        attach(box);
      }
    });
  }
  // what scrolls can be scrolled by keys
  const scrolls = (box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
  function reach() {
    document.querySelectorAll(".np-scroll, .np-scroll-x, .np-fit-table, .np-rides, #site-affected").forEach((box) => {
      if (!box.hasAttribute("tabindex") && scrolls(box)) box.tabIndex = 0;
    });
  }
  // plots come one by one after the layout; the search costs less than an observer of all
  setInterval(() => { if (!document.hidden) { find(); reach(); } }, 500);

  // --- units and period, kept over pages; an address that names others wins (np.fromUrl) ----

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (!target.closest) return;
    if (target.closest('[id$="-units"]') && /^(W|kW|MW)$/.test(target.value)) np.keep("np-units", target.value);
    if (target.closest("#live-range, #data-period")) np.keep("np-range", target.value);
  });

  // --- one crosshair -----------------------------------------------------------------------

  /* `layout.meta.time_s` says how many seconds one unit of the x axis is. */
  const perUnit = (gd) => ((gd.layout || {}).meta || {}).time_s || 0;
  let crossing = false;

  function line(gd, at_s) {
    const axis = gd._fullLayout.xaxis;
    const px = axis.c2p(at_s / perUnit(gd));
    let mark = gd.querySelector(".np-cross");
    if (!mark) {
      mark = gd.appendChild(make("div", "np-cross"));
      mark.setAttribute("aria-hidden", "true");
    }
    const inside = px >= 0 && px <= axis._length;
    const size = gd._fullLayout._size;
    mark.hidden = !inside;
    if (inside) Object.assign(mark.style, { left: `${axis._offset + px}px`, top: `${size.t}px`, height: `${size.h}px` });
    return inside;
  }

  function crossFrom(gd, event) {
    if (crossing || !perUnit(gd) || !event.points || !event.points.length) return;
    crossing = true;
    const point = event.points[0];
    const at_s = perUnit(gd) * gd._fullLayout.xaxis.d2c(point.x);
    document.querySelectorAll(".js-plotly-plot").forEach((other) => {
      if (!perUnit(other) || !other.offsetParent || !other._fullLayout) return;
      const inside = line(other, at_s);
      if (other === gd || !inside) return;
      try {
        window.Plotly.Fx.hover(other, { xval: at_s / perUnit(other) }, "xy", true); // says no event, else the two would answer each other
      } catch (_) {
        // a chart that is being drawn has nothing to point at
      }
    });
    crossing = false;
  }

  function uncross() {
    if (crossing) return;
    crossing = true;
    document.querySelectorAll(".js-plotly-plot").forEach((gd) => {
      const mark = gd.querySelector(".np-cross");
      if (!mark || mark.hidden) return;
      mark.hidden = true;
      if (gd._fullLayout) window.Plotly.Fx.unhover(gd);
    });
    crossing = false;
  }
})();
