// The keyboard, and small comforts. Every page works without this file.
// Rules for Vietnamese input methods (Unikey, EVKey, IBus): never react while composing, never rewrite a focused
// field, single keys only when no field has the focus and by event.code, none of Telex's s f r x j z w d.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const composing = (event) => event.isComposing || event.keyCode === 229;
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  const seen = (element) => element && element.offsetParent !== null;

  // ---- after a page or a part arrives -------------------------------------------------------------------------
  // a part that came by itself takes the focus from nobody who works elsewhere on the page
  function settle(root = document, took = document.activeElement !== document.body) {
    const wrong = $("[aria-invalid=true]", root);
    const first = wrong || $("[data-first]", root);
    if (seen(first) && !took) first.focus({ preventScroll: !wrong });
    all("[data-act][hidden]", root).forEach((button) => { button.hidden = false; });
    const current = $(".stack li[aria-current]", root);
    if (current) current.scrollIntoView({ block: "nearest" });
  }

  // ---- lists: arrows move, Enter opens (a row's link has the focus, so Enter is the browser's own) -------------
  const rows = () => all(".list tbody tr, .stack li").filter(seen);
  const linkOf = (row) => $(".subject a, a", row);

  function move(step) {
    const list = rows();
    if (!list.length) return false;
    const at = list.findIndex((row) => row.contains(document.activeElement));
    const from = at >= 0 ? at : list.findIndex((row) => row.hasAttribute("aria-current"));
    const next = list[Math.min(Math.max(from + step, 0), list.length - 1)];
    const link = next && linkOf(next);
    if (!link) return false;
    link.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  const follow = (selector) => { const link = all(selector).find(seen); if (link) link.click(); return Boolean(link); };

  // previous / next document: the queue beside the page knows them
  function neighbour(step) {
    const list = all(".stack li").filter((row) => linkOf(row));
    const at = list.findIndex((row) => row.hasAttribute("aria-current"));
    const next = list[at + step];
    if (at >= 0 && next) linkOf(next).click();
    return at >= 0;
  }

  // ---- page images -------------------------------------------------------------------------------------------
  const viewer = () => $(".viewer");
  function zoom(step) {
    const view = viewer();
    if (!view) return false;
    view.dataset.zoom = Math.min(Math.max(Number(view.dataset.zoom || 1) + step, 0), 3);
    return true;
  }
  // a picture that cannot be drawn gives way: the count a sender declared stands until the pages have been looked at
  function onPicture(event) {
    const figure = event.target.matches?.(".viewer img") && event.target.closest("figure");
    if (figure?.previousElementSibling?.matches("figure")) figure.remove();
  }
  function turnPage(step) {
    const view = viewer();
    if (!view) return false;
    view.scrollBy({ top: step * view.clientHeight * 0.92 });
    return true;
  }

  // ---- acts with keys of their own: a visible button carries data-key="F8", "Ctrl+Enter", "Enter", "/" ----------
  function press(name) {
    const target = all(`[data-key~="${name}"]`).find(seen);
    if (!target) return false;
    if (target.matches("input, textarea, select")) { target.focus(); target.select?.(); return true; }
    if (target.matches("summary")) {
      const sheet = target.parentElement;
      sheet.open = true;
      $("textarea, input:not([type=hidden]), select, button", sheet)?.focus();
      return true;
    }
    if (target.matches("[aria-disabled], [disabled]")) return true;
    target.click();
    return true;
  }

  function nextToLook() {
    const fields = all(".field.look :is(input, select, textarea)").filter(seen);
    if (!fields.length) return false;
    const at = fields.indexOf(document.activeElement);
    fields[(at + 1) % fields.length].focus();
    return true;
  }

  // ---- «G» then a letter: the places of the office -------------------------------------------------------------
  const PLACES = { KeyV: "/", KeyC: "/incoming/waiting", KeyL: "/", KeyP: "/issuing", KeyB: "/incoming", KeyD: "/outgoing", KeyT: "/assignments" };
  let going = 0;

  function go(code) {
    const place = Date.now() - going < 1500 && PLACES[code];
    going = 0;
    if (!place) return false;
    location.assign(place);
    return true;
  }

  // Ctrl+Enter in a field does what that field's own form is for; elsewhere the main act of the page
  function commit(target) {
    const form = typing(target) && target.form;
    const button = form && form.method === "post"
      && ($('[data-key~="Ctrl+Enter"]', form) || $("button:not([type=button]):not(.sr)", form));
    if (!button) return press("Ctrl+Enter");
    button.click();
    return true;
  }

  // ---- one listener --------------------------------------------------------------------------------------------
  const ANYWHERE = { F2: nextToLook, F4: () => press("F4"), F8: () => press("F8"), F9: () => press("F9") };
  const WITH_CTRL = {
    ArrowLeft: () => neighbour(-1), ArrowRight: () => neighbour(1), Enter: commit, NumpadEnter: commit,
  };
  const OUTSIDE_FIELDS = {
    Slash: () => press("/"), ArrowDown: () => move(1), ArrowUp: () => move(-1), Equal: () => zoom(1), NumpadAdd: () => zoom(1),
    Minus: () => zoom(-1), NumpadSubtract: () => zoom(-1), PageDown: () => turnPage(1), PageUp: () => turnPage(-1),
    KeyG: () => { going = Date.now(); return true; },
  };

  function onKey(event) {
    if (event.defaultPrevented || composing(event) || event.altKey || event.metaKey) return;
    const inField = typing(event.target);
    let done = false;
    if (event.ctrlKey) {
      const moves = event.code.startsWith("Arrow");
      done = event.shiftKey || (moves && inField) ? false : Boolean(WITH_CTRL[event.code]?.(event.target));
    } else if (ANYWHERE[event.code] && !event.shiftKey) {
      done = ANYWHERE[event.code]();
    } else if (event.code === "Escape") {
      done = escape(inField);
    } else if (!inField) {
      done = outside(event);
    }
    if (done) event.preventDefault();
  }

  function outside(event) {
    if (event.key === "?") return Boolean(location.assign("/help")) || true;
    if (event.shiftKey) return false;
    if (going && go(event.code)) return true;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
    if (digit) return press(digit[1]) || follow(`.tabs [data-tab="${digit[1]}"]`);
    if (event.code === "Enter" && event.target === document.body) return press("Enter");
    return Boolean(OUTSIDE_FIELDS[event.code]?.());
  }

  function escape(inField) {
    const open = $(".posts[open], .bar details[open], .sheet[open]");
    if (open) { open.open = false; $("summary", open).focus(); return true; }
    if (inField) { inField.blur(); return true; }
    return follow("a[data-back]");
  }

  // ---- forms: one press is one act; what was typed is not lost by a slip -----------------------------------------
  function onSubmit(event) {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent && !form.hasAttribute("hx-post")) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.dataset.changed = "";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  }
  const onInput = (event) => {
    if (event.target.form?.method === "post") event.target.form.dataset.changed = "1";
    const left = event.target.dataset?.counts && document.getElementById(event.target.dataset.counts);
    if (left) left.textContent = `${event.target.value.length}/${event.target.maxLength}`;
  };
  function onLeave(event) {
    if ($("form[data-changed='1'][data-guard]")) event.preventDefault();
  }

  // «14/7» becomes 14/07/<this year> once the field is left, never while typing
  function onChange(event) {
    const field = event.target;
    if (!field.matches("[data-date]")) return;
    const parts = /^(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{2}|\d{4}))?$/.exec(field.value.trim());
    if (!parts) return;
    const year = parts[3] ? parts[3].padStart(4, "20") : String(new Date().getFullYear());
    field.value = `${parts[1].padStart(2, "0")}/${parts[2].padStart(2, "0")}/${year}`;
  }

  // a preset fills the assignment form: data-preset holds {"field": value | [values]}
  function onPreset(event) {
    const button = event.target.closest("[data-preset]");
    if (!button) return;
    const form = button.form || button.closest("form");
    for (const [name, value] of Object.entries(JSON.parse(button.dataset.preset))) {
      const wanted = [value].flat().map(String);
      for (const field of form.elements) {
        if (field.name !== name) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = wanted.includes(field.value);
        else field.value = wanted[0];
      }
    }
    event.preventDefault();
    $("textarea", form)?.focus();
  }

  function onClick(event) {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act === "zoom-in") zoom(1);
    if (act === "zoom-out") zoom(-1);
    if (act === "print") window.print();
    if (act === "density") setDensity(!document.body.classList.contains("dense"));
    const posts = $(".posts[open]");
    if (posts && !posts.contains(event.target)) posts.open = false;
    onPreset(event);
  }

  // two row heights, remembered in this browser
  function setDensity(dense) {
    document.body.classList.toggle("dense", dense);
    localStorage.setItem("dense", dense ? "1" : "");
  }

  // a lost connection says so in words; what is typed stays on the page
  function onLost() {
    const flash = $("#flash");
    if (!flash) return;
    flash.className = "flash banner bad";
    flash.textContent = "Chưa làm được vì mất kết nối tới máy chủ. Nội dung đã nhập vẫn còn trên trang này; hãy thử lại.";
  }

  // pages that ask again by themselves rest while nobody looks or works, so that an idle session can end
  const RESTS_AFTER = 25 * 60 * 1000;
  let active = Date.now();
  for (const sign of ["pointerdown", "keydown"]) document.addEventListener(sign, () => { active = Date.now(); }, true);
  function onRequest(event) {
    const polls = event.target.getAttribute?.("hx-trigger")?.includes("every");
    if (polls && (document.hidden || Date.now() - active > RESTS_AFTER)) event.preventDefault();
  }

  document.addEventListener("htmx:before:request", onRequest);
  document.addEventListener("keydown", onKey);
  document.addEventListener("error", onPicture, true);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("input", onInput);
  document.addEventListener("change", onChange);
  document.addEventListener("click", onClick);
  window.addEventListener("beforeunload", onLeave);
  document.addEventListener("htmx:after:swap", () => settle());
  document.addEventListener("htmx:error", onLost);
  all(".viewer img").filter((one) => one.complete && !one.naturalWidth).forEach((one) => onPicture({ target: one }));
  if (localStorage.getItem("dense")) setDensity(true);
  settle(document, false);
})();
