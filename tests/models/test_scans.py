"""Scans: who may, the states, all or nothing at confirmation, doubles, secret papers leave nothing."""

import pytest

from models import (
    config,
    db,
    desk,
    documents,
    errors,
    extraction,
    files,
    journal,
    outbox,
    readings,
    registers,
    scans,
)

CONTENT = b"a scan"
NOTHING = dict.fromkeys(extraction.FIELDS)
FIELDS = {
    "organ_name": "Sở Giả Tưởng", "code_number": "12", "code_notation": "SGT-VP", "subject": "V/v thử",
    "issued_date": None, "urgency": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def connected(office):
    with db.connection():
        yield


@pytest.fixture
def leader(office):
    return next(post for post in office.lan.agency.posts if post.has("leader"))


def uploaded(actor, content=CONTENT):
    return scans.upload(actor, files.store(content), "thu.pdf", "application/pdf")


def read(actor, content=CONTENT, said="Sở Giả Tưởng đề nghị", fields=NOTHING):
    scan = scans.begin_reading(uploaded(actor, content).id)
    scans.finish_reading(scan, 2, said, fields, files.store(b"%PDF-ocr" + content))
    return scans.Scan.get_by_id(scan.id)


def test_an_upload_orders_its_reading_once(office):
    scan = uploaded(office.lan)
    assert scan.state == "waiting"
    orders = outbox.Order.select().where(outbox.Order.subject_id == scan.id)
    assert {order.kind for order in orders} == {"examine", "separate"}
    photo = scans.upload(office.lan, files.store(b"photo"), "thu.jpg", "image/jpeg")
    orders = outbox.Order.select().where(outbox.Order.subject_id == photo.id)
    assert {order.kind for order in orders} == {"examine", "ocr"}


def test_only_a_clerk_may(office):
    with pytest.raises(errors.NotAllowed):
        uploaded(office.tuan)
    with pytest.raises(errors.NotAllowed):
        scans.get(office.tuan, uploaded(office.lan).id)


def test_the_door_lets_no_program_in(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"MZ\x90\x00 program")
    with pytest.raises(errors.Invalid) as refused:
        scans.check_upload(path, "thu.pdf", 10)
    assert "thu.pdf" in refused.value.fields["file"]


def test_reading_begins_only_where_somebody_waits(office):
    scan = read(office.lan)
    assert scan.state == "read"
    assert scans.begin_reading(scan.id) is None
    assert not scans.progress(scan, 1, 2)


def test_confirmation_registers_presents_and_keeps_the_file(office, leader):
    scan = read(office.lan)
    doc = scans.confirm(office.lan, scan, FIELDS, leader)
    assert (doc.state, doc.source, doc.urgency, doc.page_amount) == ("forwarded", "paper", 1, 2)
    assert doc.holder_id == leader.id
    assert documents.main_file(doc).read() == CONTENT
    assert [version.kind for version in documents.versions(doc)] == ["text"]
    verbs = [event.verb for event in journal.of(doc)]
    assert verbs[0] == "begin"
    assert "register" in verbs


def test_a_failed_confirmation_takes_no_number_and_leaves_the_scan(office):
    scan = read(office.lan)
    book = registers.of(office.a.id, "incoming")
    before = registers.coming(book)
    with pytest.raises(errors.Invalid):
        scans.confirm(office.lan, scan, FIELDS, None)
    assert registers.coming(book) == before
    assert scans.Scan.get_by_id(scan.id).state == "read"
    assert documents.Document.select().count() == 0


def test_confirming_twice_is_a_conflict(office, leader):
    scan = read(office.lan)
    same = scans.Scan.get_by_id(scan.id)
    scans.confirm(office.lan, scan, FIELDS, leader)
    with pytest.raises(errors.Conflict):
        scans.confirm(office.lan, same, FIELDS | {"code_number": "13"}, leader)
    assert documents.Document.select().count() == 1


@pytest.mark.parametrize("content", [CONTENT, b"another scan of the same letter"])
def test_the_same_letter_again_must_be_seen(office, leader, content):
    scans.confirm(office.lan, read(office.lan), FIELDS, leader)
    second = read(office.lan, content)
    item = desk.of(desk.SCAN, second)
    with pytest.raises(errors.Invalid) as told:
        desk.register(office.lan, item, leader, FIELDS)
    assert "số đến 1" in told.value.fields["known"]
    taken = desk.register(office.lan, item, leader, FIELDS, known=True, apart_reason="Gửi hai lần")
    assert taken.arrival_number == 2


def test_a_secret_paper_is_refused_and_leaves_nothing(office):
    scan = read(office.lan, said="TUYỆT MẬT\nnội dung")
    assert scan.state == "refused"
    assert "Điều 1.2" in scan.note
    assert (scan.file, scan.rendition, scan.text_file) == (None, None, None)
    stored = [path for path in (config.current().data / "files").glob("??/*") if path.read_bytes() == CONTENT]
    assert stored == []


def test_a_quarantined_scan_can_be_registered_by_hand_or_read_again(office, leader):
    first, second = uploaded(office.lan), uploaded(office.lan, b"other")
    for scan in (first, second):
        scans.quarantine(scan, "Tệp hỏng.")
    scans.confirm(office.lan, scans.Scan.get_by_id(first.id), FIELDS, leader)
    scans.read_again(office.lan, scans.Scan.get_by_id(second.id))
    assert scans.begin_reading(second.id).state == "reading"
    assert (
        outbox.Order.select().where(outbox.Order.subject_id == second.id, outbox.Order.kind == "ocr").count()
        == 1
    )


def test_refusing_needs_a_reason(office):
    scan = uploaded(office.lan)
    with pytest.raises(errors.Invalid):
        scans.refuse(office.lan, scan, "  ")
    scans.refuse(office.lan, scan, "quét nhầm")
    assert scans.Scan.get_by_id(scan.id).state == "refused"


def test_what_must_be_looked_at(office):
    sure = extraction.Field("12", 0.97, True, 1, [0, 0, 1, 1])
    doubtful = extraction.Field("V/v thử", 0.7, False, 1, [0, 0, 1, 1])
    day = extraction.Field("2025-03-02", 0.97, True, 1, None)
    scan = read(office.lan, fields=NOTHING | {"code_number": sure, "subject": doubtful, "issued_date": day})
    assert readings.unsure(readings.of_scan(scan)) >= {"subject", "organ_name", "code_notation"}
    assert scans.proposed(scan)["issued_date"].isoformat() == "2025-03-02"


def test_the_next_one_is_the_next_read_one(office):
    first, _, third = read(office.lan), uploaded(office.lan, b"2"), read(office.lan, b"3")
    rows = desk.queue(office.lan)
    assert desk.following(rows, f"scan-{first.id}").row.id == third.id
    assert desk.following(rows, f"scan-{third.id}").row.id == first.id
    assert [item.row.state for item in rows] == ["read", "read", "waiting"]
