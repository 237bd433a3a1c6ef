// Page <-> signing agent on this PC. The page lists certificates, opens a session on the server, hands its nonce to
// the agent and brings the answer back. What is signed the agent asks from the server; the PIN never comes here.
(() => {
  "use strict";

  const VERSION = 1;
  const WAIT = 150000; // ms: the person reads, then types the PIN
  const NO_AGENT = "Không thấy phần mềm ký trên máy này. Hãy mở phần mềm ký rồi bấm lại; văn bản chưa bị thay đổi.";

  class Failure extends Error {}

  function ask(agent, message) {
    return new Promise((resolve, reject) => {
      let socket;
      try { socket = new WebSocket(agent); } catch { reject(new Failure(NO_AGENT)); return; }
      const timer = setTimeout(() => { socket.close(); reject(new Failure("Phần mềm ký không trả lời. Hãy thử lại.")); }, WAIT);
      const end = (act) => { clearTimeout(timer); act(); socket.close(); };
      socket.onopen = () => socket.send(JSON.stringify({ v: VERSION, ...message }));
      socket.onmessage = (event) => {
        let answer;
        try { answer = JSON.parse(event.data); } catch { end(() => reject(new Failure("Phần mềm ký trả lời sai quy cách."))); return; }
        if (answer.progress) return;
        end(() => {
        if (answer.v !== VERSION) reject(new Failure("Phần mềm ký khác phiên bản với hệ thống. Hãy cập nhật phần mềm ký."));
        else if (answer.error) reject(new Failure(answer.message));
        else resolve(answer);
        });
      };
      socket.onerror = () => end(() => reject(new Failure(NO_AGENT)));
      socket.onclose = () => end(() => reject(new Failure(NO_AGENT)));
    });
  }

  async function send(url, content) {
    let answer;
    try {
      answer = await fetch(url, {
        method: "POST", credentials: "same-origin", body: JSON.stringify(content),
        headers: { "Content-Type": "application/json", Accept: "application/json" },
      });
    } catch { throw new Failure("Mất liên lạc với máy chủ. Văn bản chưa bị thay đổi; hãy thử lại."); }
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Failure(found.error || "Máy chủ không nhận yêu cầu ký. Hãy tải lại trang.");
    return found;
  }

  async function sign(box, say) {
    const { agent, certificates, document: id, signing: purpose } = box.dataset;
    say("Đang tìm thiết bị ký số…");
    const listed = await ask(agent, { do: "list" });
    const allowed = certificates.split(" ");
    const mine = listed.certificates.find((one) => allowed.includes(one.sha256));
    if (!mine) throw new Failure(listed.problems?.[0]?.message || "Thiết bị đang cắm không có chứng thư đã ghi cho bạn. Hãy cắm đúng thiết bị rồi bấm lại.");
    say("Đang chuẩn bị văn bản…");
    const opened = await send("/signing/sessions", {
      document: Number(id), purpose, certificate: mine.certificate, chain: mine.chain,
    });
    say("Hãy đọc yêu cầu và nhập mã PIN ở cửa sổ của phần mềm ký.");
    const answer = await ask(agent, { do: "sign", nonce: opened.nonce });
    say("Đang ghi chữ ký và kiểm tra lại…");
    const done = await send(`/signing/sessions/${opened.session}`, { nonce: opened.nonce, signatures: answer.signatures });
    say(`Xong: ${done.message}.`);
    location.assign(done.url);
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-signing] [data-act=sign]");
    if (!button) return;
    const box = button.closest("[data-signing]");
    const status = box.querySelector("[role=status]");
    const say = (words) => { status.textContent = words; };
    button.disabled = true;
    status.classList.remove("bad");
    try { await sign(box, say); } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(error.message);
      status.classList.add("bad");
      button.disabled = false;
    }
  });

  const show = () => document.querySelectorAll("[data-signing] [data-act=sign]").forEach((button) => { button.hidden = false; });
  document.addEventListener("htmx:after:swap", show);
  show();
})();
