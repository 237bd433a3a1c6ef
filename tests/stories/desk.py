"""A desk with a key token: the real agent on the person's PC, and the page's part in signing."""

import json
import re
import threading

from websockets.sync.client import connect

from jobs import demo_keys
from tests.stories.stage import Browser, StoryFailed, wait_for

PROMPT = "Nhập mã PIN"
READY = re.compile(r"ready (ws://\S+)")


class Desk:
    """The agent of one person's PC; `pin` is what the person types when asked."""

    def __init__(self, keys: demo_keys.Keys, browser: Browser | None, origin: str, port: int = 0):
        self.browser, self.keys, self.origin = browser, keys, origin
        self.process = demo_keys.agent(keys, [origin], port, stdin=-1, stdout=-1, stderr=-2)
        self.lines: list[str] = []
        self.answered = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.address = wait_for(self._ready, "phần mềm ký", self.process)

    def stop(self) -> None:
        """Unplug."""
        self.process.terminate()
        self.process.wait(10)

    def ask(self, pin: str | None = None, **message) -> dict:
        """One message to the agent as the page sends it; the person types `pin` when the agent asks."""
        asked_before = self._prompts()
        with connect(self.address, origin=self.origin, proxy=None, open_timeout=20) as socket:
            socket.send(json.dumps({"v": 1, **message}))
            if pin is not None:
                self.type_pin(pin, asked_before)
            while "progress" in (answer := json.loads(socket.recv(timeout=60))):
                continue
            return answer

    def type_pin(self, pin: str, asked_before: int | None = None) -> None:
        """Wait for the agent's question (one more than there were), then type."""
        before = self.answered if asked_before is None else asked_before
        wait_for(lambda: self._prompts() > before, "phần mềm ký hỏi mã PIN", self.process)
        self.answered = self._prompts()
        self.process.stdin.write(pin + "\n")
        self.process.stdin.flush()

    def sign(self, document: int, purpose: str, page: str, pin: str | None = None) -> dict:
        """Sign as the page's script does. Raises StoryFailed with the agent's or the server's sentence."""
        html = self.browser.get(page)
        allowed = re.search(r'data-certificates="([^"]*)"', html)
        shown = re.search(r'data-shown="([^"]*)"', html)
        if not allowed:
            raise StoryFailed(f"{self.browser.login}: trang {page} không có nút ký")
        listed = self.ask(do="list")
        mine = next((c for c in listed["certificates"] if c["sha256"] in allowed[1].split()), None)
        if mine is None:
            raise StoryFailed("thiết bị không có chứng thư đã ghi cho người này")
        opened = self.browser.post_json(
            "/signing/sessions",
            {
                "documents": [document],
                "purpose": purpose,
                "shown": shown[1].split(),
                "certificate": mine["certificate"],
                "chain": mine["chain"],
            },
        )
        answer = self.ask(pin or self.keys.pin, do="sign", nonce=opened["nonce"])
        if answer.get("error"):
            raise StoryFailed(f"phần mềm ký: {answer['message']}")
        return self.browser.post_json(
            f"/signing/sessions/{opened['session']}",
            {"nonce": opened["nonce"], **answer},
        )

    def _prompts(self) -> int:
        return sum(PROMPT in line for line in self.lines)

    def _ready(self):
        found = READY.search("\n".join(self.lines))
        return found and found[1]

    def _listen(self):
        for line in self.process.stdout:
            self.lines.append(line)
