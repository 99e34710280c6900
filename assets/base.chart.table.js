/* What a chart draws, as columns: for the table beside it and for its CSV. Read from what
   plotly made of the figure, so that no number is told twice. */
(function () {
  "use strict";
  const np = (window.np = window.np || {});
  const MOST_ROWS = 48;

  const words = (html) => String(html).replace(/<br>/g, ", ").replace(/<[^>]*>/g, "").replace(/&nbsp;/g, " ").trim();
  const numeric = (v) => typeof v === "number" && Number.isFinite(v);

  /* An axis: its title with the unit, and how its values are written. */
  function axisOf(gd, id, fallback) {
    const key = id.replace(/^([xy])(\d*)$/, "$1axis$2");
    const axis = gd._fullLayout[key] || {};
    const given = (gd.layout[key] || {}).title;
    const title = words((typeof given === "object" ? given.text : given) || "");
    const percent = /%$/.test(axis.tickformat || "");
    const unit = percent ? "%" : (axis.ticksuffix || "").trim();
    const named = new Map();
    if (axis.tickmode === "array" && axis.ticktext) {
      axis.tickvals.forEach((v, i) => named.set(v, words(axis.ticktext[i])));
    }
    return {
      title: (title || fallback) + (unit && !title.includes(unit) ? (title || fallback ? ", " : "") + unit : ""),
      type: axis.type, bare: !title, unit,
      read(v) {
        if (v === null || v === undefined || v !== v) return null;
        if (axis.type === "date") return typeof v === "number" ? new Date(v).toISOString().slice(0, 19).replace("T", " ") : v;
        if (named.has(v) && axis.type !== "log") return named.get(v);
        if (percent && typeof v === "number") return 100 * v;
        return typeof v === "string" ? words(v) : v;
      },
    };
  }

  // "%{y:,.1f} kW" says the unit of y
  function unitIn(template, letter) {
    const found = new RegExp(`%\\{${letter}[^}]*\\}\\s*([^<%{,;(]*)`).exec(template || "");
    const unit = found ? words(found[1]).split(" of ")[0].trim() : "";
    return unit.length < 14 ? unit : "";
  }

  const along = (trace, letter) => {
    const values = trace[letter];
    if (values && values.length) return Array.from(values);
    const other = trace[letter === "x" ? "y" : "x"] || [];
    const d = trace["d" + letter] || 1;
    const start = trace[letter + "0"];
    const from = typeof start === "string" ? Date.parse(start.replace(" ", "T") + "Z") : start || 0;
    const count = trace.z ? (letter === "x" ? trace.z[0].length : trace.z.length) : other.length;
    return Array.from({ length: count }, (_, i) => from + i * d);
  };

  const nameOf = (gd, trace, axis) => words((gd.data[trace.index] || {}).name || "") || axis.title;

  /* One series: a name, its places and its values. */
  function line(gd, trace) {
    const flat = trace.orientation === "h";
    const [places, values] = flat ? ["y", "x"] : ["x", "y"];
    const px = axisOf(gd, trace[places + "axis"] || places, "");
    const vy = axisOf(gd, trace[values + "axis"] || values, "value");
    const at = along(trace, places);
    const name = nameOf(gd, trace, vy);
    const unit = unitIn(trace.hovertemplate, values).replace(name, "").trim();
    const told = unit || (vy.bare ? vy.unit : vy.title);
    const columns = [{ name: name + (told && told !== name ? `, ${told}` : ""), values: along(trace, values).map(vy.read) }];
    const error = trace["error_" + values];
    if (error && error.visible && error.array) {
      columns.push({ name: `${name}, up to`, values: columns[0].values.map((v, i) => v + error.array[i]) });
      const down = error.symmetric === false && error.arrayminus ? error.arrayminus : error.array;
      columns.push({ name: `${name}, down to`, values: columns[0].values.map((v, i) => v - down[i]) });
    }
    if (Array.isArray(trace.text) && new Set(trace.text.filter(Boolean)).size > 1) {
      columns.push({ name: "label", values: trace.text.map((t) => words(t || "")) });
    }
    return { place: px.title || (px.type === "date" ? "time" : ""), at: at.map(px.read), columns };
  }

  function grid(gd, trace) {
    const x = axisOf(gd, trace.xaxis || "x", "column");
    const y = axisOf(gd, trace.yaxis || "y", "row");
    const xs = along(trace, "x").map(x.read);
    const ys = along(trace, "y").map(y.read);
    const unit = unitIn(trace.hovertemplate, "z");
    const bar = words((((trace.colorbar || {}).title || {}).text) || "");
    const name = nameOf(gd, trace, { title: bar || "value" });
    const rows = Array.from(trace.z, (row, r) => ({ name: ys.length === 1 ? name : String(ys[r]), values: Array.from(row) }));
    // plotly's text of a cell says what a number alone does not
    const said = Array.isArray(trace.text) && Array.isArray(trace.text[0]) ? trace.text : null;
    if (said) rows.forEach((row, r) => { row.values = row.values.map((v, c) => (said[r] && said[r][c] ? words(said[r][c]) : v)); });
    rows.forEach((row) => { if (unit) row.name += `, ${unit}`; });
    return { place: x.title, at: xs, columns: rows };
  }

  function flows(trace) {
    const label = trace.node.customdata || trace.node.label.map(words);
    const { source, target, value } = trace.link;
    const unit = (trace.valuesuffix || "").trim();
    return {
      place: "from", at: Array.from(source, (s) => label[s]),
      columns: [{ name: "to", values: Array.from(target, (t) => label[t]) },
        { name: unit ? `flow, ${unit}` : "flow", values: Array.from(value) }],
    };
  }

  /* Columns of all that is drawn; series on the same places share a table. */
  np.chartTables = function (gd) {
    const found = [];
    for (const trace of (gd && gd._fullData) || []) {
      const made = gd.data[trace.index] || {};
      if (trace.visible !== true || (trace.hoverinfo === "skip" && !made.name)) continue;
      const one = trace.type === "sankey" ? flows(trace) : trace.z ? grid(gd, trace) : line(gd, trace);
      if (!one.at.length) continue;
      const like = found.find((f) => f.place === one.place && f.at.length === one.at.length && f.at.every((v, i) => v === one.at[i]));
      if (like) like.columns.push(...one.columns);
      else found.push(one);
    }
    return found;
  };

  // --- written ---------------------------------------------------------------------------

  function writer(values) {
    const known = values.filter(numeric).map(Math.abs);
    const top = Math.max(0, ...known);
    const least = Math.min(Infinity, ...known.filter((v) => v > 0));
    const whole = known.every(Number.isInteger);
    const spread = top / least > 1e5; // decades: each to its own digits
    const digits = whole ? 0 : Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(top || 1))));
    const format = new Intl.NumberFormat("en-US", spread
      ? { maximumSignificantDigits: 4 } : { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return (v) => (v === null || v === undefined || v !== v ? "–" : numeric(v) ? format.format(v).replace("-", "\u2212") : String(v));
  }

  function extremes(one) {
    const of = (join) => one.columns.map((c) => {
      const known = c.values.filter(numeric);
      return known.length ? known.reduce((a, b) => join(a, b)) : null;
    });
    return [["lowest", of(Math.min)], ["highest", of(Math.max)]];
  }

  const head = (text, scope) => np.make("th", { scope }, text);
  const row = (name, cells) => np.make("tr", {}, head(name, "row"), cells.map((c) => np.make("td", {}, c)));

  function tableOf(one, title, alone) {
    const step = Math.ceil(one.at.length / MOST_ROWS);
    const shown = one.at.map((_, i) => i).filter((i) => i % step === 0 || i === one.at.length - 1);
    const part = alone ? "" : ": " + one.columns.map((c) => c.name).join(", ");
    const cut = step > 1 ? `. ${one.at.length.toLocaleString("en-US")} places, every ${step}th shown; lowest and highest are of all, and CSV has all` : "";
    const write = one.columns.map((c) => writer(c.values));
    const place = writer(one.at);
    return np.make("table", { className: "np-table" },
      np.make("caption", {}, title + part + cut),
      np.make("thead", {}, np.make("tr", {}, head(one.place || "what", "col"), one.columns.map((c) => head(c.name, "col")))),
      np.make("tbody", {}, shown.map((i) => row(place(one.at[i]), one.columns.map((c, k) => write[k](c.values[i]))))),
      step > 1 ? np.make("tfoot", {}, extremes(one).map(([name, of]) => row(name, of.map((v, k) => write[k](v))))) : null);
  }

  np.chartTable = function (box, tables, title) {
    box.replaceChildren(...tables.map((one) => tableOf(one, title, tables.length === 1)));
  };

  const cell = (v) => {
    const text = v === null || v === undefined || v !== v ? "" : String(v);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };

  np.csv = (rows) => rows.map((line) => line.map(cell).join(",") + "\r\n").join("");
  np.chartCsv = (tables) => tables.map((one) => np.csv([
    [one.place || "what", ...one.columns.map((c) => c.name)],
    ...one.at.map((at, i) => [at, ...one.columns.map((c) => c.values[i])]),
  ])).join("\r\n");
  // what is written in a table, or that there is none; a cell may say itself in full
  np.rowsOf = function (box) {
    const rows = [...box.querySelectorAll("tr")].map((line) => [...line.children].map((c) => c.dataset.csv || c.innerText.trim()));
    return rows.length ? rows : [[box.innerText.trim()]];
  };
})();
