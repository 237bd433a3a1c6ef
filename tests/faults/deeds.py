"""What an installation does when a test tells it to. Runs in the processes of place.py."""

import contextlib
import os
import signal
import ssl
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import certifi
import letters
from faults import mutants
from faults.orders import after, every_order, once_more

from jobs import axis, collect, deliver, lines, runner
from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    errors,
    exchange,
    exchange_axis,
    exchange_packets,
    exchange_sending,
    failpoints,
    files,
    fulltext,
    hub,
    incoming,
    journal,
    outbox,
    recalls,
    reception,
    seed,
    setup,
    signatures,
    users,
    vault,
)

CODE_A, CODE_B, CODE_C = "H99.10", "H99.20.01", "H99.20.02"
assert after and every_order and once_more  # deeds too
assert deliver.deliver in runner._handlers.values()


def begin(root):
    """Before the first deed: only the exchange works, and the test's authority is one of those the machine trusts."""
    for kind in runner._heavy | {"verify"}:
        runner._handlers.pop(kind)
    runner._heavy.clear()
    if root:
        certifi.where = lambda: str(root)
        ssl.get_default_verify_paths()


def patience(seconds: float) -> None:
    """How long a call may take from now on (the product's own limits, scaled)."""
    lines.close()
    axis.CONNECT = axis.READ = seconds
    axis.Client.__init__.__defaults__ = (seconds,)


def mutate(name):
    """Plant a fault of mutants.py."""
    getattr(mutants, name)()


def hurry(times):
    """The clock runs so many times faster than life from now on, and this is when it starts."""
    began, real = clock.now(), time.monotonic()
    clock.now = lambda: began + timedelta(seconds=(time.monotonic() - real) * times)


# ---- setting up -----------------------------------------------------------------------------------------------


def set_up_hub(names=("a", "b")):
    """The axis with its systems; their secrets."""
    codes = {"a": {CODE_A: "Sở Kế hoạch"}, "b": {CODE_B: "Xã Suối Mây"}, "c": {CODE_C: "Xã Bản Thử"}}
    return {
        name: hub.register_system(None, f"HE-{name.upper()}", f"Hệ thống {name}", codes[name])
        for name in names
    }


def set_up_a(url, secret):
    """The sender."""
    seed.so_a()
    agencies.create("UBND xã Suối Mây", code=CODE_B, short_name="Xã Suối Mây", connection="axis")
    _connect(url, "HE-A", secret)


def set_up_b(url, secret):
    """The receiver."""
    seed.xa_b()
    agencies.create("Sở Kế hoạch tỉnh Minh Sơn", code=CODE_A, short_name="Sở Kế hoạch", connection="axis")
    _connect(url, "HE-B", secret)


def set_up_c(url, secret):
    """A third office, which knows the two."""
    agency = setup.open_agency(
        "UBND xã Bản Thử", CODE_C, short_name="Xã Bản Thử", parent_name="Tỉnh Minh Sơn", kind="Xã", notation="UBND",
        place="Bản Thử", address="Bản Thử, tỉnh Minh Sơn", email="vanthu@banthu.example", telephone="0200 000 003",
    )  # fmt: skip
    seed._people(agency, seed.XA_B, {}, "")
    agencies.create("Sở Kế hoạch tỉnh Minh Sơn", code=CODE_A, short_name="Sở Kế hoạch", connection="axis")
    agencies.create("UBND xã Suối Mây", code=CODE_B, short_name="Xã Suối Mây", connection="axis")
    _connect(url, "HE-C", secret)


def meet_c():
    """The third office enters the address book."""
    agencies.create("UBND xã Bản Thử", code=CODE_C, short_name="Xã Bản Thử", connection="axis")


def _connect(url, system_id, secret):
    exchange_axis.connect(None, url, system_id, secret)
    with db.write():
        users.Post.update(starts_on=date(2026, 1, 1)).execute()


def point(url):
    """The axis is at another address now."""
    row = exchange_axis.AxisConnection.get()
    if row.url != url:
        with db.write():
            row.set(url=url)


# ---- what people do -------------------------------------------------------------------------------------------


def actor(login):
    """A person in his post."""
    person = users.Person.get(users.Person.login == login)
    return users.Actor(person, users.posts_of(person)[0])


def issue(number, content=None, replaces=None, login="lan", to=(CODE_B,), **fields):
    """A letter to the other side is released; its id on the wire."""
    clerk = actor(login)
    wire = f"{clerk.agency.code},{clock.today():%Y/%m/%d},{number}/SKH-KH"
    with db.write():
        doc = letters.issued(
            clerk, [agencies.by_code(code) for code in to], number=str(number), issued_date=clock.today(),
            content=content or letters.PDF + f"% so {number}".encode(), document_id=wire, **fields,
        )  # fmt: skip
        if replaces:
            documents.Link.create(source=doc, target=_by_wire(replaces, "outgoing"), kind="replace")
    return wire


def _by_wire(wire, flow):
    return documents.Document.get(documents.Document.document_id == wire, documents.Document.flow == flow)


def register(wire):
    """The receiver's clerk registers."""
    _checked(wire)
    incoming.register(_by_wire(wire, "incoming"), actor("mai"))


def refuse(wire):
    """The receiver's clerk sends it back."""
    _checked(wire)
    incoming.refuse(_by_wire(wire, "incoming"), actor("mai"), "Gửi nhầm nơi nhận, đề nghị kiểm tra lại")


def _checked(wire):
    doc = _by_wire(wire, "incoming")
    said = {"verdict": "valid", "sentence": "Hợp lệ", "retry": False, "signatures": []}
    signatures.checked(doc, said | {"sha256": documents.main_file(doc).sha256})


def report(wire, code):
    """The receiver's people got so far with it."""
    with db.write():
        exchange.report(_by_wire(wire, "incoming"), code, f"Bước {code}", actor("mai"))


def recall(wire, login="lan"):
    """The sender's clerk asks it back."""
    recalls.ask(_by_wire(wire, "outgoing"), actor(login), "Nhầm nơi nhận", "Phạm Thị Hoa")


def work():
    """What the installation does by itself: how much there was."""
    return send() + fetch() + runner.run_due()


def send():
    """What is due goes out, if the line is up or is found up again."""
    if exchange_axis.take_probe():
        collect.probe()
    return runner.run_due()


def fetch():
    """What waits is fetched."""
    with contextlib.suppress(outbox.Retry):
        return collect.collect()
    return 0


def checkpoint():
    """Everything is in the database file itself, so that the folder can be copied."""
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def restart():
    """The start after a kill."""
    lines.close()
    return outbox.release_leases()


def receive_many(packet, many, hands):
    """The same packet comes so often, from so many threads at once: outcome → how often."""
    path = exchange_packets.spooled()
    path.write_bytes(packet)

    def take(_turn):
        with db.connection():
            try:
                return reception.receive_from_axis(path, "nhieu-lan")[0].outcome
            except db.IntegrityError as error:
                return str(error)

    try:
        with ThreadPoolExecutor(hands) as pool:
            return dict(Counter(pool.map(take, range(many))))
    finally:
        path.unlink()


def attempt(deed, *arguments, **named):
    """A deed that people try and the rules may refuse; whether it was done."""
    try:
        globals()[deed](*arguments, **named)
    except (errors.DomainError, documents.Document.DoesNotExist):
        return False
    return True


def die_at(nth):
    """SIGKILL at the so-manieth boundary from now on."""
    left = [nth]

    def reach(_name):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.reach = reach


def work_in_threads(keys):
    """Orders with these keys are placed and the real workers started; each writes its key down."""
    db.database.execute_sql("CREATE TABLE IF NOT EXISTS j1 (key TEXT, UNIQUE (key) ON CONFLICT IGNORE)")
    runner.carries_out("j1")(effect)
    with db.write():
        for number, key in enumerate(keys):
            outbox.place("j1", number, key)
    runner.start()
    runner.wake()


def effect(order):
    """What a handler does: the outside thing by its key, then the outcome with the end of the order."""
    with db.write():
        db.database.execute_sql("INSERT INTO j1 VALUES (?)", (order.key,))
        outbox.finish(order)


def left():
    """Orders of J1 that are not done."""
    return outbox.Order.select().where(outbox.Order.kind == "j1", outbox.Order.state != "done").count()


def effects():
    """The keys written down."""
    return [key for (key,) in db.database.execute_sql("SELECT key FROM j1").fetchall()]


# ---- what can be seen -----------------------------------------------------------------------------------------


def told(wire):
    """The sender's lines of a document: [state, sent at, acknowledged at, axis id] of each."""
    rows = exchange.Consignment.select().where(
        exchange.Consignment.wire_id == wire, exchange.Consignment.direction == "out"
    )
    return [[row.state, str(row.sent_at or ""), str(row.acknowledged_at or ""), row.axis_id] for row in rows]


def untold(wire):
    """[word, sent at] of our status messages about a document."""
    model = exchange.StatusMessage
    rows = model.select().where(model.wire_id == wire, model.direction == "out").order_by(model.id)
    return [[row.status, str(row.sent_at or "")] for row in rows]


def packet(wire):
    """The bytes of the packet a document of ours travels in."""
    return exchange.Consignment.get(exchange.Consignment.wire_id == wire).packet.read()


def secret():
    """The secret this installation has with its axis."""
    return vault.unlock(exchange_axis.connected().locked_secret)


def counts():
    """What the axis holds."""
    return {"packets": hub.Packet.select().count(), "deliveries": hub.Delivery.select().count()}


def packets():
    """Status word, or «document», → the packet's bytes as the axis has it."""
    words = edxml.STATUS_WORDS
    return {words.get(row.title, "document"): row.file.read() for row in hub.Packet.select()}


def packets_for(code):
    """Every packet that was ever addressed to this code, the oldest first."""
    rows = hub.Delivery.select().where(hub.Delivery.to_code == code).order_by(hub.Delivery.id)
    return [row.packet.file.read() for row in rows if row.packet.file_id]


def found(words):
    """Ids of the documents with these words."""
    return fulltext.matching(agencies.by_code(CODE_B).id, words)


def make_packets():
    """The packets of everything that waits, without sending one."""
    for line in exchange.Consignment.select().where(exchange.Consignment.state == "queued"):
        if line.packet is None:
            stored, name = deliver._document_packet([line])
            exchange_sending.attempt([line], stored, name)


def waiting():
    """How many packets wait at the axis."""
    return hub.Delivery.select().where(hub.Delivery.queue == "waiting").count()


def problems():
    """What the installation itself finds wrong in its journal and its store."""
    return [*journal.verify(), *files.check()]
