// Reads certificates off the device plugged into this PC, through the signing program. No key and no PIN comes here.
(() => {
  "use strict";

  const { Failure, permission, reach, agentList } = window.VanThuSigning;
  const AWAY = "Không thấy phần mềm ký trên máy này. Hãy mở phần mềm ký rồi bấm lại, hoặc chọn tệp chứng thư bên dưới.";

  function choice(one, pick) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "_found";
    input.addEventListener("change", () => pick(one));
    const who = [one.name, one.organisation].filter(Boolean).join(", ");
    const until = new Date(one.not_after);
    const words = Number.isNaN(until.getTime()) ? "" : `, hạn ${until.toLocaleDateString("vi-VN")}`;
    label.append(input, `${who}${words} (thiết bị ${one.token || one.token_serial || "không tên"})`);
    return label;
  }

  async function read(box) {
    const status = box.querySelector("[role=status]");
    const found = box.querySelector("[data-part=found]");
    const say = (words) => { status.textContent = words; };
    found.replaceChildren();
    say("Đang tìm thiết bị…");
    try {
      await permission(say);
      const agent = await reach("agent", box.dataset.tokens.split(" "));
      if (!agent) throw new Failure("unavailable", AWAY);
      const told = await agentList(agent.url, new AbortController().signal);
      const pick = (one) => {
        box.querySelector("[name=read]").value = one.certificate;
        box.querySelector("[name=chain]").value = (one.chain || []).join(" ");
        const serial = box.closest("form").querySelector("[name=serial]");
        if (serial && !serial.value && one.token_serial) serial.value = one.token_serial;
        const whose = box.closest("form").querySelector("[name=whose]");
        const mine = whose && [...whose.options].find((option) => one.kind === "person" && option.text.startsWith(`${one.name} –`));
        if (whose) whose.value = mine ? mine.value : "";
        say(`Đã chọn chứng thư của ${one.name}.`);
      };
      found.replaceChildren(...told.certificates.map((one) => choice(one, pick)));
      const trouble = told.problems && told.problems[0] ? told.problems[0].message : "";
      say(told.certificates.length ? "Hãy chọn chứng thư:" : trouble || "Thiết bị đang cắm không có chứng thư nào.");
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(error.message);
    }
  }

  document.querySelectorAll("[data-tokens]").forEach((box) => {
    box.hidden = false;
    box.querySelector("[data-act=read-token]").addEventListener("click", () => read(box));
  });
})();
