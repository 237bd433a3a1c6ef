// Dấu «ĐẾN»: the mark on the picture is dragged, or moved with the arrow keys; the two numbers say where it is.
"use strict";
(() => {
  const form = document.querySelector("[data-stamp]");
  const sheet = document.querySelector(".stamp-sheet");
  const mark = document.querySelector(".stamp-mark");
  if (!form || !sheet || !mark) return;
  const x = form.elements.x, y = form.elements.y;
  const [, , wide, high] = sheet.getAttribute("viewBox").split(" ").map(Number);
  const own = mark.querySelector("rect");
  const number = (field) => Number(field.value.replace(",", ".")) || 0;
  const within = (value, most) => Math.round(Math.max(0, Math.min(value, most)) * 10) / 10;

  function put(left, top, write = true) {
    left = within(left, wide - Number(own.getAttribute("width")));
    top = within(top, high - Number(own.getAttribute("height")));
    mark.setAttribute("transform", `translate(${left} ${top})`);
    if (write) { x.value = left; y.value = top; }
  }

  let held = null;
  mark.addEventListener("pointerdown", (event) => {
    const size = sheet.getBoundingClientRect();
    held = { scale: wide / size.width, x: event.clientX, y: event.clientY, left: number(x), top: number(y) };
    mark.setPointerCapture(event.pointerId);
    event.preventDefault();
    mark.focus();
  });
  mark.addEventListener("pointermove", (event) => {
    if (held) put(held.left + (event.clientX - held.x) * held.scale, held.top + (event.clientY - held.y) * held.scale);
  });
  mark.addEventListener("pointerup", () => { held = null; });
  mark.addEventListener("pointercancel", () => { held = null; });
  mark.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const way = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!way || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    put(number(x) + way[0], number(y) + way[1]);
  });
  for (const field of [x, y]) field.addEventListener("input", () => put(number(x), number(y), false));
})();
