// Ký số trên trang: the button, the choice of a way, progress and outcomes. What talks to the programs of this PC is in
// signing-programs.js. No key and no PIN comes here; the PIN is typed in the signing program's own window.
(() => {
  "use strict";

  const { Failure, reach, agentList, agentSign, vgcaSend, permission } = window.VanThuSigning;
  const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
  const AWAY = "Mất liên lạc với máy chủ.";
  const SAFE = { agent: "Đang chờ bạn nhập mã PIN ở cửa sổ của phần mềm ký.", vgca: "Đang chờ bạn ký ở cửa sổ VGCA Sign Service, rồi bấm Hoàn thành." };
  let running = null; // the one act of signing of this page: { box, session, stop }

  async function call(url, content) {
    let answer;
    try {
      answer = content === undefined
        ? await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" } })
        : await fetch(url, { method: "POST", credentials: "same-origin", body: JSON.stringify(content), headers: JSON_HEADERS });
    } catch { throw new Failure("away", AWAY); }
    const found = await answer.json().catch(() => ({}));
    if (answer.status >= 500) throw new Failure("away", found.error || "Máy chủ đang bận hoặc gặp lỗi.");
    if (!answer.ok) throw new Failure("refused", found.error || "Máy chủ không nhận yêu cầu ký. Hãy tải lại trang.");
    return found;
  }

  // ---- what the person sees --------------------------------------------------------------------------------------
  const part = (box, name) => box.querySelector(`[data-part="${name}"]`);

  function say(box, words, kind = "") {
    const status = part(box, "status");
    status.textContent = words;
    status.classList.toggle("bad", kind === "bad");
  }

  function element(tag, words, attributes = {}) {
    const made = document.createElement(tag);
    made.textContent = words;
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  }

  function showFiles(box, items) {
    const list = part(box, "files");
    if (!list) return;
    list.replaceChildren(...items.map((item) => {
      const row = element("li", "");
      const pages = item.pages ? `, ${item.pages} trang` : "";
      row.append(element("span", `${item.name}${pages}`, { class: "name" }), element("code", `mã ${item.mark}`, { title: "8 chữ số đầu của mã băm; cửa sổ của phần mềm ký ghi giống hệt" }));
      return row;
    }));
    list.hidden = false;
  }

  // one line a document of a list: its outcome, and why
  function showOutcomes(box, items) {
    const worst = new Map();
    items.forEach((item) => { if (!worst.has(item.document) || item.state !== "done") worst.set(item.document, item); });
    worst.forEach((item, id) => {
      const cell = document.querySelector(`[data-outcome="${id}"]`);
      if (!cell) return;
      cell.textContent = item.state === "done" ? "✔ Đã ký" : item.state === "failed" ? `✖ ${item.reason}` : "… đang ký";
      cell.className = `small outcome ${item.state === "done" ? "done" : item.state === "failed" ? "late" : ""}`;
      const tick = document.querySelector(`[data-document-tick="${id}"]`);
      if (tick && item.state === "done") { tick.checked = false; tick.disabled = true; }
    });
  }

  function offer(box, words, act) {
    const button = element("button", words, { type: "button", class: "button" });
    button.addEventListener("click", () => { button.remove(); act(); }, { once: true });
    part(box, "more").replaceChildren(button);
    button.focus();
  }

  function choose(box, fitting) {
    if (fitting.length === 1) return Promise.resolve(fitting[0]);
    return new Promise((resolve) => {
      const made = element("fieldset", "", { class: "choices" });
      made.append(element("legend", "Có nhiều chứng thư ký được. Ký bằng chứng thư nào?"));
      fitting.forEach((one) => {
        const button = element("button", "", { type: "button", class: "button" });
        const until = one.not_after ? `, hạn ${one.not_after.slice(0, 10).split("-").reverse().join("/")}` : "";
        button.append(element("b", one.name), element("small", `${one.organisation} · số ${one.serial}${until} · thiết bị ${one.token}`));
        button.addEventListener("click", () => { made.remove(); resolve(one); }, { once: true });
        made.append(button);
      });
      part(box, "more").replaceChildren(made);
      made.querySelector("button").focus();
    });
  }

  function busy(box, on) {
    box.querySelectorAll('[data-act="sign"], [name="way"]').forEach((one) => { one.disabled = on; });
    part(box, "stop").hidden = !on;
    box.setAttribute("aria-busy", String(on));
  }

  // ---- one act ---------------------------------------------------------------------------------------------------
  const idsOf = (box) => box.dataset.list
    ? [...document.querySelectorAll("[data-document-tick]:checked")].map((one) => [Number(one.dataset.documentTick), one.dataset.shown])
    : box.dataset.documents.split(" ").map((id, place) => [Number(id), box.dataset.shown.split(" ")[place]]);

  const urlsOf = (box, name) => (part(box, `way-${name}`)?.dataset.urls || "").split(" ").filter(Boolean);
  const missing = (box, name) => part(box, `way-${name}`)?.dataset.missing || "";

  // the way asked for; else the first that answers, ours before the other one
  async function pick(box) {
    const asked = box.querySelector('[name="way"]:checked')?.value || "";
    const names = asked ? [asked] : ["agent", "vgca"].filter((name) => part(box, `way-${name}`));
    if (!names.some((name) => name === "agent" || name === "vgca")) return { name: asked };
    await permission((words) => say(box, words));
    for (const name of names) {
      const found = await reach(name, urlsOf(box, name));
      if (found) return { name, ...found };
    }
    const links = names.includes("agent") ? [["vanthu-ky:mo", "Mở phần mềm ký Văn Thư"]] : [];
    if (names.includes("vgca")) links.push([`${urlsOf(box, "vgca")[0]?.replace("wss:", "https:")}/`, "Chấp nhận chứng thư của VGCA Sign Service"]);
    const none = "Không thấy chương trình ký nào trên máy này. Hãy mở phần mềm ký Văn Thư hoặc VGCA Sign Service rồi bấm lại.";
    throw new Failure("unavailable", (names.length > 1 ? none : missing(box, names[0])) + " Hoặc chọn «Tải xuống – ký ngoài – tải lên».", links);
  }

  async function open(box, way, more = {}) {
    const chosen = idsOf(box);
    if (!chosen.length) throw new Failure("refused", "Chưa chọn văn bản nào.");
    const opened = await call("/signing/sessions", {
      documents: chosen.map(([id]) => id), shown: chosen.map(([, sha]) => sha), purpose: box.dataset.signing, way,
      remember: Boolean(box.querySelector('[name="way"]:checked')?.value), ...more,
    });
    opened.refused.forEach((one) => showOutcomes(box, [{ document: one.document, state: "failed", reason: one.reason }]));
    running = { box, session: opened.session, stop: running?.stop || new AbortController() };
    showFiles(box, opened.items);
    return opened;
  }

  async function byAgent(box, found, stop) {
    say(box, "Đang tìm thiết bị ký số…");
    const listed = await agentList(found.url, stop);
    const allowed = box.dataset.certificates.split(" ");
    const fitting = listed.certificates.filter((one) => allowed.includes(one.sha256));
    if (!fitting.length) {
      const said = listed.certificates.length ? "" : listed.problems?.[0]?.message;
      const holders = listed.certificates.map((one) => one.name).join(", ");
      throw new Failure("refused", said || (listed.certificates.length
        ? `Thiết bị đang cắm có chứng thư của ${holders}, không phải chứng thư đã ghi cho bạn. Hãy cắm đúng thiết bị rồi bấm lại; chưa hỏi mã PIN.`
        : "Không thấy thiết bị ký. Hãy cắm thiết bị rồi bấm lại; văn bản chưa bị thay đổi."));
    }
    const mine = await choose(box, fitting);
    say(box, "Đang chuẩn bị văn bản…");
    const opened = await open(box, "agent", { certificate: mine.certificate, chain: mine.chain });
    say(box, SAFE.agent);
    const answer = await agentSign(found.url, opened.nonce, stop, (progress) => say(box, progress.say || `Đã ký ${progress.done}/${progress.of}…`));
    await bring(box, opened, answer);
  }

  // the signatures are here: whatever happens to the line, they are kept in memory until the server has them
  async function bring(box, opened, answer) {
    say(box, "Đang ghi chữ ký và kiểm tra lại…");
    const watch = opened.items.length > 1 ? setInterval(() => follow(box, opened), 2000) : 0;
    try {
      finish(box, await call(`/signing/sessions/${opened.session}`, { nonce: opened.nonce, ...answer }));
    } catch (error) {
      if (error.kind !== "away") throw error;
      say(box, `${error.message} Chữ ký vừa tạo còn giữ ở trang này (đừng đóng trang); không phải nhập lại mã PIN.`, "bad");
      offer(box, "Gửi lại chữ ký", () => guard(box, () => bring(box, opened, answer)));
    } finally { clearInterval(watch); }
  }

  async function follow(box, opened) {
    const found = await call(`/signing/sessions/${opened.session}.json`).catch(() => null);
    if (!found) return null;
    showOutcomes(box, found.items);
    const done = found.items.filter((item) => item.state === "done").length;
    if (found.state !== "done" && done) say(box, `Đang ghi và kiểm tra: ${done}/${found.items.length}…`);
    return found;
  }

  async function byVgca(box, found, stop) {
    say(box, "Đang chuẩn bị văn bản…");
    const opened = await open(box, "vgca");
    const frames = opened.step.together && found.newer ? [opened.step.together] : opened.step.frames;
    const waiting = wait(box, opened, stop, 2); // the file brought is what counts; the reply may never come
    for (const frame of frames) {
      say(box, SAFE.vgca);
      const reply = await Promise.race([vgcaSend(found.url, frame, stop), waiting]);
      if (reply.settled) break;
      const told = await call(`/signing/sessions/${opened.session}`, { nonce: opened.nonce, ...reply });
      if (told.state !== "done") say(box, told.message, told.outcome === "done" ? "" : "bad");
      if (["cancelled", "refused", "error"].includes(told.outcome) && told.state !== "done") {
        if (told.outcome === "error") { offer(box, "Ký lại", () => start(box)); break; }
        throw new Failure(told.outcome, told.message);
      }
    }
    finish(box, (await waiting).found);
  }

  // ask how far it is until it is over
  async function wait(box, opened, stop, seconds) {
    for (;;) {
      const found = await follow(box, opened);
      if (found && found.state !== "prepared" && found.state !== "handed") return { settled: true, found };
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
      if (stop.aborted) throw new Failure("cancelled", "Đã hủy. Văn bản chưa bị thay đổi.");
    }
  }

  async function byOther(box, name, stop) {
    const opened = await open(box, name);
    say(box, opened.step.say);
    if (opened.family === "file") { location.assign(`/signing/sessions/${opened.session}`); return; }
    finish(box, (await wait(box, opened, stop, opened.step.every)).found);
  }

  function finish(box, told) {
    showOutcomes(box, told.items);
    const failed = told.items.filter((item) => item.state !== "done");
    if (!failed.length && told.url && !box.dataset.list) {
      say(box, `Xong: ${told.done}.`);
      location.assign(told.url);
      return;
    }
    if (told.state === "expired") throw new Failure("expired", "Phiên ký đã hết hạn. Văn bản chưa bị thay đổi; hãy ký lại.");
    const done = told.items.length - failed.length;
    if (box.dataset.list && done) {
      say(box, failed.length
        ? `Đã ký ${done}/${told.items.length} tệp. ${told.message || "Những văn bản còn lại vẫn trong danh sách, kèm lý do."} Bấm nút để ký tiếp.`
        : `Xong: đã ký cả ${done} tệp.`, failed.length ? "bad" : "");
      return;
    }
    throw new Failure("refused", told.message || failed[0]?.reason || "Chưa ký được.");
  }

  async function start(box) {
    const stop = new AbortController();
    running = { box, session: 0, stop };
    part(box, "more").replaceChildren();
    await guard(box, async () => {
      const found = await pick(box);
      if (found.name === "agent") await byAgent(box, found, stop.signal);
      else if (found.name === "vgca") await byVgca(box, found, stop.signal);
      else await byOther(box, found.name, stop.signal);
    });
  }

  async function guard(box, act) {
    busy(box, true);
    try { await act(); } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(box, error.message, "bad");
      if (error.links.length) part(box, "more").replaceChildren(...error.links.map(([href, words]) => element("a", words, { href, target: "_blank", rel: "noopener noreferrer", class: "button small" })));
    } finally { busy(box, false); }
  }

  async function stopAct() {
    if (!running) return;
    const { session, stop, box } = running;
    stop.abort();
    if (session) await call(`/signing/sessions/${session}/cancellation`, {}).catch(() => null);
    say(box, "Đã hủy. Những gì chưa ký thì chưa thay đổi.");
  }

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-signing]");
    if (!box) return;
    if (event.target.closest('[data-act="sign"]')) start(box);
    if (event.target.closest('[data-part="stop"]')) stopAct();
  });

  const show = () => document.querySelectorAll("[data-signing] [data-act=sign]").forEach((button) => { button.hidden = false; });
  document.addEventListener("htmx:after:swap", show);
  show();
})();
