"""Where the person agrees and types the PIN: the agent's own terminal (a window is in `window.py`).

What is shown comes from the server's ticket: who asks, for which document, how many signatures, with which
certificate. The PIN goes from here to the token and nowhere else.
"""

import getpass
import queue
import sys
import threading
import time

from signing.protocol import ProtocolError

SECONDS = 120
PURPOSES = {
    "leader": "Ký số của người có thẩm quyền",
    "seal": "Ký số của cơ quan (con dấu)",
    "annex": "Ký số tệp kèm",
}


def describe(origin: str, ticket: dict, certificate: dict) -> list[str]:
    """The lines a person reads before agreeing."""
    names = [item["name"] for item in ticket["items"]]
    shown = "; ".join(names[:3]) + (f" … (tất cả {len(names)} tệp)" if len(names) > 3 else "")
    return [
        f"{PURPOSES.get(ticket['purpose'], 'Ký số')} — {origin}",
        f"Văn bản: {ticket['title']}",
        f"Tệp: {shown}",
        f"Mã băm: {ticket['items'][0]['digest'][:16]}…",
        f"Người yêu cầu: {ticket['person']}",
        f"Chứng thư: {certificate['name']} – {certificate['organisation']} (thiết bị {certificate['token']})",
    ]


class Console:
    """Asks on the terminal; an empty answer means no. Without a terminal the answer is the next line on stdin.

    A line that comes before its question is thrown away, so that a late answer never agrees to something unread.
    """

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds
        self._answers: queue.Queue = queue.Queue()
        if not sys.stdin.isatty():
            threading.Thread(target=self._listen, daemon=True).start()

    def pin(self, lines: list[str]) -> str:
        """The PIN typed by the person. Raises ProtocolError cancelled, timeout."""
        while not self._answers.empty():
            self._answers.get_nowait()
        print("\n".join(["", "YÊU CẦU KÝ", *lines]), flush=True)
        print("Nhập mã PIN để đồng ý, để trống để hủy:", flush=True)
        asked = time.monotonic()
        try:
            answer = (
                getpass.getpass("PIN: ") if sys.stdin.isatty() else self._answers.get(timeout=self.seconds)
            )
        except queue.Empty:
            raise ProtocolError("timeout") from None
        except (EOFError, KeyboardInterrupt):
            raise ProtocolError("cancelled") from None
        if time.monotonic() - asked > self.seconds:
            raise ProtocolError("timeout")
        if not answer:
            raise ProtocolError("cancelled")
        return answer

    def _listen(self):
        for line in sys.stdin:
            self._answers.put(line.rstrip("\r\n"))
        self._answers.put("")
