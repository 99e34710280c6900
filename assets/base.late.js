/* The libraries of charts and of tables take most of a second to start. They come once the page is in
   sight and at rest; who asks for one before, waits for it. */
(function () {
  "use strict";
  const { make } = window.np;
  const { Suspense, createElement, lazy } = window.React;
  const REST_MS = 500;
  const rest = window.requestIdleCallback || ((act) => setTimeout(act, 50));

  const late = (name) => new Promise((done, failed) => {
    const script = make("script", { src: document.querySelector(`link[data-late=${name}]`).href, onload: done, onerror: failed });
    const seen = () => (document.querySelector(".np-header")
      ? rest(() => document.head.append(script), { timeout: REST_MS }) : requestAnimationFrame(seen));
    requestAnimationFrame(seen);
  });

  window.Plotly = { then: (done, failed) => late("charts").then(() => done(), failed) };

  // in place of the library: a table that brings it, and is ready for answers once that is
  let begin;
  const tables = new Promise((done) => { begin = done; }).then(() => late("tables")).then(() => window.dash_ag_grid);
  const Table = lazy(() => tables.then(({ AgGrid }) => ({ default: AgGrid })));
  const AgGrid = (props) => {
    begin();
    return createElement(Suspense, { fallback: null }, createElement(Table, props));
  };
  AgGrid._dashprivate_isLazyComponentReady = tables.then((library) => library.AgGrid._dashprivate_isLazyComponentReady);
  window.dash_ag_grid = { AgGrid, getApiAsync: (id) => tables.then((library) => library.getApiAsync(id)) };
})();
