"""Sender, receiver and axis as real processes with the failing line between them, in a folder in memory where there is one."""

import shutil
import socket
import tempfile
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from faults import authority, faults, invariants, place, proxy

SENDING = ("sendEdoc", "uploadState", "uploadPart")
FETCHING = (("getReceivedEdocList",), ("getEdoc", "downloadEdoc"), ("updateStatus",))
PATIENT, IMPATIENT = 20.0, 0.25  # seconds a call may take: in peace, and while a fault says nothing for ever
ROUNDS = 12
START = datetime(2026, 3, 2, 9, 0)
NAMES = ("hub", "a", "b")


@contextmanager
def ground():
    """A folder for worlds."""
    memory = Path("/dev/shm")
    spacious = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 30
    with tempfile.TemporaryDirectory(dir=memory if spacious else None, prefix="vanthu-") as folder:
        yield Path(folder)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def prepared(folder: Path) -> Path:
    """The three installations as they are before the first deed; made once."""
    if folder.exists():
        return folder
    at = f"{START:%Y-%m-%d %H:%M}"
    hub, a, b = (place.Place(folder / name) for name in NAMES)
    secrets = hub("set_up_hub", at)
    a("set_up_a", at, "http://127.0.0.1:1/vxp", secrets["a"])
    b("set_up_b", at, "http://127.0.0.1:1/vxp", secrets["b"])
    for one in (hub, a, b):
        one("checkpoint", at)
        one.kill()
    return folder


class World:
    """`a` sends, `b` receives, `hub` is the axis; all see one clock."""

    def __init__(self, folder: Path):
        self.folder, self.now, self.count = folder, START, 0
        made = prepared(folder.parent / "ground")
        for name in NAMES:
            shutil.copytree(made / name, folder / name)
        trusted = authority.Authority(folder)
        self.line = proxy.Proxy(trusted)
        self.line.__enter__()
        self.line.upstream = free_port()
        self.hub = place.Place(folder / "hub", self.line.upstream)
        self.a, self.b = (place.Place(folder / name, 0, trusted.root) for name in ("a", "b"))
        for one in (self.a, self.b):
            one("point", self.at, self.line.url())
            one("patience", self.at, PATIENT)

    def close(self):
        for one in (self.a, self.b, self.hub):
            one.kill()
        self.line.__exit__()

    @property
    def at(self) -> str:
        return f"{self.now:%Y-%m-%d %H:%M}"

    def later(self, **span) -> None:
        self.now += timedelta(**span)

    def do(self, where, deed, *arguments, **named):
        """A deed at a place, a minute after the one before."""
        self.later(minutes=1)
        return where(deed, self.at, *arguments, **named)

    def number(self) -> int:
        self.count += 1
        return self.count

    def quarrel(self, where, fault, deed, operations) -> list[proxy.Passage]:
        """A deed at a place while calls of these operations fail; what passed meanwhile."""
        impatient = fault in faults.WAITED_OUT
        if impatient:
            where("patience", self.at, IMPATIENT)
        if fault in faults.BY_TLS or fault == "no_dns":
            where("point", self.at, self.line.url(fault))
        self.line.heal()
        self.line.arm(fault, operations)
        self.do(where, deed)
        passed = list(self.line.passages)
        self.line.heal()
        if impatient:
            where("patience", self.at, PATIENT)
        if fault in faults.BY_TLS or fault == "no_dns":
            where("point", self.at, self.line.url())
        return passed

    def settle(self) -> None:
        """Both sides work until nothing is left to do."""
        for _ in range(ROUNDS):
            self.later(minutes=70)
            if not self.a("work", self.at) + self.b("work", self.at):
                return
        raise AssertionError("the two sides never come to rest")

    def broken(self, settled=True) -> list[str]:
        """Broken invariants."""
        return invariants.broken({name: self.folder / name for name in ("a", "b", "hub")}, settled)
