/* Paper is narrower than the page. A chart is made smaller as a whole; of a sortable table, which
   shows what its box has room for, paper gets a plain one. */
(function () {
  "use strict";
  const { make } = window.np;
  const MOST_ROWS = 60;

  function table(api) {
    const columns = api.getAllDisplayedColumns().filter((column) => column.getColDef().headerName);
    const row = (tag, told) => make("tr", {}, columns.map((column) =>
      make(tag, { style: /right|numeric/.test(column.getColDef().type) ? "" : "text-align: left" }, String(told(column) ?? ""))));
    const rows = [];
    api.forEachNodeAfterFilterAndSort((rowNode) => rows.length < MOST_ROWS && rows.push(
      row("td", (colKey) => api.getCellValue({ rowNode, colKey, useFormatter: true }))));
    const left = api.getDisplayedRowCount() - rows.length;
    return rows.length ? make("table", { className: "np-table np-paper" },
      left > 0 ? make("caption", {}, "The first " + rows.length + " rows; " + left + " more are on the page.") : null,
      make("thead", {}, row("th", (column) => column.getColDef().headerName)), make("tbody", {}, rows)) : null;
  }

  function shrinks(box) {
    const all = box.querySelectorAll(".main-svg");
    const [width, height] = all.length ? [all[0].clientWidth, all[0].clientHeight] : [];
    if (!width) return;
    box.style.setProperty("--np-width", width + "px");
    box.style.setProperty("--np-shape", width + " / " + height);
    all.forEach((svg) => svg.setAttribute("viewBox", "0 0 " + width + " " + height));
  }

  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".js-plotly-plot .svg-container").forEach(shrinks);
    const { getApi } = window.dash_ag_grid || {};
    if (!getApi) return; // no table is drawn yet
    document.querySelectorAll(".np-grid[id]").forEach((box) => {
      const api = box.offsetParent && getApi(box.id);
      const plain = api && table(api);
      if (plain) box.after(plain);
    });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll(".main-svg[viewBox]").forEach((svg) => svg.removeAttribute("viewBox"));
    document.querySelectorAll(".np-paper").forEach((node) => node.remove());
  });
})();
