"""What one process does to one installation, and what must be true afterwards. Runs in children of zygote.py.

Every act looks first whether it is still to be done, as a person does who saw no answer and opens the page again.
"""

import contextlib
from datetime import date
from types import SimpleNamespace

import dispatches
from conftest import open_in
from crash.script import ACTS, MOST_ROUNDS

from jobs import collect, deliver, runner, sandbox, tidy
from models import (
    agencies,
    clock,
    db,
    documents,
    exchange,
    exchange_axis,
    files,
    hub,
    incoming,
    issuing,
    journal,
    outbox,
    outgoing,
    recalls,
    recalls_rows,
    registers,
    scans,
    seed,
    signatures,
    signing_sessions,
    tokens,
    users,
)

CODE_A, CODE_B = "H99.10", "H99.20.01"
SIGNED = dispatches.PDF + b"% da ky"
SEALED = dispatches.PDF + b"% da dong dau" + b"0123456789abcdef" * 17_000  # its packet goes in two parts
SCAN = b"%PDF-1.4\n% to quet\n%%EOF\n"
assert deliver.deliver in runner._handlers.values()
for _kind in (
    "verify",
    "pages",
    "ocr",
):  # work in child processes, seconds each: not what dies between two boundaries here
    runner._handlers.pop(_kind)
    runner._heavy.discard(_kind)


def set_up_hub():
    """The axis with two systems; their secrets."""
    return {
        "a": hub.register_system(None, "HE-A", "Hệ thống A", {CODE_A: "Sở Kế hoạch"}),
        "b": hub.register_system(None, "HE-B", "Hệ thống B", {CODE_B: "Xã Suối Mây"}),
    }


def set_up_a(secret):
    """The sender, with a letter that waits for the leader's signature."""
    cast = seed.so_a()
    _calendar_and_axis("HE-A", secret)
    b = agencies.create("UBND xã Suối Mây", code=CODE_B, short_name="Xã Suối Mây", connection="axis")
    office = SimpleNamespace(**vars(cast), a=cast.agency, b=b)
    dispatches.advance(office, dispatches.draft(office), "awaiting_signature")


def set_up_b(secret):
    """The receiver."""
    seed.xa_b()
    _calendar_and_axis("HE-B", secret)
    agencies.create("Sở Kế hoạch tỉnh Minh Sơn", code=CODE_A, short_name="Sở Kế hoạch", connection="axis")


def _calendar_and_axis(system_id, secret):
    exchange_axis.connect(None, "http://127.0.0.1:1/vxp", system_id, secret)
    with db.write():
        users.Post.update(starts_on=date(2026, 1, 1)).execute()


def open_session():
    """The leader asks to sign: the file is made ready for the token."""
    doc, hoa = _document(), _actor("hoa")
    session = signing_sessions.SigningSession
    if doc.state == "awaiting_signature" and not session.select().exists():
        work = signing_sessions.Item(
            "thu.pdf", doc, "", files.store(SIGNED), b"0" * 32, "rsassa_pkcs1v15", "sha256", {}
        )
        signing_sessions.open_session(hoa, "leader", "agent", _certificate(hoa), [work])


def _certificate(actor):
    known = tokens.Certificate.get_or_none(tokens.Certificate.person == actor.id)
    if known:
        return known
    day = {"not_before": clock.at("2026-01-01 00:00"), "not_after": clock.at("2027-01-01 00:00")}
    with db.write():
        return tokens.Certificate.create(
            sha256="0" * 64, der=b"", serial="1", name=actor.name, kind="person", person=actor.person,
            agency=actor.agency_id, bound_at=clock.now(), **day,
        )  # fmt: skip


def sign():
    """The leader signs."""
    doc, hoa = _document(), _actor("hoa")
    if doc.state == "awaiting_signature":
        outgoing.sign(doc, hoa, files.store(SIGNED), clock.now())


def number():
    """The clerk takes the number."""
    doc, lan = _document(), _actor("lan")
    if doc.state == "signed":
        issuing.number(doc, lan)


def seal():
    """The clerk seals."""
    doc, lan = _document(), _actor("lan")
    if doc.state == "numbered":
        issuing.seal(doc, lan, files.store(SEALED), {}, "valid")


def issue():
    """The clerk releases."""
    doc, lan = _document(), _actor("lan")
    if doc.state == "sealed":
        issuing.issue(doc, lan)


def check():
    """The receiver's own check says valid."""
    doc = _document("incoming")
    if doc and doc.verdict != "valid":
        said = {"verdict": "valid", "sentence": "Hợp lệ", "retry": False, "signatures": []}
        signatures.checked(doc, said | {"sha256": documents.main_file(doc).sha256})


def register():
    """The receiver's clerk registers."""
    doc, mai = _document("incoming"), _actor("mai")
    if doc and doc.state == "arrived":
        incoming.register(doc, mai)


def scan():
    """The receiver's clerk brings in a paper."""
    if not scans.Scan.select().exists():
        scans.upload(_actor("mai"), files.store(SCAN), "quet.pdf", "application/pdf")


def read():
    """The paper is read."""
    paper = scans.begin_reading(scans.Scan.get().id)
    if paper:
        scans.finish_reading(paper, 1, "Công văn thử", {}, files.store(SCAN + b"% chu"))


def confirm():
    """The clerk confirms what was read: registered and forwarded."""
    paper, mai, leader = scans.Scan.get(), _actor("mai"), _actor("binh").post
    if paper.state == "read":
        said = {"organ_name": "Sở Mẫu", "code_number": "5", "code_notation": "SM", "subject": "V/v thử"}
        scans.confirm(mai, paper, said, leader)


def recall():
    """The sender's clerk recalls."""
    doc, lan = _document(), _actor("lan")
    if doc.state == "issued":
        recalls.ask(doc, lan, "Nhầm nơi nhận", "Phạm Thị Hoa")


def turn():
    """What the workers do by themselves: orders that are due, packets that wait at the axis. How much there was."""
    if exchange_axis.take_probe():
        collect.probe()
    done = runner.run_due()
    with contextlib.suppress(outbox.Retry):
        done += collect.collect()
    return done + runner.run_due()


def restart():
    """The start of the process after a kill."""
    outbox.release_leases()
    sandbox.clear_leftovers()


def look():
    """Everything that the invariants are about, after the hourly cleaning of a later day."""
    with clock.freeze("2099-01-01 00:00"):
        tidy.tidy()
    consignments, messages, orders = exchange.Consignment, exchange.StatusMessage, outbox.Order
    return {
        "documents": [
            [doc.flow, doc.state, doc.code_number, doc.arrival_number, doc.is_recalled]
            for doc in documents.Document.select().order_by(documents.Document.id)
        ],
        "consignments": [[one.direction, one.state] for one in consignments.select()],
        "messages": sorted([one.direction, one.status, one.parked] for one in messages.select()),
        "untold": [
            one.status for one in messages.select().where(messages.direction == "out") if not one.sent_at
        ],
        "orders": [[one.kind, one.state, one.last_error] for one in orders.select() if one.state != "done"],
        "numbers": [
            [entry.register.flow, entry.number, entry.document_id] for entry in registers.Entry.select()
        ],
        "sessions": signing_sessions.SigningSession.select().count(),
        "checks": signatures.SignatureCheck.select().count(),
        "scans": [one.state for one in scans.Scan.select()],
        "gaps": [registers.gaps(book, 2026) for book in registers.Register.select()],
        "versions": sorted([version.kind, version.file.sha256] for version in documents.Version.select()),
        "tombstones": [grave.sha256 for grave in recalls_rows.Tombstone.select() if grave.erased_at],
        "main": [
            attachment.file.sha256
            for attachment in documents.Attachment.select().join(documents.Document)
            if attachment.document.source != "paper"
        ],
        "packets": [one.packet.sha256 for one in consignments.select() if one.packet],
        "problems": [*files.check(), *journal.verify()],
        "integrity": db.database.execute_sql("PRAGMA integrity_check").fetchall(),
        "orphans": [path.name for path in files.orphans(-86400 * 1000)],
        "spool": [path.name for path in files.spool().iterdir()],
    }


def _document(flow="outgoing"):
    return documents.Document.get_or_none(documents.Document.flow == flow)


def _actor(login):
    person = users.Person.get(users.Person.login == login)
    return users.Actor(person, users.posts_of(person)[0])


def rest(base, minute, axis, index) -> dict:
    """Everything from act `index` on, then the workers until nothing is left to do; what is seen in the end."""
    for place, name in ACTS[index:]:
        minute += 1
        perform(name, base / place, minute, axis, ())
    for _ in range(MOST_ROUNDS):
        minute += 5  # waits between two tries pass
        if not sum(perform("turn", base / place, minute, axis, ()) for place in ("a", "b")):
            break
    return {place: perform("look", base / place, minute, axis, ()) for place in ("a", "b")}


def perform(name, folder, minute, axis, arguments):
    """One act on one installation at a minute of the morning; its result."""
    if name == "rest":
        return rest(folder, minute, axis, *arguments)
    open_in(folder)
    for kind in runner.kinds() - {
        "deliver",
        "status",
        "erase",
    }:  # reading and checking are acts of their own here
        runner._handlers.pop(kind)
    with db.connection(), clock.freeze(f"2026-03-02 {8 + minute // 60:02d}:{minute % 60:02d}"):
        row = exchange_axis.AxisConnection.get_or_none()
        if axis and row and row.url != axis:
            with db.write():
                row.set(url=axis)
        result = globals()[name](*arguments)
        db.database.close()
    return result
