"""A packet that cannot be read is kept with its reason, shown to those who answer for it, tried again, never lost (I11)."""

import hashlib

import letters
import pytest

from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    edxml_write,
    errors,
    exchange,
    exchange_attempts,
    files,
    journal,
    notifications,
    quarantine,
    reception,
)

TORN = (
    f'<edXML xmlns="{edxml.NAMESPACE}"><edXML:From><edXML:OrganId>H98.77</edXML:OrganId><edXML:OrganName>Viện Mẫu'
    "</edXML:OrganName></edXML:From><To><OrganId>H99.10</OrganId></To><không đóng></edXML>"
)
Held = quarantine.QuarantinedPacket


def take(tmp_path, content, axis_id="axis-1"):
    path = tmp_path / "goi.edxml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(errors.Invalid) as error:
        reception.receive_from_axis(path, axis_id)
    return Held.get(Held.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()), str(error.value)


def test_i11_a_torn_packet_is_kept_whole_with_its_reason(office, tmp_path):
    row, sentence = take(tmp_path, TORN)
    assert row.file.read() == TORN.encode() and row.reason == sentence and "XML sai cú pháp" in sentence
    assert (row.agency.id, row.sender_code, row.sender_name, row.axis_id) == (
        office.a.id,
        "H98.77",
        "Viện Mẫu",
        "axis-1",
    )
    assert "Hãy gọi cho Viện Mẫu" in row.advice and "Thử đọc lại" in row.advice
    assert not letters.arrived(office.a)


def test_i11_the_same_packet_again_is_counted_not_kept_twice(office, tmp_path):
    first, _ = take(tmp_path, TORN)
    again, _ = take(tmp_path, TORN, "axis-2")
    assert (again.id, again.times, Held.select().count()) == (first.id, 2, 1)
    assert journal.Event.select().where(journal.Event.verb == "quarantine").count() == 1
    assert not quarantine.refused_before("axis-2"), "the axis has not been told yet"
    exchange_attempts.note("in", "edoc", again.sha256, clock.now(), "refused", "XML sai cú pháp", "axis-2")
    assert quarantine.refused_before("axis-2") and not quarantine.refused_before("axis-3")


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\1\2", b"\xff\xfe<\0a\0", TORN.replace("<To>", "<To>" * 500).encode(), b"<From>" * 9000],
)
def test_i11_whatever_comes_it_is_no_exception_of_ours(office, tmp_path, content):
    row, _ = take(tmp_path, content)
    assert row.size == len(content)


def test_i11_the_owner_sees_it_and_nobody_else(office, tmp_path):
    row, _ = take(tmp_path, TORN)
    lost, _ = take(tmp_path, b"rac khong cua ai")
    assert lost.agency is None
    assert [one.id for one in quarantine.of(office.lan)] == [row.id]
    assert [one.id for one in quarantine.of(office.admin)] == [lost.id]
    assert not list(quarantine.of(office.mai)) and quarantine.waiting(office.lan) == 1
    with pytest.raises(errors.NotFound):
        quarantine.load(office.mai, row.id)
    notifications.spread()
    told = {notice.post_id for notice in notifications.Notice.select()}
    assert told == {office.lan.post.id, office.admin.post.id}


def test_i11_after_an_upgrade_it_can_be_read(office, tmp_path, monkeypatch):
    stranger = agencies.create("Viện Mẫu", code="H98.77", connection="axis")
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(letters.PDF)
    good = edxml.Envelope(edxml.Organ("H98.77", "Viện Mẫu"), (edxml.Organ("H99.10"),), "x1", "V/v thử",
                          attachments=(edxml.Attachment("a.pdf", pdf),))  # fmt: skip
    path = edxml_write.encode(good, tmp_path / "tot")
    with monkeypatch.context() as older:
        older.setattr(
            reception.edxml_read, "decode", lambda *_: (_ for _ in ()).throw(errors.Invalid("chưa biết dạng"))
        )
        row, _ = take(tmp_path, path.read_bytes())
        with pytest.raises(errors.Refused, match="Vẫn chưa nhận được"):
            reception.retry(row, office.lan)
    receipts = reception.retry(Held.get_by_id(row.id), office.lan)
    assert [one.outcome for one in receipts] == ["received"] and stranger
    row = Held.get_by_id(row.id)
    assert (row.state, row.ended_by) == ("taken", office.lan.name) and "Chờ lưu trữ" in row.note
    with pytest.raises(errors.Refused):
        reception.retry(row, office.lan)


def test_i11_closing_needs_a_note_and_keeps_the_line(office, tmp_path):
    row, _ = take(tmp_path, TORN)
    with pytest.raises(errors.Invalid):
        quarantine.close(row, office.lan, "  ")
    quarantine.close(row, office.lan, "Viện Mẫu đã gửi lại")
    assert (row.state, row.note) == ("closed", "Viện Mẫu đã gửi lại") and not quarantine.waiting(office.lan)


def test_i11_only_administrators_take_the_bytes(office, tmp_path):
    row, _ = take(tmp_path, TORN)
    with pytest.raises(errors.NotAllowed):
        quarantine.content(office.lan, row)
    assert quarantine.content(office.quantri, row).read_bytes() == TORN.encode()


def test_i11_quarantine_is_bounded_and_lines_stay(office, tmp_path, monkeypatch):
    monkeypatch.setattr(quarantine, "MOST_HELD", len(TORN.encode()) + 10)
    row, _ = take(tmp_path, TORN)
    full, _ = take(tmp_path, TORN.replace("Viện", "Trường"))
    assert full.file is None and "chỉ nơi gửi gửi lại" in full.advice
    sha256 = row.file.sha256
    with clock.freeze("2027-12-01 08:00"):
        assert quarantine.tidy() == 1
    assert (
        not files.place(sha256).exists()
        and Held.get_by_id(row.id).file is None
        and Held.select().count() == 2
    )


def test_i11_a_recalled_document_leaves_no_unreadable_copy(office, tmp_path):
    row, _ = take(tmp_path, TORN + "H98.77,2026/03/02,5/VM")
    other, _ = take(tmp_path, TORN)
    sha256 = row.file.sha256
    with db.write():
        assert quarantine.forget("H98.77", "H98.77,2026/03/02,5/VM") == 1
    assert not files.place(sha256).exists() and Held.get_by_id(row.id).state == "closed"
    assert Held.get_by_id(other.id).file.read()


def outside(tmp_path, sender, receiver="H99.10", **more):
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(letters.PDF)
    values = {"attachments": (edxml.Attachment("a.pdf", pdf),)} | more
    packet = edxml.Envelope(edxml.Organ(sender, "Ai đó"), (edxml.Organ(receiver),), "x9", "V/v thử", **values)
    return edxml_write.encode(packet, tmp_path / "ngoai").read_bytes()


def test_x10_a_packet_for_nobody_here_is_refused(office, tmp_path):
    row, sentence = take(tmp_path, outside(tmp_path, "H98.77", "H77.01"))
    assert "không gửi cho cơ quan nào" in sentence and row.agency is None
    assert not documents.Document.select().count()


@pytest.mark.parametrize("sender", ["H99.20.01", "000.01.20.H99", "H99.10"])
def test_x10_one_of_ours_never_speaks_from_outside(office, tmp_path, sender):
    """A forged sender, an old code of it, and our own echo."""
    row, sentence = take(tmp_path, outside(tmp_path, sender))
    assert "chính hệ thống này" in sentence and not exchange.Consignment.select().count() and row


def test_x10_a_status_in_our_own_name_from_outside_is_refused(office, tmp_path):
    said = edxml.Status(edxml.Organ("H99.20.01", "Xã"), edxml.Answered("H99.10", "12/SKH", "w"), "accepted",
                        at=clock.now())  # fmt: skip
    take(tmp_path, edxml_write.encode(said, tmp_path / "tt").read_bytes())
    assert not exchange.StatusMessage.select().count()


def test_x10_old_codes_still_reach_and_closed_offices_send_back(office, tmp_path):
    agencies.create("Ai đó", code="H98.77", connection="axis")
    path = tmp_path / "goi"
    path.write_bytes(outside(tmp_path, "H98.77", "000.00.10.H99"))
    assert [one.outcome for one in reception.receive_from_axis(path, "1")] == ["received"]  # ID-7
    with db.write():
        office.b.set(closed_on=clock.today())
    path.write_bytes(outside(tmp_path, "H98.77", "H99.20.01"))
    (receipt,) = reception.receive_from_axis(path, "2")
    assert receipt.outcome == "refused" and "giải thể" in receipt.sentence


def test_x10_twenty_senders_by_twenty_receivers(office):
    """Only a stranger's word to one of us comes in; everything else is refused, whatever code is used."""
    agencies.create("Viện Mẫu", code="H98.77", connection="axis")
    ours = [
        row.code for row in agencies.AgencyCode.select().join(agencies.Agency).where(agencies.Agency.hosted)
    ]
    others = [
        "H98.77",
        *(f"H{number}.0{number % 9}" for number in range(30, 60)),
        "vxp.saas.03",
        "000.00.00.G22",
        "h99.10",
    ]
    senders, receivers = (ours + others)[:20], (ours + others)[-20 - len(ours) :][: 20 - len(ours)] + ours
    assert len(senders) == len(receivers) == 20 and len(ours) >= 5
    for sender in senders:
        for receiver in receivers:
            packet = edxml.Envelope(edxml.Organ(sender), (edxml.Organ(receiver),), "x", "y")
            try:
                reception._check_sender(packet.sender, None)
                taken = bool(reception._addressees(packet))
            except errors.Invalid:
                taken = False
            assert taken is (sender not in ours and receiver in ours), (sender, receiver)
