// The form of Chờ lưu trữ: which fields Tab stops at, what was read where on the page, suggestions, kept values, drafts.
// Nothing here writes into a field that is being typed in; input methods send backspaces and type again, so fields are
// looked at only after a quarter of a second of quiet.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const seen = (element) => Boolean(element && element.offsetParent !== null);
  const SVG = "http://www.w3.org/2000/svg";
  const QUIET = 250;
  const root = () => $("#waiting");
  const form = () => $("#registration");
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const main = () => all("#facts .main-act").find(seen);
  const nameOf = (element) => element?.closest?.("[data-field]")?.dataset.field;
  const store = (name) => `desk/${root().dataset.person}/${name}`;
  const read = (name) => { try { return JSON.parse(sessionStorage.getItem(store(name))); } catch { return null; } };
  const write = (name, value) => (value ? sessionStorage.setItem(store(name), JSON.stringify(value)) : sessionStorage.removeItem(store(name)));
  let walks = localStorage.getItem("desk-walk") === "1";

  // ---- Tab: only doubtful fields and the main button, until the clerk wants to walk through all --------------------
  function stops() {
    for (const element of all("#facts :is(input:not([type=hidden]), select, textarea, summary, button)")) {
      if (element.readOnly) continue;
      const wanted = walks || element.matches(".main-act, [data-stay]") || element.closest(".field.look, .field.wrong, .sheet[open], .trouble, .double");
      const chip = element.matches(".mark, .offer");
      if (wanted && (!chip || walks)) element.removeAttribute("tabindex"); else element.tabIndex = -1;
    }
    const button = $("[data-act=walk]");
    if (button) button.setAttribute("aria-pressed", String(walks));
  }

  function setWalk(on) {
    walks = on;
    localStorage.setItem("desk-walk", on ? "1" : "");
    stops();
  }

  function enter(element) {
    if (!element) return;
    element.focus({ preventScroll: false });
    if (element.matches("input[type=text]")) element.select();
  }

  function nextAmber() {
    const fields = all("#facts .field.look :is(input, select, textarea)").filter(seen);
    const at = fields.indexOf(document.activeElement);
    if (at === fields.length - 1) { // after the last one, or where there is none: now Tab goes everywhere
      if (!walks) setWalk(true);
      enter(fields.length && at >= 0 ? main() || fields[0] : all("#facts .field :is(input, select, textarea)").find(seen));
    } else {
      enter(fields[at + 1]);
    }
    return true;
  }

  // ---- a field and its place on the page --------------------------------------------------------------------------
  const rectsOf = (name) => (name ? all(`.boxes rect[data-field="${name}"]`) : []);

  function light(name, scroll) {
    all(".boxes rect.on").forEach((one) => one.classList.remove("on"));
    const found = rectsOf(name);
    found.forEach((one) => one.classList.add("on"));
    const view = $(".viewer");
    if (!scroll || !found.length || !seen(view)) return;
    const box = found[0].getBoundingClientRect(), around = view.getBoundingClientRect();
    if (box.top < around.top + 20 || box.bottom > around.bottom - 20) {
      view.scrollBy({ top: box.top - around.top - around.height / 3 });
    }
  }

  // where the decree puts a field (ND30, Phụ lục I), as parts of the page: left, top, right, bottom; last = the last page
  const USUAL = {
    parent_organ_name: [0.05, 0.03, 0.5, 0.12], organ_name: [0.05, 0.04, 0.5, 0.14], code_number: [0.05, 0.09, 0.5, 0.18],
    code_notation: [0.05, 0.09, 0.5, 0.18], issued_date: [0.42, 0.08, 0.98, 0.18], subject: [0.05, 0.12, 0.95, 0.32],
    type_code: [0.1, 0.12, 0.9, 0.26], urgency: [0.03, 0.1, 0.5, 0.3], asked_due_date: [0.08, 0.5, 0.95, 0.8],
    signer_position: [0.4, 0.5, 0.98, 0.95, "last"], signer_name: [0.4, 0.5, 0.98, 0.95, "last"], to_places: [0.05, 0.5, 0.5, 0.95, "last"],
  };

  function placeOf(name) {
    const rect = rectsOf(name)[0];
    if (rect) {
      const [x, y, width, height] = ["x", "y", "width", "height"].map((one) => Number(rect.getAttribute(one)));
      return { figure: rect.closest(".paper"), x: Math.max(0, x - 14), y: Math.max(0, y - 7), width: width + 28, height: height + 14 };
    }
    const sheets = all(".paper"), usual = USUAL[name];
    if (!sheets.length || !usual) return null;
    const figure = usual[4] ? sheets[sheets.length - 1] : sheets[0];
    const size = $(".boxes", figure).viewBox.baseVal;
    return { figure, x: usual[0] * size.width, y: usual[1] * size.height, width: (usual[2] - usual[0]) * size.width, height: (usual[3] - usual[1]) * size.height };
  }

  const closeCrop = () => all(".crop").forEach((one) => one.remove());

  function crop(name, field) {
    const open = $(".crop", field);
    closeCrop();
    if (open) return true;
    const place = placeOf(name);
    if (!place) return false;
    const size = $(".boxes", place.figure).viewBox.baseVal;
    const svg = document.createElementNS(SVG, "svg"), image = document.createElementNS(SVG, "image");
    svg.setAttribute("viewBox", `${place.x} ${place.y} ${place.width} ${place.height}`);
    image.setAttribute("href", $("img", place.figure).getAttribute("src"));
    image.setAttribute("width", size.width);
    image.setAttribute("height", size.height);
    image.setAttribute("preserveAspectRatio", "none");
    svg.append(image);
    const held = document.createElement("div");
    held.className = "crop";
    held.setAttribute("aria-hidden", "true");
    held.append(svg);
    field.append(held);
    const room = field.closest(".facts-side").getBoundingClientRect();
    if (field.getBoundingClientRect().top - room.top < held.offsetHeight) held.classList.add("below");
    return true;
  }

  // ---- a box drawn on the page is read again, into the field that was being filled ---------------------------------
  let target = null;
  let drawing = null;

  function startDrawing(byKeys) {
    const view = $(".viewer"), field = document.activeElement.closest?.("[data-field]") || target?.closest("[data-field]");
    if (!seen(view) || !field) { tell("Hãy chọn ô cần điền trước, rồi vẽ khung quanh chữ trên trang."); return true; }
    target = $("input, textarea", field) || target;
    view.classList.add("drawing");
    drawing = { field: nameOf(field), rect: null };
    if (byKeys) {
      const place = placeOf(drawing.field) || { figure: $(".paper"), x: 60, y: 60, width: 240, height: 40 };
      putBox($(".boxes", place.figure), place);
      view.focus();
    }
    tell(byKeys ? "Mũi tên dời khung, Shift + mũi tên đổi cỡ, Enter đọc chữ trong khung, Esc thôi." : "Kéo chuột quanh chữ cần đọc; Esc thôi.");
    return true;
  }

  function stopDrawing() {
    $(".viewer")?.classList.remove("drawing");
    drawing?.rect?.remove();
    drawing = null;
  }

  function putBox(svg, box) {
    if (!drawing.rect) {
      drawing.rect = document.createElementNS(SVG, "rect");
      drawing.rect.classList.add("drawn");
    }
    if (drawing.rect.parentNode !== svg) svg.append(drawing.rect);
    for (const side of ["x", "y", "width", "height"]) drawing.rect.setAttribute(side, Math.max(0, box[side]));
    drawing.box = box;
  }

  const pointIn = (svg, event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());

  function onPointer(event) {
    const svg = event.target.closest?.(".boxes");
    if (!svg) return;
    if (!drawing) {
      if (event.type === "pointerdown" && event.target.dataset.field) {
        const field = $(`#facts [data-field="${event.target.dataset.field}"] :is(input, select, textarea)`);
        setTimeout(() => enter(field));
      }
      return;
    }
    const point = pointIn(svg, event);
    if (event.type === "pointerdown") {
      drawing.from = point;
      svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    } else if (drawing.from) {
      const from = drawing.from;
      putBox(svg, { x: Math.min(from.x, point.x), y: Math.min(from.y, point.y), width: Math.abs(from.x - point.x), height: Math.abs(from.y - point.y) });
      if (event.type === "pointerup") readBox();
    }
  }

  function boxKey(event) {
    if (!drawing) return false;
    if (event.code === "Escape") { stopDrawing(); enter(target); return true; }
    if (!drawing.box || !event.target.closest(".viewer")) return false;
    if (event.code === "Enter") { readBox(); return true; }
    const step = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6] }[event.code];
    if (!step) return false;
    const box = drawing.box;
    const moved = event.shiftKey ? { ...box, width: Math.max(12, box.width + step[0]), height: Math.max(8, box.height + step[1]) } : { ...box, x: box.x + step[0], y: box.y + step[1] };
    putBox(drawing.rect.parentNode, moved);
    return true;
  }

  async function readBox() {
    const box = drawing.box, figure = drawing.rect.closest(".paper"), into = target;
    if (box.width < 5 || box.height < 5) return;
    const body = new URLSearchParams({ page: figure.dataset.page, x0: box.x, y0: box.y, x1: box.x + box.width, y1: box.y + box.height, field: drawing.field });
    tell("Đang đọc chữ trong khung…");
    try {
      const answer = await fetch(form().action.replace(/registration$/, "box"), { method: "POST", headers: { Accept: "application/json" }, body });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.error || "Chưa đọc được chữ trong khung. Hãy vẽ khung rộng hơn, hoặc gõ tay.");
      if (!said.text) throw new Error("Trong khung không có chữ đọc được. Hãy vẽ khung rộng hơn, hoặc gõ tay.");
      into.value = into.maxLength > 0 ? said.text.slice(0, into.maxLength) : said.text;
      into.dispatchEvent(new Event("input", { bubbles: true }));
      tell("Đã điền chữ đọc được; hãy xem lại.");
    } catch (error) {
      tell(error instanceof TypeError ? "Chưa đọc được vì mất kết nối máy chủ. Nội dung vẫn còn trên trang này." : error.message, true);
    }
    stopDrawing();
    enter(into);
  }

  function tell(words, bad = false) {
    document.dispatchEvent(new CustomEvent("desk:tell", { detail: { words, bad } }));
  }

  // ---- suggestions below a field: ↓ Enter, Alt+1…9 or a click --------------------------------------------------------
  let asking = 0;
  let asked = null;
  const list = () => $(".suggested");
  const options = () => all(".suggested [role=option]");

  function closeList() {
    asked?.abort();
    clearTimeout(asking);
    const open = list();
    if (!open) return false;
    const input = $("[data-senders]", open.parentElement);
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    open.remove();
    return true;
  }

  async function suggest(input) {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.senders}?typed=${encodeURIComponent(input.value)}`, { signal: asked.signal, headers: { "HX-Request": "true" } });
      if (!answer.ok || document.activeElement !== input) return;
      showList(input, await answer.text());
    } catch { /* the line is cut or more was typed: the field goes on without suggestions */ }
  }

  function showList(input, html) {
    closeList();
    const held = document.createElement("div");
    held.className = "suggested";
    held.innerHTML = html;
    if (!$("[role=option]", held)) return;
    input.closest(".field").append(held);
    input.setAttribute("aria-expanded", "true");
  }

  function mark(step) {
    const rows = options();
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = (at + step + rows.length + (at < 0 && step < 0 ? 1 : 0)) % rows.length;
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === next)));
    rows[next].scrollIntoView({ block: "nearest" });
    $("[data-senders]").setAttribute("aria-activedescendant", rows[next].id);
    return true;
  }

  const put = (element, value) => {
    element.value = value;
    element.dispatchEvent(new Event("input", { bubbles: true }));
    element.dispatchEvent(new Event("change", { bubbles: true }));
  };

  async function choose(option) {
    const input = $("[data-senders]", option.closest(".field"));
    let { name, parent } = option.dataset;
    if (option.dataset.new) {
      name = option.dataset.new;
      const body = new URLSearchParams({ name, parent: $("[name=parent_organ_name]", form())?.value || "" });
      fetch(input.dataset.senders, { method: "POST", headers: { "HX-Request": "true" }, body }).catch(() => tell("Chưa thêm được nơi gửi mới vì mất kết nối; tên vẫn ghi vào văn bản này."));
    }
    put(input, name);
    const above = $("[name=parent_organ_name]", form());
    if (above && parent !== undefined) put(above, parent);
    closeList();
    input.focus();
  }

  function onInput(event) {
    const field = event.target;
    if (!field.closest("#facts")) return;
    save();
    if (!field.matches("[data-senders]") || !event.isTrusted || event.isComposing) return;
    clearTimeout(asking);
    asking = setTimeout(() => suggest(field), QUIET);
  }

  // the n-th proposal of the field in hand, else the n-th route
  function pick(number) {
    const option = options()[number - 1];
    if (option) { choose(option); return true; }
    const near = document.activeElement.closest("[data-field], .returning");
    const chip = near && all(".offer", near)[number - 1];
    if (chip) { chip.click(); return true; }
    return route(number - 1);
  }

  function route(place, step = 0) {
    const radios = all("#facts [name=leader]");
    if (!radios.length) return false;
    const at = Math.max(0, radios.findIndex((one) => one.checked));
    const chosen = radios[step ? (at + step + radios.length) % radios.length : place];
    if (!chosen) return false;
    chosen.checked = true;
    const why = $(".routes .why");
    if (why) why.textContent = chosen.closest("label").title;
    save();
    return true;
  }

  // ---- values kept for a run of alike letters -----------------------------------------------------------------------
  const KEPT = ["parent_organ_name", "organ_name", "type_code", "signer_position", "signer_name", "leader"];
  const valuesOf = (names) => {
    const data = new FormData(form());
    return Object.fromEntries(names.filter((name) => data.get(name)).map((name) => [name, data.get(name)]));
  };

  function toggleKept() {
    if (read("kept")) {
      write("kept", null);
      all(".kept").forEach((one) => one.classList.remove("kept"));
      tell("Không giữ giá trị nữa.");
    } else if (form()) {
      write("kept", { from: $("#item").dataset.key, values: valuesOf(KEPT) });
      tell("Giữ cơ quan, loại, người ký, nơi trình cho văn bản kế tiếp; số, ngày, trích yếu để trống hoặc đọc từ trang.");
    }
    showKept();
    return true;
  }

  function renewKept() {
    const kept = read("kept");
    if (kept && form()) write("kept", { from: $("#item").dataset.key, values: { ...kept.values, ...valuesOf(KEPT) } });
  }

  const showKept = () => $("[data-act=keep]")?.setAttribute("aria-pressed", String(Boolean(read("kept"))));

  function applyKept() {
    const kept = read("kept");
    showKept();
    if (!kept || !form() || kept.from === $("#item").dataset.key) return;
    for (const [name, value] of Object.entries(kept.values)) {
      const element = form().elements[name];
      if (!element) continue;
      if (name === "leader") {
        all("[name=leader]", form()).forEach((one) => { one.checked = one.value === value; });
        continue;
      }
      const field = element.closest(".field");
      if (element.value && !field.classList.contains("look")) continue; // read for certain: the paper wins
      element.value = value;
      field.classList.remove("look");
      field.classList.add("kept");
    }
  }

  // ---- what was typed is kept in this browser tab until the document is registered -----------------------------------
  let saving = 0;
  function save() {
    clearTimeout(saving);
    saving = setTimeout(saveNow, 400);
  }

  function saveNow() {
    clearTimeout(saving);
    const key = $("#item")?.dataset.key;
    if (!key) return;
    const changed = {};
    for (const element of all("#facts form :is(input:not([type=hidden]), select, textarea)")) {
      if (!element.name || element.closest(".kept")) continue;
      const before = element.tagName === "SELECT" ? all("option", element).find((one) => one.defaultSelected)?.value ?? element.options[0]?.value : element.defaultValue;
      if (element.type === "radio" || element.type === "checkbox") {
        if (element.checked && !element.defaultChecked) changed[element.name] = element.value;
      } else if (element.value !== before) changed[`${element.form.className}/${element.name}`] = element.value;
    }
    write(key, Object.keys(changed).length ? { changed, at: new Date().toTimeString().slice(0, 5) } : null);
  }

  function restore() { // once for each form that arrives: what is typed since is never written over
    const kept = read($("#item").dataset.key), arrived = all("#facts form:not([data-restored])");
    for (const one of arrived) one.dataset.restored = "1";
    if (!kept) return;
    let many = 0;
    for (const element of arrived.flatMap((one) => all("input:not([type=hidden]), select, textarea", one))) {
      const value = kept.changed[element.type === "radio" || element.type === "checkbox" ? element.name : `${element.form.className}/${element.name}`];
      if (value === undefined) continue;
      many += 1;
      if (element.type === "radio" || element.type === "checkbox") element.checked = element.value === value;
      else element.value = value;
    }
    if (!many || !form()) return;
    const note = document.createElement("p");
    note.className = "restored";
    note.textContent = `Đã lấy lại nội dung bạn gõ lúc ${kept.at}, chưa vào sổ.`;
    form().prepend(note);
  }

  const forget = (key) => { clearTimeout(saving); write(key, null); };

  // what another person typed in this tab is nobody's here
  function forgetOthers() {
    const mine = store("");
    Object.keys(sessionStorage).filter((key) => key.startsWith("desk/") && !key.startsWith(mine)).forEach((key) => sessionStorage.removeItem(key));
  }

  // ---- an item arrives -----------------------------------------------------------------------------------------------
  function ready(focus = true) {
    closeList();
    closeCrop();
    drawing = null;
    target = null;
    applyKept();
    restore();
    stops();
    if (!focus) return;
    const wrong = $("#facts [aria-invalid=true]"), amber = $("#facts .field.look :is(input, select, textarea)");
    const double = $("#double .double");
    if (double) double.tabIndex = -1;
    const first = [wrong, $("#double .main-act"), double, amber, main()].find(seen);
    if (first) { first.focus({ preventScroll: true }); light(nameOf(first), true); }
  }

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("#facts")) return;
    if (event.target.matches("input[type=text], textarea")) target = event.target;
    if (!event.target.closest(".field")?.contains($(".crop"))) closeCrop();
    if (!event.target.closest(".field")?.contains(list())) closeList();
    light(nameOf(event.target), true);
  });
  document.addEventListener("pointerover", (event) => {
    const name = event.target.closest?.("#facts [data-field], .boxes rect")?.dataset.field;
    if (name) light(name, false);
    const button = event.target.closest?.("[data-crop]");
    if (button) { closeCrop(); crop(nameOf(button), button.closest(".field")); }
  });
  document.addEventListener("pointerout", (event) => { if (event.target.closest?.("[data-crop]")) closeCrop(); });
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) document.addEventListener(kind, onPointer);
  document.addEventListener("input", onInput);
  document.addEventListener("change", (event) => { if (event.target.closest("#facts")) save(); });
  document.addEventListener("click", (event) => {
    const option = event.target.closest(".suggested [role=option]");
    if (option) { choose(option); return; }
    const chip = event.target.closest("#facts .offer");
    if (!chip) return;
    const field = $("input, select, textarea", chip.closest("[data-field]") || chip.closest(".returning"));
    const other = chip.dataset.into && form().elements[chip.dataset.into];
    const input = chip.closest(".returning") ? $("textarea", chip.closest(".returning")) : other || field;
    if (other) other.closest("details").open = true;
    put(input, chip.dataset.value);
    if (!other) enter(input);
  });
  window.addEventListener("pagehide", saveNow);

  window.deskFields = {
    ready, nextAmber, setWalk: () => setWalk(!walks), crop: () => crop(nameOf(document.activeElement), document.activeElement.closest(".field")),
    startDrawing, boxKey, pick, route, mark, closeList, toggleKept, renewKept, forget, forgetOthers, saveNow, composing, main,
    active: () => $(".suggested [aria-selected=true]"), choose, isOpen: () => Boolean(list()),
  };
})();
