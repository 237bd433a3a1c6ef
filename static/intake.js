// Files dropped on the page or chosen: one request a file, each with its own bar; a failure keeps the others, and pressing
// again sends what did not arrive (the same key, so nothing comes in twice). Without this file the form sends them itself.
(() => {
  "use strict";

  const form = document.querySelector("form[data-intake]:not([data-photo])");
  const photos = document.querySelector("form[data-photo]");
  const MOST = Number((form || photos || document.querySelector("[data-intake-most]"))?.dataset.most || 100);
  const AT_ONCE = 2, NAMES = /\.(pdf|jpe?g|png|tiff?)$/i;
  const list = document.getElementById("intake-files") || afloat();
  const waiting = [];
  let running = 0, arrived = 0;
  document.documentElement.classList.add("with-script");

  function afloat() {
    const made = document.createElement("ul");
    made.className = "intake-files afloat";
    made.hidden = true;
    made.setAttribute("aria-live", "polite");
    const head = element("li", "head");
    const close = element("button", "button small", "Đóng");
    close.type = "button";
    close.addEventListener("click", () => { if (!running) { made.querySelectorAll("li:not(.head)").forEach((row) => row.remove()); made.hidden = true; } });
    head.append(element("span", "", "Tệp đang nhập"), close);
    made.append(head);
    document.body.append(made);
    return made;
  }

  function element(name, kind, words = "") {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    made.textContent = words;
    return made;
  }

  // ---- before anything is sent --------------------------------------------------------------------------------
  const STARTS = [[0x25, 0x50, 0x44, 0x46], [0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x49, 0x49, 0x2a, 0], [0x4d, 0x4d, 0, 0x2a]];
  async function refusal(file) {
    if (!file.size) return "Tệp rỗng hoặc là thư mục. Chưa gửi gì; hãy chọn tệp khác.";
    if (file.size > MOST * 1048576) {
      return `Tệp lớn ${(file.size / 1048576).toFixed(1).replace(".", ",")} MB, quá mức ${MOST} MB. Chưa gửi gì; hãy quét ở 200–300 dpi hoặc tách tệp.`;
    }
    if (!NAMES.test(file.name) && !/^image\/(jpeg|png|tiff)$|^application\/pdf$/.test(file.type)) {
      return "Ở đây chỉ nhận PDF, JPEG, PNG, TIFF. Chưa gửi gì; hãy lưu tệp thành PDF rồi thả lại.";
    }
    try {
      const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
      const pdf = String.fromCharCode(...head).includes("%PDF-");
      if (!pdf && !STARTS.some((start) => start.every((byte, at) => head[at] === byte))) {
        return "Nội dung tệp không phải PDF hay ảnh. Chưa gửi gì; hãy kiểm tra có chọn nhầm tệp không.";
      }
    } catch {
      return "Trình duyệt không đọc được tệp này (tệp vừa bị chuyển đi hoặc xóa). Hãy chọn lại.";
    }
    return "";
  }

  const fresh = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16)).join("");

  // ---- one file -------------------------------------------------------------------------------------------------
  function rowOf(file) {
    const row = element("li");
    row.append(element("span", "name", file.name), element("progress"), element("span", "acts"), element("span", "said"));
    row.querySelector("progress").max = 100;
    row.querySelector("progress").value = 0;
    list.append(row);
    list.hidden = false;
    return row;
  }

  function say(row, kind, words) {
    row.className = kind;
    row.querySelector(".said").textContent = words;
  }

  async function add(files, group = null) {
    for (const file of files) {
      const item = { file, key: fresh(), row: rowOf(file), group };
      const wrong = await refusal(file);
      if (wrong) {
        item.row.querySelector("progress").remove();
        say(item.row, "wrong", wrong);
        continue;
      }
      say(item.row, "", "Đang chờ gửi");
      waiting.push(item);
    }
    next();
  }

  // photographs of one letter go one after the other, so that their order stays
  function next() {
    while (running < AT_ONCE) {
      const at = waiting.findIndex((item) => !item.group?.busy);
      if (at < 0) break;
      const [item] = waiting.splice(at, 1);
      running += 1;
      if (item.group) item.group.busy = true;
      send(item);
    }
    if (!running && !waiting.length && arrived) { arrived = 0; refresh(); }
  }

  function ended(item) {
    running -= 1;
    if (item.group) item.group.busy = false;
    next();
  }

  function send(item) {
    const body = new FormData(), request = new XMLHttpRequest(), bar = item.row.querySelector("progress");
    body.append("key", item.key);
    if (item.group) body.append("photo", "1");
    if (item.group?.first) body.append("after", item.group.first);
    body.append("file", item.file, item.file.name);
    request.open("POST", "/scans");
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round(100 * event.loaded / event.total);
      say(item.row, "", bar.value < 100 ? `Đã gửi ${bar.value}%` : "Máy chủ đang kiểm tra tệp");
    });
    request.addEventListener("load", () => { answered(item, request); ended(item); });
    for (const lost of ["error", "abort", "timeout"]) {
      request.addEventListener(lost, () => {
        again(item, "Mất kết nối giữa chừng. Tệp vẫn ở máy của bạn, máy chủ không nhận một nửa nào.");
        ended(item);
      });
    }
    request.send(body);
  }

  function answered(item, request) {
    let said = {};
    try { said = JSON.parse(request.responseText); } catch { said = {}; }
    if (request.status === 200 && said.id) {
      arrived += 1;
      if (item.group && !item.group.first) item.group.first = said.id;
      item.row.querySelector("progress").value = 100;
      say(item.row, "", said.said || (said.double ? `Đã nhận. ${said.double.words}.` : "Đã nhận, đang nhận dạng chữ."));
      if (said.double) link(item.row, said.double.url, "Xem bản cũ");
      return;
    }
    const wrong = request.status === 413 ? `Tệp quá lớn, mỗi tệp tối đa ${MOST} MB.` : said.error;
    if (request.status === 422 || request.status === 413) {
      item.row.querySelector("progress").remove();
      say(item.row, "wrong", wrong);
    } else {
      again(item, wrong || "Máy chủ chưa nhận được tệp. Tệp vẫn ở máy của bạn.");
    }
  }

  function link(row, url, words) {
    const made = element("a", "button small", words);
    made.href = url;
    row.querySelector(".acts").replaceChildren(made);
  }

  function again(item, words) {
    say(item.row, "wrong", `${words} Bấm «Gửi lại».`);
    const button = element("button", "button small", "Gửi lại");
    button.type = "button";
    button.addEventListener("click", () => {
      button.remove();
      say(item.row, "", "Đang chờ gửi");
      waiting.push(item);
      next();
    });
    item.row.querySelector(".acts").replaceChildren(button);
  }

  async function refresh() {
    document.dispatchEvent(new CustomEvent("vanthu:intake"));
    const old = document.getElementById("scan-rows");
    if (!old) return;
    try {
      const answer = await fetch("/scans/rows", { credentials: "same-origin" });
      if (!answer.ok) return;
      const made = document.createElement("template");
      made.innerHTML = await answer.text();
      const fresh = made.content.getElementById("scan-rows");
      old.replaceWith(fresh);
      window.htmx?.process(fresh);
    } catch { /* the list asks again by itself */ }
  }

  // ---- ways in ---------------------------------------------------------------------------------------------------
  const field = form?.querySelector("input[type=file]");
  field?.addEventListener("change", () => { add([...field.files]); field.value = ""; });
  form?.addEventListener("submit", (event) => event.preventDefault());

  // a phone's camera gives one picture at a time: they gather until the person says that the letter is whole
  const shots = [];
  const shot = photos?.querySelector("input[type=file]");
  const whole = photos?.querySelector("[data-send]");
  function count() {
    whole.disabled = !shots.length;
    whole.textContent = shots.length ? `Gửi ${shots.length} ảnh thành một văn bản` : "Gửi thành một văn bản";
  }
  if (photos) {
    count();
    shot.addEventListener("change", () => { shots.push(...shot.files); shot.value = ""; shot.required = false; count(); });
    photos.addEventListener("submit", (event) => {
      event.preventDefault();
      add(shots.splice(0), { first: 0, busy: false });
      count();
    });
  }

  // dropped anywhere on the page
  const holdsFiles = (event) => [...(event.dataTransfer?.types || [])].includes("Files");
  let depth = 0;
  document.addEventListener("dragenter", (event) => { if (holdsFiles(event)) { depth += 1; document.body.classList.add("dropping"); } });
  document.addEventListener("dragleave", (event) => { if (holdsFiles(event) && !(depth = Math.max(0, depth - 1))) document.body.classList.remove("dropping"); });
  document.addEventListener("dragover", (event) => { if (holdsFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    document.body.classList.remove("dropping");
    add([...event.dataTransfer.files]);
  });

  // a quarantined row with the focus: its buttons by one key
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, textarea, select")) return;
    const row = event.target.closest("[data-stopped]") || (event.code === "F8" && document.querySelector("[data-stopped]"));
    const button = row && row.querySelector(`[data-row-key="${event.code}"]`);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    button.click();
  }, true);

  // the list does not ask again while somebody stands in it with the keyboard
  document.addEventListener("htmx:before:request", (event) => {
    if (event.target.id === "scan-rows" && event.target.contains(document.activeElement)) event.preventDefault();
  });

  window.addEventListener("beforeunload", (event) => { if (running || waiting.length) event.preventDefault(); });
})();
