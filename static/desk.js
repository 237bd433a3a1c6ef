// Chờ lưu trữ: Enter registers and opens the next item, which was made ahead; what fails stays on the page and is tried again.
// Without this file every form of the page is a plain one.
(() => {
  "use strict";

  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const seen = (element) => Boolean(element && element.offsetParent !== null);
  const root = $("#waiting");
  if (!root) return;
  const fields = window.deskFields;
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  const tab = () => root.dataset.tab;
  const QUEUE_EVERY = 20000, RESTS_AFTER = 25 * 60 * 1000, SHOWN_FOR = 1500, BREATH = 350;
  const LOST = "Chưa lưu được vì mất kết nối máy chủ. Nội dung vẫn còn trên trang này.";
  const ended = "Phiên làm việc đã hết. Nội dung vẫn còn trên trang này.";
  let busy = null;      // the press on its way
  let swapped = 0;      // when the item on the page came: a key held down must not go on with the next
  let active = Date.now();
  let many = new URLSearchParams(location.search).get("many") || "";

  // ---- words at the foot of the page ---------------------------------------------------------------------------------
  function tell(words, bad = false) {
    const said = $("#said");
    const line = document.createElement("span");
    line.textContent = words;
    said.replaceChildren(line, ...all("form[data-undo]", said));
    said.classList.toggle("bad", bad);
  }
  document.addEventListener("desk:tell", (event) => tell(event.detail.words, event.detail.bad));

  let counting = 0;
  function count() {
    clearInterval(counting);
    const undo = $("form[data-undo]");
    if (!undo) return;
    const until = Date.now() + Number(undo.dataset.undo) * 1000;
    counting = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left <= 0) { clearInterval(counting); undo.remove(); return; }
      $(".seconds", undo).textContent = `${left} giây`;
    }, 1000);
  }

  function offerUndo(address) {
    const undo = document.createElement("form");
    undo.method = "post";
    undo.action = address;
    undo.dataset.undo = "60";
    undo.innerHTML = '<input type="hidden" name="desk"><button class="button small">Hoàn tác <span class="seconds">60 giây</span> <kbd>Ctrl+Z</kbd></button>';
    undo.elements.desk.value = tab();
    $("#said").append(undo);
    count();
  }

  let showing = 0;
  function showNumber(number) {
    const place = $("#number");
    if (!number) return;
    const big = document.createElement("b");
    big.textContent = number;
    place.replaceChildren("Số đến ", big);
    place.hidden = false;
    clearTimeout(showing);
    showing = setTimeout(() => { place.hidden = true; }, SHOWN_FOR);
  }

  // ---- one item after the other ---------------------------------------------------------------------------------------
  const ahead = new Map(); // key → the node of an item made ahead, its first picture loading already

  function made(html) {
    const held = document.createElement("div");
    held.innerHTML = html; // a live element, so that the first page's picture is fetched now
    return $("#item", held);
  }

  async function fetchItem(address) {
    const query = address.slice(address.indexOf("?"));
    const answer = await fetch(`/incoming/waiting/item${query}`, { headers: { "HX-Request": "true" } });
    if (answer.redirected || answer.status === 401) { location.assign(address); return null; }
    if (!answer.ok) throw new Error(String(answer.status));
    return made(await answer.text());
  }

  const rows = () => all("#rows li[data-key]");
  const linkOf = (row) => $("a.words", row);
  const current = () => $("#item").dataset.key;

  function nextRow() {
    const list = rows(), at = list.findIndex((row) => row.dataset.key === current());
    return [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))].find((row) => "ready" in row.dataset && row.dataset.key !== current());
  }

  function make() {
    const row = nextRow();
    if (!row) return;
    const known = ahead.get(row.dataset.key);
    if (known && (known.promise || known.node?.dataset.stamp === row.dataset.stamp)) return;
    ahead.clear();
    const entry = { promise: fetchItem(linkOf(row).getAttribute("href")) };
    ahead.set(row.dataset.key, entry);
    entry.promise.then((node) => { entry.node = node; entry.promise = null; }, () => ahead.delete(row.dataset.key));
  }

  async function open(address, key, stamp, push) {
    const known = key && ahead.get(key);
    ahead.delete(key);
    const node = known && (known.node || await known.promise);
    const fresh = node && (!stamp || node.dataset.stamp === stamp) ? node : await fetchItem(address);
    if (!fresh) return;
    fields.saveNow();
    $("#item").replaceWith(fresh);
    swapped = performance.now();
    if (push) history.pushState(null, "", address); else history.replaceState(null, "", address);
    for (const row of rows()) {
      if (row.dataset.key === fresh.dataset.key) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
    }
    root.classList.toggle("picked", Boolean(key));
    window.htmx?.process(fresh);
    all("[data-act][hidden]", fresh).forEach((button) => { button.hidden = false; });
    fields.ready();
    $("#rows li[aria-current]")?.scrollIntoView({ block: "nearest" });
    setTimeout(make, 30);
  }

  // the pages of this item once they stand in another order; the form beside them stays as it is
  async function renewPages() {
    const fresh = await fetchItem(location.pathname + location.search).catch(() => null), view = $("#viewer");
    if (!fresh || !view || fresh.dataset.key !== current()) return;
    all("figure", view).forEach((figure) => figure.remove());
    view.append(...all("#viewer figure", fresh));
    const amount = $("#f-page_amount"), now = $("#f-page_amount", fresh);
    if (amount && now && amount.value === amount.defaultValue && amount !== document.activeElement) amount.value = amount.defaultValue = now.value;
    refresh();
    setTimeout(() => renewFacts(fresh.dataset.key, 60), 2000);
  }

  // the fields as they are read anew, unless the clerk has typed or stands in them
  async function renewFacts(key, tries) {
    const old = $("#facts");
    const touched = old?.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
      || all("#facts form :is(input:not([type=hidden], [type=radio], [type=checkbox]), textarea)").some((one) => one.value !== one.defaultValue);
    if (!old || touched || key !== current()) return;
    const fresh = await fetchItem(location.pathname + location.search).catch(() => null);
    if (!fresh || key !== current() || !$("#facts", fresh)) return;
    if ($("#facts [hx-get]", fresh)) { if (tries) setTimeout(() => renewFacts(key, tries - 1), 2000); return; }
    $("#facts").replaceWith($("#facts", fresh));
    window.htmx?.process($("#facts"));
    fields.ready(false);
  }

  const go = (address, key, push = true) => open(address, key, "", push).catch(() => tell("Chưa mở được văn bản này vì mất kết nối máy chủ. Hãy thử lại.", true));

  // ---- the list refreshes itself, with ticks, place and focus kept ----------------------------------------------------
  let refreshing = null;
  async function refresh() {
    if (refreshing) return;
    const [kind, id] = current().split("-");
    const query = new URLSearchParams({ tab: tab(), ...(id ? { [kind]: id } : {}), ...(many ? { many } : {}) });
    refreshing = fetch(`/incoming/waiting/queue?${query}`, { headers: { "HX-Request": "true" } });
    try {
      const answer = await refreshing;
      if (answer.ok) replaceQueue(await answer.text());
    } catch { /* the line is cut; the next refresh shows it */ }
    refreshing = null;
  }

  function replaceQueue(html) {
    const held = document.createElement("div");
    held.innerHTML = html;
    const fresh = $("#queue", held), old = $("#queue");
    if (!fresh) return;
    const top = $("#rows").scrollTop, ticked = ticks(), focused = document.activeElement.closest?.("#rows li")?.dataset.key;
    old.replaceWith(fresh);
    for (const row of rows()) {
      if (row.dataset.key === current()) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
      if (ticked.includes(row.dataset.key)) $("input", row).checked = true;
      if (row.dataset.key === focused) linkOf(row).focus({ preventScroll: true });
    }
    $("#rows").scrollTop = top;
    if (!current()) { const first = rows().find((row) => "ready" in row.dataset); if (first) go(linkOf(first).getAttribute("href"), first.dataset.key, false); }
    make();
  }

  const ticks = () => all("#rows .pick input:checked").map((one) => one.value);

  // ---- an act: sent, answered, or kept and tried again -----------------------------------------------------------------
  function act(form, button) {
    if (busy) { if (busy.again) { clearTimeout(busy.timer); send(); } return; }
    fields.saveNow();
    busy = { form, button, key: current(), tries: 0 };
    form.dataset.sent = "1";
    send();
  }

  async function send() {
    const job = busy;
    const body = new URLSearchParams(new FormData(job.form, job.button?.form === job.form ? job.button : undefined));
    const row = nextRow();
    if (row) body.set("next", row.dataset.key);
    if (job.again) body.set("again", "1");
    const limit = new AbortController(), timer = setTimeout(() => limit.abort(), 30000);
    let answer, said;
    try {
      answer = await fetch(job.form.action, { method: "POST", headers: { Accept: "application/json" }, body, signal: limit.signal });
      said = await answer.json();
    } catch {
      trouble(job, LOST, true);
      return;
    } finally {
      clearTimeout(timer);
    }
    if (job !== busy) return; // the clerk went on to another document meanwhile
    if (answer.ok) finish(job, said);
    else if (answer.status === 422) wrong(said.html);
    else if (answer.status === 401) trouble(job, ended, true, true);
    else if (answer.status >= 500) trouble(job, said.error || LOST, true);
    else trouble(job, said.error, false);
  }

  function release() {
    if (!busy) return;
    clearTimeout(busy.timer);
    delete busy.form.dataset.sent;
    busy = null;
  }

  function finish(job, said) {
    release();
    all(".trouble").forEach((one) => one.remove());
    if (said.number) fields.renewKept();
    fields.forget(job.key);
    $(`#rows li[data-key="${job.key}"]`)?.remove();
    root.dataset.done = said.doc || "";
    $("#said").replaceChildren();
    tell(said.told);
    if (said.undo) offerUndo(said.undo);
    showNumber(said.number);
    if (said.next) {
      open(said.address, said.next.key, said.next.stamp, false).then(refresh, () => location.assign(said.address));
    } else {
      tell(`${said.told} · Hết. Hôm nay đã vào sổ ${said.today} văn bản.`);
      if (said.undo) offerUndo(said.undo);
      open(said.address, "", "", false).then(refresh, () => location.assign(said.address));
    }
  }

  function wrong(html) {
    release();
    const held = document.createElement("div");
    held.innerHTML = html;
    const fresh = $("#facts", held);
    $("#facts").replaceWith(fresh);
    window.htmx?.process(fresh);
    fields.ready();
  }

  function trouble(job, words, repeats, signsIn = false) {
    if (job !== busy) return;
    job.tries += 1;
    job.again = repeats;
    delete job.form.dataset.sent;
    let line = $("#facts .trouble");
    if (!line) {
      line = document.createElement("div");
      line.className = "banner bad trouble";
      line.setAttribute("role", "alert");
      $("#facts").prepend(line);
    }
    const seconds = [5, 5, 10, 20, 30][Math.min(job.tries - 1, 4)];
    const text = document.createElement("div");
    text.textContent = repeats ? `${words} ${signsIn ? "Hãy đăng nhập lại ở thẻ mới rồi trở về đây; trang" : "Trang"} tự thử lại sau ${seconds} giây.` : words;
    const acts = document.createElement("div");
    acts.className = "actions";
    if (signsIn) acts.innerHTML = '<a class="button small" href="/sign-in" target="_blank" rel="noopener">Đăng nhập lại</a>';
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = repeats ? "Thử lại ngay" : "Tải lại trang";
    button.addEventListener("click", () => (repeats ? (clearTimeout(job.timer), send()) : location.reload()));
    acts.append(button);
    text.append(acts);
    line.replaceChildren(text);
    if (repeats) job.timer = setTimeout(() => { if (job === busy) send(); }, seconds * 1000);
    else { release(); refresh(); }
  }

  async function undo(form) {
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
      const said = await answer.json();
      if (answer.status === 401) { tell(ended, true); return; }
      if (!answer.ok) { form.remove(); tell(said.error, true); return; }
      form.remove();
      tell(said.told);
      await open(said.address, said.next.key, "", true);
      refresh();
    } catch {
      tell("Chưa hoàn tác được vì mất kết nối máy chủ. Hãy bấm lại Ctrl+Z.", true);
    }
  }

  function onSubmit(event) {
    const form = event.target;
    if (form.matches("[data-undo]")) {
      event.preventDefault();
      event.stopPropagation();
      undo(form);
    } else if (form.matches("#facts #registration, #facts .returning, #facts [data-desk-act]")) {
      event.preventDefault();
      event.stopPropagation();
      act(form, event.submitter);
    } else if (form.action.endsWith("/sign-out")) {
      Object.keys(sessionStorage).filter((key) => key.startsWith("desk/")).forEach((key) => sessionStorage.removeItem(key));
    }
  }

  // ---- keys ------------------------------------------------------------------------------------------------------------
  function giveBack() {
    const summary = all('#facts [data-key~="F8"]').find(seen);
    if (!summary) return false;
    const sheet = summary.parentElement;
    sheet.open = true;
    const words = $("textarea", sheet);
    fields.ready(false);
    (words.value.trim() ? $(".returning button.danger", sheet) : words).focus();
    return true;
  }

  // the red bar: 1 joins, 2 registers apart with a reason, 3 throws this one away
  function double(key) {
    if (key === "1") { $('[data-double-key="1"] button')?.click(); return true; }
    if (key === "3") return giveBack();
    const known = $("#f-known");
    if (!known) return false;
    known.checked = true;
    $("#f-apart_reason").focus();
    return true;
  }

  function prints() {
    const chosen = ticks().filter((key) => key.startsWith("doc-")).map((key) => key.slice(4));
    const ids = chosen.length ? chosen : [root.dataset.done || $("form[data-undo]")?.action.match(/\d+(?=\/undo)/)?.[0]].filter(Boolean);
    if (!ids.length) { tell("Chưa có văn bản nào vừa vào sổ. Chọn văn bản trong danh sách bằng Space, rồi F9."); return true; }
    window.open(`/incoming/prints?ids=${ids.join(",")}`, "_blank", "noopener");
    return true;
  }

  function tick(target) {
    const row = target.closest?.("#rows li") || $("#rows li[aria-current]");
    const box = row && $(".pick input", row);
    if (!box) return false;
    box.checked = !box.checked;
    tellTicks();
    return true;
  }

  function tellTicks() {
    const chosen = ticks().length;
    tell(chosen ? `Đã chọn ${chosen} văn bản. F9 in phiếu.` : "Không chọn văn bản nào.");
  }

  function turn() {
    const view = $(".viewer");
    if (!seen(view)) return false;
    view.dataset.turn = (Number(view.dataset.turn || 0) + 1) % 4;
    return true;
  }

  function page(step) {
    const view = $(".viewer");
    if (!seen(view)) return false;
    view.scrollBy({ top: step * view.clientHeight * 0.92 });
    return true;
  }

  function enter(event) {
    const target = event.target, form = target.form;
    if (event.repeat || performance.now() - swapped < BREATH) return true; // held down, or meant for the item before
    const option = fields.active();
    if (option && target.matches("[data-senders]")) { fields.choose(option); return true; }
    if (!form || !form.closest("#facts") || target.matches("button, summary, a")) return false;
    if (target.matches("textarea") && !event.ctrlKey) return false;
    const button = $(".main-act", form) || $("button:not([type=button])", form);
    form.requestSubmit(button);
    return true;
  }

  function inFields(event) { // function keys and chords, wherever the focus is
    const { code } = event;
    if (event.altKey) {
      const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code);
      return digit ? fields.pick(Number(digit[1])) : code === "KeyV" && fields.startDrawing(true);
    }
    if (event.ctrlKey) {
      if (code === "ArrowDown") return fields.crop();
      if (code === "KeyZ" && !typing(event.target)) { const form = $("form[data-undo]"); if (form) undo(form); return Boolean(form); }
      return code === "Enter" || code === "NumpadEnter" ? enter(event) : false;
    }
    if (event.shiftKey) return false;
    const act_ = { F2: fields.nextAmber, F4: fields.toggleKept, F8: giveBack, F9: prints, Enter: () => enter(event), NumpadEnter: () => enter(event) }[code];
    if (act_) return act_();
    if (code === "Escape") return fields.closeList();
    if (fields.isOpen() && (code === "ArrowDown" || code === "ArrowUp")) return fields.mark(code === "ArrowDown" ? 1 : -1);
    if ((code === "PageDown" || code === "PageUp") && !event.target.matches("textarea, select")) return page(code === "PageDown" ? 1 : -1);
    return false;
  }

  function outside(event) { // single keys, only where nothing is typed
    const { code, target } = event, onMain = target.matches(".main-act, [name=leader]") || target === document.body;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
    if (code === "Space" && (target === document.body || target.closest("#rows"))) return target.matches("input") ? false : tick(target);
    if (code === "KeyR") return turn();
    if (target.closest("#double") && /^(?:Digit|Numpad)[123]$/.test(code)) return double(code.slice(-1));
    if (onMain && (code === "ArrowLeft" || code === "ArrowRight")) return fields.route(0, code === "ArrowRight" ? 1 : -1);
    const digit = target.matches(".main-act") && /^(?:Digit|Numpad)([1-9])$/.exec(code);
    return digit ? fields.route(Number(digit[1]) - 1) : false;
  }

  function onKey(event) {
    active = Date.now();
    if (fields.composing(event) || event.metaKey) return;
    const inField = typing(event.target);
    const done = fields.boxKey(event) || inFields(event) || (!inField && outside(event));
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onClick(event) {
    active = Date.now();
    const act_ = event.target.closest("[data-act]")?.dataset.act;
    if (act_ === "next-amber") fields.nextAmber();
    if (act_ === "keep") fields.toggleKept();
    if (act_ === "walk") fields.setWalk();
    if (act_ === "return") giveBack();
    if (act_ === "prints") prints();
    if (act_ === "pick") tick(event.target);
    if (act_ === "turn") turn();
    if (act_ === "draw") fields.startDrawing(false);
    if (event.target.matches(".pick input")) tellTicks();
    const more = event.target.closest("[data-more]");
    if (more) { many = new URL(more.href).searchParams.get("many"); event.preventDefault(); refresh(); return; }
    const link = event.target.closest("#rows a.words");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    release();
    go(link.getAttribute("href"), link.closest("li").dataset.key);
  }

  document.addEventListener("keydown", onKey, true);
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("click", onClick);
  window.addEventListener("popstate", () => location.reload());
  document.addEventListener("htmx:after:swap", () => fields.ready(false));
  document.addEventListener("vanthu:pages", renewPages);
  document.addEventListener("vanthu:page", (event) => $(`.paper[data-page="${event.detail.number}"]`)?.scrollIntoView({ block: "start" }));
  document.addEventListener("vanthu:intake", refresh);
  document.addEventListener("dragenter", () => { // files may be dropped here: the script that takes them comes only now
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: root.dataset.intakeSheet });
    document.head.append(style, Object.assign(document.createElement("script"), { src: root.dataset.intakeScript }));
  }, { once: true });
  window.addEventListener("focus", () => { if (busy?.again) { clearTimeout(busy.timer); send(); } });
  setInterval(() => { if (!document.hidden && Date.now() - active < RESTS_AFTER && !busy) refresh(); }, QUEUE_EVERY);
  fields.forgetOthers();
  fields.ready();
  count();
  setTimeout(make, 60);
})();
