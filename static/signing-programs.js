// The signing programs of this PC: our agent (ws, ports 9447–9449) and VGCA Sign Service (wss, port 8987), both on loopback.
// Browsers ask the person before a page of another address may talk to a program on his PC; while they ask, nothing here
// gives up on its own.
window.VanThuSigning = (() => {
  "use strict";

  const VERSION = 1;
  const ANSWER_AT = 1000; // ms in which a program that runs opens its door
  const SENTENCES = {
    denied: "Trình duyệt đang chặn trang này nói chuyện với phần mềm ký. Bấm biểu tượng bên trái địa chỉ trang → Quyền của trang → «Ứng dụng trên thiết bị này» → Cho phép, rồi tải lại trang.",
    prompt: "Nếu trình duyệt hỏi có cho trang này nói chuyện với phần mềm trên máy không, hãy bấm Cho phép.",
    gone: "Phần mềm ký đóng kết nối mà không trả lời. Văn bản chưa bị thay đổi; hãy bấm lại.",
    odd: "Phần mềm ký trả lời sai quy cách. Hãy cập nhật phần mềm ký rồi bấm lại.",
    version: "Phần mềm ký khác phiên bản với hệ thống. Hãy cập nhật phần mềm ký.",
    stopped: "Đã hủy. Văn bản chưa bị thay đổi.",
  };
  let asking = false; // the browser has its question up

  class Failure extends Error {
    constructor(kind, message, links = []) { super(message); this.kind = kind; this.links = links; }
  }

  async function state() {
    try { return (await navigator.permissions.query({ name: "loopback-network" })).state; } catch { return "granted"; }
  }

  async function permission(say) {
    const now = await state();
    if (now === "denied") throw new Failure("permission_denied", SENTENCES.denied);
    asking = now === "prompt";
    if (asking) say(SENTENCES.prompt);
  }

  // opens a socket; null when nothing answers there. No limit while the browser is asking.
  function door(url, limit = ANSWER_AT) {
    return new Promise((resolve) => {
      let socket;
      try { socket = new WebSocket(url); } catch { resolve(null); return; }
      const wait = asking ? 0 : limit;
      const timer = wait && setTimeout(() => { socket.close(); resolve(null); }, wait);
      const end = (found) => { clearTimeout(timer); socket.onopen = socket.onerror = socket.onclose = null; resolve(found); };
      socket.onopen = () => end(socket);
      socket.onerror = socket.onclose = () => end(null);
    });
  }

  async function open(urls) {
    for (const [place, socket] of (await Promise.all(urls.map((url) => door(url)))).entries()) if (socket) return { url: urls[place], socket };
    return null;
  }

  async function reach(name, urls) {
    const found = name === "agent" ? await open(urls) : await reachVgca(urls);
    if (!found && asking && (await state()) === "denied") throw new Failure("permission_denied", SENTENCES.denied);
    asking = asking && (await state()) === "prompt";
    if (!found) return null;
    found.socket.close();
    return { url: found.url, newer: found.newer };
  }

  // the newer generation knows /GetVersion; the older one may refuse it, so any door that opens says it is there
  async function reachVgca(urls) {
    for (const url of urls) {
      const socket = await door(`${url}/GetVersion`);
      if (socket) return { url, socket, newer: await version(socket) };
      const older = await door(`${url}/SignApproved`);
      if (older) return { url, socket: older, newer: false };
    }
    return null;
  }

  function version(socket) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ANSWER_AT);
      socket.onmessage = (event) => {
        clearTimeout(timer);
        let told = null;
        try { told = JSON.parse(event.data); } catch { /* the words of a version are free text */ }
        resolve(!(told && typeof told === "object" && told.Status >= 400));
      };
      socket.onclose = () => { clearTimeout(timer); resolve(false); };
      socket.send("GetVersion");
    });
  }

  // one message to our agent and its last answer; closing the socket takes the agent's question away
  async function ask(url, message, stop, onProgress) {
    const socket = await door(url, 5000);
    if (!socket) throw new Failure("unavailable", "Không thấy phần mềm ký trên máy này. Hãy mở phần mềm ký rồi bấm lại; văn bản chưa bị thay đổi.");
    return new Promise((resolve, reject) => {
      const end = (act) => { stop.removeEventListener("abort", stopped); socket.onclose = null; act(); socket.close(); };
      const stopped = () => end(() => reject(new Failure("cancelled", SENTENCES.stopped)));
      stop.addEventListener("abort", stopped, { once: true });
      socket.onclose = () => end(() => reject(new Failure("error", SENTENCES.gone)));
      socket.onmessage = (event) => {
        let told;
        try { told = JSON.parse(event.data); } catch { end(() => reject(new Failure("error", SENTENCES.odd))); return; }
        if (told.v !== VERSION) { end(() => reject(new Failure("error", SENTENCES.version))); return; }
        if (told.progress) { onProgress?.(told.progress); return; }
        end(() => resolve(told));
      };
      socket.send(JSON.stringify({ v: VERSION, ...message }));
    });
  }

  async function agentList(url, stop) {
    const told = await ask(url, { do: "list" }, stop);
    if (told.error) throw new Failure("refused", told.message);
    return told;
  }

  // what the server gets: signatures, or the agent's word why there are none
  async function agentSign(url, nonce, stop, onProgress) {
    const { v: _, ...answer } = await ask(url, { do: "sign", nonce }, stop, onProgress);
    return answer;
  }

  // one frame to VGCA Sign Service; the server reads what the reply means. It may take as long as the person does.
  async function vgcaSend(url, frame, stop) {
    const socket = await door(`${url}/${frame.path}`, 5000);
    if (!socket) throw new Failure("unavailable", "VGCA Sign Service không trả lời. Hãy mở chương trình, chấp nhận chứng thư của nó rồi bấm lại.", [[`${url.replace("wss:", "https:")}/`, "Mở trang của VGCA Sign Service để chấp nhận chứng thư"]]);
    return new Promise((resolve, reject) => {
      const end = (act) => { stop.removeEventListener("abort", stopped); socket.onclose = socket.onmessage = null; act(); socket.close(); };
      const stopped = () => end(() => reject(new Failure("cancelled", SENTENCES.stopped)));
      stop.addEventListener("abort", stopped, { once: true });
      socket.onmessage = (event) => end(() => resolve({ reply: String(event.data) }));
      socket.onclose = () => end(() => resolve({ closed: true }));
      socket.send(frame.text);
    });
  }

  return { Failure, permission, reach, agentList, agentSign, vgcaSend };
})();
