// Boxes on the page's picture: dragged, or moved by arrow keys. The form's numbers are the truth; the server sets the limits.
(() => {
  "use strict";

  const MM = 72 / 25.4, EDGE = 4, LEAST = 0.25, MOST = 0.40;
  const form = document.getElementById("places");
  const said = document.getElementById("said");
  if (!form) return;
  const boxes = new Map([...document.querySelectorAll(".places .box")].map((g) => [g.dataset.name, read(g)]));
  const leader = boxes.get("ChuKyLanhDao"), seal = boxes.get("DauCoQuan");

  function read(g) {
    const svg = g.ownerSVGElement, page = svg.viewBox.baseVal;
    const part = (name) => Number(g.dataset[name]);
    return { g, svg, name: g.dataset.name, x: part("x"), y: part("y"), width: part("width"), height: part("height"),
             right: page.width, bottom: page.height, label: g.querySelector("title").textContent };
  }

  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  function put(box, x, y) {
    box.x = clamp(x, EDGE, box.right - EDGE - box.width);
    box.y = clamp(y, EDGE, box.bottom - EDGE - box.height);
  }

  // the seal by itself: about a third of the picture stays under it, its middle beside the picture's
  function putSeal(x, y) {
    const share = clamp((x + seal.width - leader.x) / leader.width, LEAST, MOST);
    const most = Math.max(leader.height / 2, 12);
    const middle = leader.y + leader.height / 2;
    const rise = clamp(y + seal.height / 2 - middle, -most, most);
    seal.x = clamp(leader.x + share * leader.width - seal.width, 0, seal.right - seal.width);
    seal.y = clamp(middle + rise - seal.height / 2, 3, seal.bottom - seal.height - 3);
  }

  function moveTo(box, x, y) {
    if (box === seal && leader) {
      putSeal(x, y);
    } else if (box === leader && seal) {
      const across = seal.x - leader.x, down = seal.y - leader.y;
      put(leader, x, y);
      putSeal(leader.x + across, leader.y + down);
      draw(seal);
    } else {
      put(box, x, y);
    }
    draw(box);
  }

  function draw(box) {
    box.g.setAttribute("transform", `translate(${box.x.toFixed(2)} ${box.y.toFixed(2)})`);
    const [left, top] = [box.x, box.y].map((value) => (value / MM).toFixed(2).replace(".", ","));
    form.elements[`${box.name}.left`].value = left;
    form.elements[`${box.name}.top`].value = top;
    box.g.setAttribute("aria-label", `${box.label}: cách mép trái ${left} mm, mép trên ${top} mm. Phím mũi tên để dời.`);
  }

  function tell(box) {
    const words = (value) => (value / MM).toFixed(1).replace(".", ",");
    said.textContent = `${box.label}: cách trái ${words(box.x)} mm, cách trên ${words(box.y)} mm`;
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function hold(box, held) {
    box.g.classList.toggle("held", held);
    const row = form.querySelector(`[data-row="${box.name}"]`);
    if (row) row.classList.toggle("held", held);
  }

  function point(box, event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(box.svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  for (const box of boxes.values()) {
    let grip = null;
    box.g.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      const [x, y] = point(box, event);
      grip = [x - box.x, y - box.y];
      box.g.setPointerCapture(event.pointerId);
      box.g.focus({ preventScroll: true });
      hold(box, true);
      event.preventDefault();
    });
    box.g.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const [x, y] = point(box, event);
      moveTo(box, x - grip[0], y - grip[1]);
    });
    const drop = () => {
      if (!grip) return;
      grip = null;
      hold(box, false);
      tell(box);
    };
    box.g.addEventListener("pointerup", drop);
    box.g.addEventListener("pointercancel", drop);
    box.g.addEventListener("focus", () => hold(box, true));
    box.g.addEventListener("blur", () => { if (!grip) hold(box, false); });
    box.g.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      const far = event.shiftKey ? 10 : 1;
      moveTo(box, box.x + step[0] * far, box.y + step[1] * far);
      tell(box);
    });
  }

  // numbers typed into the form move the box too
  form.addEventListener("change", (event) => {
    const [name] = event.target.name.split(".");
    const box = boxes.get(name);
    if (!box) return;
    const typed = (edge) => Number(form.elements[`${name}.${edge}`].value.replace(",", "."));
    const left = typed("left"), top = typed("top");
    if (Number.isFinite(left) && Number.isFinite(top)) moveTo(box, left * MM, top * MM);
  });
})();
