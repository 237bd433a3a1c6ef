"""The embedded queue: Huey rings the bell, the order rows are the record.

`@carries_out("kind")` names the function for a kind of order; `@every(seconds)` names what happens by itself. A handler
takes the order, does the outside thing and returns; the order is finished after it, or inside its own write().
"""

import fcntl
import logging
import threading
from datetime import timedelta

from huey import MemoryHuey
from huey.consumer import Consumer

from jobs import checking, reading_places, sandbox
from models import clock, config, db, errors, exchange_axis, journal, outbox

log = logging.getLogger("vanthu.jobs")
logging.getLogger("huey").setLevel(logging.WARNING)
huey = MemoryHuey("vanthu", results=False)
SWEEP_SECONDS = 1
LONGEST_SECONDS = 600  # how long an order may take, where its kind says nothing else

_handlers: dict = {}
_timers: list = []
_gave_up: dict = {}
_heavy: set = set()
_longest: dict = {}
_lock_file = None
_heavy_turn = threading.Lock()
_consumer = None
_stop = threading.Event()


class EmbeddedConsumer(Consumer):
    """A consumer inside the web process: the server's own signal handlers stay in place."""

    def _set_signal_handlers(self):
        pass


def carries_out(kind: str, gave_up=None, heavy: bool = False, seconds: int = LONGEST_SECONDS):
    """Name the handler of a kind of order; `gave_up(order, reason)` is told when no further try follows.

    Of heavy kinds (OCR, conversion) one runs at a time, so that a letter to be sent never waits behind a scan.
    `seconds` is the longest an order takes, or the longest between two times it extends its lease.
    """

    def name(function):
        _handlers[kind] = function
        _longest[kind] = seconds
        if heavy:
            _heavy.add(kind)
        if gave_up:
            _gave_up[kind] = gave_up
        return function

    return name


def every(seconds):
    """Name a function that runs by itself; `seconds` is a number or a function that gives it."""

    def name(function):
        _timers.append((function, seconds))
        return function

    return name


def kinds() -> set[str]:
    """All kinds with a handler."""
    return set(_handlers)


def wake(*_kinds: str) -> None:
    """Ring the bell after a commit: some worker looks for due orders now. Harmless when nothing is due."""
    if _consumer is not None:
        ring()


def run_one() -> bool:
    """Carry out the most urgent due order; False when none is due. Also used by tests and commands."""
    with db.connection():
        closed = exchange_axis.closed_lines()
        order = outbox.claim(_handlers.keys() - _heavy, closed)
        if order:
            _carry_out(order)
            return True
        if not _heavy or not _heavy_turn.acquire(blocking=False):
            return False
        try:
            order = outbox.claim(_heavy, closed)
            if order:
                _carry_out(order)
        finally:
            _heavy_turn.release()
    return order is not None


def run_due(most: int = 1000) -> int:
    """Carry out what is due, one after the other; returns how many."""
    count = 0
    while count < most and run_one():
        count += 1
    return count


def _carry_out(order: outbox.Order) -> None:
    if order.faults >= outbox.MOST_FAULTS:
        _end(order, order.last_error or outbox.INTERRUPTED)
        _told(order)
        return
    try:
        _handlers[order.kind](order)
    except outbox.Retry as error:
        outbox.postpone(order, error)
    except outbox.GiveUp as error:
        _end(order, str(error))
    except Exception as error:  # a fault of our own must neither stop the worker nor lose the order
        log.exception("order %s %s", order.kind, order.key)
        reason = f"{outbox.SOFTWARE_FAULT}{type(error).__name__}: {error}"
        if not outbox.put_back(order, reason):
            with db.write():
                journal.record("put_aside", None, order, note=reason)
    else:
        if order.state == "running":
            outbox.finish(order)
        return
    _told(order)


def _told(order):
    """Who has to know that no further try follows; a fault in the telling is logged and ends here."""
    if order.state != "dead" or order.kind not in _gave_up:
        return
    try:
        _gave_up[order.kind](order, order.last_error)
    except Exception:
        log.exception("telling of order %s %s", order.kind, order.key)


def _end(order, reason):
    with db.write():
        outbox.give_up(order, reason)
        journal.record("give_up", None, order, note=reason)


@huey.task()
def ring():
    """Carry out due orders until none is left."""
    run_due()


def _sweep() -> None:
    """Ring at a fixed pace and call what happens by itself; ends with the process."""
    last: dict = {}
    while not _stop.wait(SWEEP_SECONDS):
        ring()
        for function, seconds in _timers:
            pace = timedelta(seconds=seconds() if callable(seconds) else seconds)
            if function not in last or clock.now() - last[function] >= pace:
                last[function] = clock.now()
                _call(function)


def _call(function) -> None:
    try:
        with db.connection():
            function()
    except Exception:
        log.exception("periodic %s", function.__name__)


class Unready(errors.DomainError):
    """The workers must not start like this; the sentence says what is wrong."""


def check_limits() -> None:
    """Raises Unready when an order could outlive its lease."""
    late = sorted(kind for kind in _handlers if _longest[kind] >= outbox.LEASE.total_seconds())
    if late:
        raise Unready(
            f"Việc nền {', '.join(late)} được phép chạy lâu hơn thời gian giữ việc ({outbox.LEASE}): "
            "việc có thể bị làm hai lần cùng lúc. Máy chủ không khởi động; hãy cài lại đúng phiên bản."
        )


def check_start() -> None:
    """Raises Unready when an order could outlive its lease, or nobody carries out what waits."""
    check_limits()
    unknown = outbox.unknown_kinds(_handlers)
    if unknown:
        raise Unready(
            f"Có việc đang chờ mà bản phần mềm này không biết làm: {', '.join(unknown)}. "
            "Dữ liệu thuộc phiên bản khác; hãy cài đúng phiên bản rồi khởi động lại. Chưa có gì mất."
        )


def _take_lock():
    """One process works on a data folder. Raises Unready."""
    global _lock_file
    opened = (config.current().data / "jobs.lock").open("a")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        opened.close()
        raise Unready(
            f"Đã có một máy chủ khác đang chạy trên thư mục dữ liệu {config.current().data}. "
            "Hãy dừng máy chủ kia trước; hai máy chủ cùng gửi sẽ giành việc của nhau."
        ) from error
    _lock_file = opened


def start() -> None:
    """Start the workers (server's lifespan). Orders of a killed process are due again at once. Raises Unready."""
    global _consumer
    with db.connection():
        check_start()
        _take_lock()
        outbox.release_leases()
        db.tune()
    sandbox.clear_leftovers()
    _stop.clear()
    _consumer = EmbeddedConsumer(
        huey, workers=config.current().workers, worker_type="thread", periodic=False, initial_delay=0.05,
        max_delay=0.2, check_worker_health=False,
    )  # fmt: skip
    _consumer.start()
    threading.Thread(target=_sweep, name="sweep", daemon=True).start()
    ring()


def stop() -> None:
    """Stop the workers; what is running gets a moment, what is left is due at the next start."""
    global _consumer
    _stop.set()
    if _consumer is not None:
        _consumer.stop(graceful=True)
        _consumer = None
        _lock_file.close()
    checking.stop()
    reading_places.stop()


def stopping() -> bool:
    """True once the server stops: what takes long lets go and goes on at the next start."""
    return _stop.is_set()
