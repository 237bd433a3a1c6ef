// The strip of pages: one key an act while a page has the focus, dragging, and the strip itself after each act.
// The forms work without this file. Keys follow app.js: never while composing, letters by event.code; a page's tick box is
// no text field, so that input methods have nothing to rewrite.
(() => {
  "use strict";

  const strip = () => document.getElementById("strip");
  const boxes = () => [...document.querySelectorAll("#strip input[name=page]")];
  const places = (list) => list.map((box) => Number(box.value));
  let chain = Promise.resolve();
  let place = 0; // of the page that has, or had, the focus

  function focus(number, scroll = true) {
    const list = boxes();
    const box = list[Math.min(Math.max(number, 1), list.length) - 1];
    if (!box) return;
    box.focus({ preventScroll: true });
    if (scroll) box.closest("li").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // ---- one act after the other: each knows the pages as the one before left them --------------------------------
  const chosen = () => {
    const ticked = places(boxes().filter((box) => box.checked));
    return ticked.length ? ticked : place ? [place] : [];
  };

  function act(name, pages = null) {
    chain = chain.then(() => send(name, pages)).catch(lost);
  }

  async function send(name, pages) {
    const form = strip()?.querySelector("form");
    if (!form) return;
    const kept = boxes().length ? document.activeElement?.closest("#strip") : null;
    const list = pages || chosen();
    const data = new FormData();
    data.set("seen", form.elements.seen.value);
    data.set("act", name);
    for (const number of list) data.append("page", number);
    const first = list.length ? Math.min(...list) : place;
    strip().setAttribute("aria-busy", "true");
    const answer = await fetch(form.action, { method: "POST", body: data, headers: { "HX-Request": "true" } });
    if (answer.redirected || answer.headers.get("HX-Redirect")) { location.reload(); return; }
    put(await answer.text(), answer.ok ? after(name, first, list) : first, Boolean(kept));
  }

  // where the focus goes: with the page that moved, else to the page that stands there now
  function after(name, first, list) {
    if (name === "earlier") return first - 1;
    if (name === "later") return first + 1;
    if (name === "cut") return first - 1;
    if (name.startsWith("move:")) {
      const before = Number(name.slice(5));
      return before > first ? before - list.filter((number) => number < before).length : before;
    }
    return first;
  }

  function put(html, number, hold) {
    const old = strip();
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.getElementById("strip");
    if (!old || !fresh) { tell(holder.content.textContent.trim()); return; }
    const scrolled = old.querySelector(".strip-pages")?.scrollLeft || 0;
    const ticked = number ? [] : places(boxes().filter((box) => box.checked));
    const fold = old.querySelector("details");
    if (fold) fresh.querySelector("details").open = fold.open;
    old.replaceWith(fresh);
    fresh.dataset.known = "1";
    ready();
    const row = fresh.querySelector(".strip-pages");
    if (row) row.scrollLeft = scrolled;
    for (const box of boxes()) box.checked = ticked.includes(Number(box.value));
    if (hold) focus(number || place);
    watch();
  }

  function tell(words) {
    const said = document.querySelector("#strip .strip-said");
    if (!said) return;
    said.classList.add("wrong");
    said.textContent = words;
  }

  function lost() {
    strip()?.removeAttribute("aria-busy");
    tell("Chưa làm được vì mất kết nối tới máy chủ. Các trang vẫn như trước; hãy thử lại.");
  }

  // ---- while the file is being made: ask again, then let the page images follow ------------------------------------
  let waiting = 0, wasPending = false;
  function watch() {
    clearTimeout(waiting);
    const now = strip();
    if (!now) return;
    const pending = now.hasAttribute("data-pending");
    if (wasPending && !pending) document.dispatchEvent(new CustomEvent("vanthu:pages"));
    wasPending = pending;
    if (pending) waiting = setTimeout(again, document.hidden ? 5000 : 900);
  }

  async function again() {
    const asked = strip();
    if (!asked || asked.hasAttribute("aria-busy")) { watch(); return; }
    try {
      const answer = await fetch(asked.dataset.again, { headers: { "HX-Request": "true" } });
      const html = answer.ok && !answer.redirected ? await answer.text() : "";
      if (strip() !== asked || asked.hasAttribute("aria-busy")) return;
      const made = html && !/^\s*<section[^>]*data-pending/.test(html);
      if (made) put(html, 0, Boolean(document.activeElement?.closest("#strip input")));
      else watch();
    } catch { watch(); }
  }

  // ---- keys --------------------------------------------------------------------------------------------------------
  function beside(box, down) {
    const all = boxes(), here = box.closest("li").getBoundingClientRect();
    const row = all.filter((one) => {
      const there = one.closest("li").getBoundingClientRect();
      return down ? there.top > here.top + 10 : there.top < here.top - 10;
    });
    const next = row.sort((a, b) => distance(a, here) - distance(b, here))[0];
    return next ? Number(next.value) : 0;
  }
  const distance = (box, here) => {
    const there = box.closest("li").getBoundingClientRect();
    return Math.abs(there.top - here.top) * 10 + Math.abs(there.left - here.left);
  };

  function step(box, code) {
    const number = Number(box.value);
    const to = { ArrowRight: number + 1, ArrowLeft: number - 1, Home: 1, End: boxes().length,
                 ArrowDown: beside(box, true), ArrowUp: beside(box, false) }[code];
    if (to === undefined) return false;
    if (to) focus(to);
    return true;
  }

  function onKey(event) {
    const box = event.target.closest?.("#strip input[name=page]");
    if (!box || event.isComposing || event.keyCode === 229 || event.metaKey) return;
    const name = `${event.ctrlKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`;
    const button = strip().querySelector(`[data-strip="${CSS.escape(name)}"]`);
    let done = true;
    if (button) act(button.value);
    else if (name === "Escape" && document.getElementById("viewer")) document.getElementById("viewer").focus();
    else if (name === "Enter" || name === "NumpadEnter") show(box);
    else if (!event.ctrlKey && !event.altKey && !event.shiftKey) done = step(box, event.code);
    else done = false;
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  // T opens the strip and goes to its first page; Escape goes back to the page images
  function onOpen(event) {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const fold = strip()?.querySelector("details");
    if (!fold || !fold.offsetParent) return;
    if (event.code === "KeyT" && !event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select")) {
      fold.open = true;
      focus(place || 1);
      event.preventDefault();
    }
  }

  function show(box) {
    document.dispatchEvent(new CustomEvent("vanthu:page", { detail: { number: Number(box.value) } }));
  }

  // ---- buttons and dragging ----------------------------------------------------------------------------------------
  function onSubmit(event) {
    const form = event.target.closest?.("#strip form");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.submitter?.value) act(event.submitter.value);
  }

  let held = 0;
  const spot = (event) => {
    const row = event.target.closest?.("#strip li[data-place]");
    if (!row) return null;
    const edge = row.getBoundingClientRect();
    return { row, later: event.clientX > edge.left + edge.width / 2 };
  };
  const unmark = () => document.querySelectorAll("#strip .drop-before, #strip .drop-after").forEach((row) => row.classList.remove("drop-before", "drop-after"));

  function onDragStart(event) {
    const found = spot(event);
    if (!found) return;
    held = Number(found.row.dataset.place);
    found.row.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", String(held));
  }
  function onDragOver(event) {
    const found = held && spot(event);
    if (!found) return;
    event.preventDefault();
    unmark();
    found.row.classList.add(found.later ? "drop-after" : "drop-before");
  }
  function onDrop(event) {
    const found = held && spot(event);
    if (!found) return;
    event.preventDefault();
    const ticked = places(boxes().filter((box) => box.checked));
    const before = Number(found.row.dataset.place) + (found.later ? 1 : 0);
    act(`move:${before}`, ticked.includes(held) ? ticked : [held]);
    onDragEnd();
  }
  function onDragEnd() {
    held = 0;
    unmark();
    document.querySelectorAll("#strip .dragged").forEach((row) => row.classList.remove("dragged"));
  }

  // one tab stop for the whole strip; arrows go on from there
  function ready() {
    const list = boxes();
    list.forEach((box, at) => { box.tabIndex = at + 1 === (place || 1) ? 0 : -1; });
    if (list.length && !list.some((box) => box.tabIndex === 0)) list[list.length - 1].tabIndex = 0;
    document.querySelectorAll("#strip li[data-place]").forEach((row) => { row.draggable = true; });
  }

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("keydown", onOpen);
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches?.("#strip input[name=page]")) return;
    place = Number(event.target.value);
    ready();
    show(event.target);
  });
  document.addEventListener("dragstart", onDragStart);
  document.addEventListener("dragover", onDragOver);
  document.addEventListener("drop", onDrop);
  document.addEventListener("dragend", onDragEnd);
  // another scan on the desk: its strip starts anew, open when the last one was left open
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("#strip > details") && document.getElementById("viewer")) sessionStorage.setItem("strip", event.target.open ? "1" : "");
  }, true);
  function begin() {
    const now = strip();
    if (!now || now.dataset.known) return;
    now.dataset.known = "1";
    place = 0;
    if (sessionStorage.getItem("strip")) now.querySelector("details").open = true;
    ready();
    watch();
  }
  new MutationObserver(begin).observe(document.body, { childList: true, subtree: true });
  begin();
})();
