/* What every page shares: hints, and menus that close. One node serves all hints: each
   overlay component of the library costs every redraw of the page. */
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
    box.textContent = target.dataset.tip;
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
