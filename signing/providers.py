"""Cách ký: every way a signature is made, behind one shape; plain data in and out, no socket, no table.

A way says what it can (`capabilities`), what the page or the server does next (`begin` → BrowserStep or Wait), what an
answer means (`receive`, `poll`) and how it is told to stop (`cancel`). Two families: "digest" (the server draws the page
and the key signs a digest: our agent, a remote-signing service) and "file" (another program gets the whole file and
brings the signed one back; then the file brought is what counts, and the page's word is a hint).

A remote-signing service (SmartCA, MySign: digests, confirmed on the phone) is one more class here with channel "cloud":
`begin` sends the digests through a transport it was made with and answers Wait, `poll` asks for the outcome; `register`
makes it known. Pages and tables stay as they are.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

OUTCOMES = ("done", "cancelled", "refused", "unavailable", "permission_denied", "expired", "error")
AGENT, VGCA, UPLOAD = "agent", "vgca", "upload"


@dataclass(frozen=True)
class Capabilities:
    """What a way of signing can. `functions`: of leader, seal, annex, copy; `most`: files in one session."""

    name: str
    label: str
    family: str  # digest | file
    channel: str  # loopback | cloud | hand
    functions: frozenset
    most: int
    life: timedelta
    endpoints: tuple[str, ...] = ()  # what the page's content security policy must let through
    needs_certificate: bool = False  # the page names the certificate before the session opens
    missing: str = ""  # one sentence: what to do where it does not answer


@dataclass(frozen=True)
class Paper:
    """One file of an order; `source` is the address the other program fetches it at."""

    id: int
    name: str
    purpose: str  # leader | seal | annex | copy
    source: str = ""


@dataclass(frozen=True)
class Order:
    """What is to be signed, as a provider is told. `number`: số/ký hiệu; `upload`: the address files are brought to."""

    session: int
    nonce: str
    papers: tuple[Paper, ...]
    upload: str = ""
    number: str = ""
    day: date | None = None


@dataclass(frozen=True)
class BrowserStep:
    """What the page does: open `urls` (the first that answers), send `frames` one after the other, each on a socket of its
    own; `together`: one frame for all where the program knows it. `permission`: the browser asks the person first."""

    urls: tuple[str, ...]
    frames: tuple[dict, ...]
    together: dict | None = None
    permission: str = ""


@dataclass(frozen=True)
class Wait:
    """Nothing for the page to do but ask again; `say` is the sentence shown."""

    poll_seconds: int
    say: str


@dataclass(frozen=True)
class Outcome:
    """What came of it. `kind` is one of OUTCOMES; `signatures`: one raw value a file, None where it was not signed."""

    kind: str
    code: str = ""
    sentence: str = ""
    signatures: tuple = ()
    machine: str = ""
    attempts_left: int | None = None


class Provider(Protocol):
    """One way of signing."""

    def capabilities(self) -> Capabilities: ...
    def begin(self, order: Order) -> BrowserStep | Wait: ...
    def receive(self, order: Order, payload: dict) -> Outcome: ...
    def poll(self, order: Order) -> Outcome | None: ...
    def cancel(self, order: Order) -> None: ...


_known: dict[str, Provider] = {}


def register(provider: Provider) -> Provider:
    """Make a way of signing known under its name; a later one of the same name takes its place."""
    _known[provider.capabilities().name] = provider
    return provider


def forget(name: str) -> None:
    """Take a way of signing out again."""
    _known.pop(name, None)


def find(name: str) -> Provider | None:
    """The way of signing with this name, None when there is none."""
    return _known.get(name)


def all_of(purpose: str) -> list[Capabilities]:
    """What can make a signature of this kind, in the order in which they are offered."""
    return [can for one in _known.values() if purpose in (can := one.capabilities()).functions]


@dataclass
class Agent:
    """Our own agent on the person's PC: digests through a loopback socket; the ticket it fetches from the server."""

    urls: tuple[str, ...] = ("ws://127.0.0.1:9447", "ws://127.0.0.1:9448", "ws://127.0.0.1:9449")
    functions: frozenset = field(default=frozenset({"leader", "seal", "annex", "copy"}))

    def capabilities(self) -> Capabilities:
        """Everything, a hundred files under one PIN."""
        return Capabilities(
            AGENT, "Phần mềm ký Văn Thư", "digest", "loopback", self.functions, 100, timedelta(minutes=10), self.urls, True,
            "Chưa thấy phần mềm ký Văn Thư trên máy này: hãy mở phần mềm ký (biểu tượng Văn Thư), hoặc nhờ quản trị cài.",
        )  # fmt: skip

    def begin(self, order: Order) -> BrowserStep:
        """The page hands the nonce to the agent."""
        return BrowserStep(
            self.urls, ({"v": 1, "do": "sign", "nonce": order.nonce},), permission="loopback-network"
        )

    def receive(self, order: Order, payload: dict) -> Outcome:
        """The agent's last message as the page carries it."""
        machine = str(payload.get("machine", ""))[:100]
        code, sentence = str(payload.get("error") or ""), str(payload.get("message") or "")[:500]
        raw = payload.get("signatures")
        if raw is None and code:
            left = payload.get("attempts_left")
            return Outcome(_kind(code), code, sentence, (), machine, left if isinstance(left, int) else None)
        signatures = _signatures(raw, len(order.papers))
        if signatures is None:
            return Outcome(
                "error", "bad_message", "Phần mềm ký trả lời thiếu chữ ký. Chưa ký gì; hãy ký lại."
            )
        kind = "done" if any(signatures) else _kind(code or "error")
        return Outcome(kind, code, sentence, signatures, machine)

    def poll(self, order: Order) -> Outcome | None:
        """It answers through the page."""
        return None

    def cancel(self, order: Order) -> None:
        """The page closes its socket, which takes the question away."""


@dataclass
class ByHand:
    """Download, sign elsewhere, upload: needs nothing on this PC, works without JavaScript."""

    functions: frozenset = field(default=frozenset({"leader", "seal", "annex", "copy"}))

    def capabilities(self) -> Capabilities:
        """Any file, one session of two hours."""
        return Capabilities(
            UPLOAD, "Tải xuống – ký ngoài – tải lên", "file", "hand", self.functions, 20, timedelta(hours=2)
        )

    def begin(self, order: Order) -> Wait:
        """The person works; the page only tells how far it is."""
        return Wait(5, "Tải tệp xuống, ký bằng phần mềm bạn có, rồi tải tệp đã ký lên.")

    def receive(self, order: Order, payload: dict) -> Outcome:
        """Only the file counts; there is nothing to be told."""
        return Outcome("error", "bad_message", "Hãy tải tệp đã ký lên ở trang của phiên ký.")

    def poll(self, order: Order) -> Outcome | None:
        """The upload itself is the event."""
        return None

    def cancel(self, order: Order) -> None:
        """Nothing runs anywhere."""


def _kind(code: str) -> str:
    """The agent's word → an outcome."""
    return {
        "cancelled": "cancelled", "closed": "cancelled", "timeout": "expired", "bad_ticket": "expired",
        "no_agent": "unavailable", "no_token": "unavailable", "no_module": "unavailable", "no_driver": "unavailable",
        "empty_token": "unavailable", "no_server": "unavailable", "bad_tls": "unavailable", "no_window": "unavailable",
        "no_certificate": "refused", "wrong_pin": "refused", "locked": "refused", "last_attempt": "refused",
        "permission_denied": "permission_denied",
    }.get(code, "error")  # fmt: skip


def _signatures(texts, amount: int) -> tuple | None:
    """One raw signature or None a file; None when the list fits another signing."""
    if not isinstance(texts, list) or len(texts) != amount:
        return None
    try:
        return tuple(None if text is None else base64.b64decode(text, validate=True) for text in texts)
    except (binascii.Error, ValueError, TypeError):
        return None
