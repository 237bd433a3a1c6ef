"""Courier bundles: documents on a stick, answers back the same way, nothing doubled when the line returns (I10; Q9.1)."""

import hashlib
import json
import zipfile

import couriers
import letters
import pytest
from couriers import bundle, line, outcomes, place, settle, stick

from models import (
    agencies,
    clock,
    courier,
    courier_file,
    courier_making,
    courier_taking,
    db,
    documents,
    errors,
    exchange,
    files,
    incoming,
    journal,
    outbox,
    reception,
    reconciliation,
    registers,
)

assert place and incoming


def packet_bytes(doc):
    return line(doc).packet.path().read_bytes()


def send(place, tmp_path, count=1):
    here = place("so")
    docs = [letters.issued(here.clerk, [here.partner], number=str(12 + n)) for n in range(count)]
    row = bundle(here)
    return docs, row, stick(row, tmp_path)


def take(place, path):
    here = place("xa")
    row = courier_taking.enter(here.clerk, path)
    settle()
    return here, courier.load(here.clerk, row.id)


def test_i10_a_letter_goes_by_hand_and_its_receipt_comes_back_the_same_way(place, tmp_path):
    (doc,), row, path = send(place, tmp_path)
    sent = packet_bytes(doc)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("packets/0001.edxml") == sent, "byte for byte what would go over the axis"
        said = json.loads(archive.read("manifest.json"))
    assert said["packets"] == [
        {"sha256": hashlib.sha256(sent).hexdigest(), "size": len(sent), "type": "edoc"}
    ]
    assert row.file.name.startswith("vanthu-usb_H99.10-260302-") and row.size == path.stat().st_size
    one = line(doc)
    travel = courier.travelling([one.id])[one.id]
    assert (one.state, one.sent_at, travel.carrier) == ("queued", None, "Ông Vàng A Mẫu, 0200 000 009")

    with clock.freeze("2026-03-04 09:10"):
        there, came = take(place, path)
        assert (came.state, came.trust, outcomes(came)) == ("taken", "first", ["received"])
        (got,) = letters.arrived(there.agency)
        assert (
            got.subject == "Về việc báo cáo kết quả quý I" and documents.main_file(got).read() == letters.PDF
        )
        back = stick(bundle(there, "Bà Lò Thị Thử"), tmp_path, "ve.zip")

    with clock.freeze("2026-03-05 08:00"):
        home = place("so")
        answer = courier_taking.enter(home.clerk, back)
        settle()
        assert outcomes(courier.load(home.clerk, answer.id)) == ["status"]
        one = line(doc)
        # 12.3: acknowledged now, sent legally at its release
        assert (one.state, one.acknowledged_at) == ("arrived", clock.now())
        assert one.sent_at == one.queued_at == clock.at(couriers.WHEN)
        assert not courier.travelling([one.id]) and courier.load(home.clerk, row.id).state == "answered"
        notes = [event.note for event in journal.of(doc)]
        assert any("đi bằng USB" in note for note in notes)


def test_i10_the_line_comes_back_meanwhile_and_nothing_is_doubled(place, tmp_path):
    (doc,), _, path = send(place, tmp_path)
    over_the_line = tmp_path / "truc.edxml"
    over_the_line.write_bytes(packet_bytes(doc))
    here = place("xa")
    first = reception.receive_from_axis(over_the_line, "axis-1")[0]
    _, came = take(place, path)
    assert first.outcome == "received" and outcomes(came) == ["duplicate"]
    assert courier.items_of(came)[0].consignment_id == first.consignment.id
    assert len(letters.arrived(here.agency)) == 1
    assert exchange.StatusMessage.select().count() == 1, "the first receipt, no second one"


def test_i10_the_same_packet_over_the_line_after_the_stick_gets_the_first_receipt(place, tmp_path):
    (doc,), _, path = send(place, tmp_path)
    over_the_line = tmp_path / "truc.edxml"
    over_the_line.write_bytes(packet_bytes(doc))
    there, came = take(place, path)
    again = reception.receive_from_axis(over_the_line, "axis-1")[0]
    assert (again.outcome, again.consignment.id) == ("duplicate", courier.items_of(came)[0].consignment_id)
    assert len(letters.arrived(there.agency)) == 1


def test_i10_a_bundle_taken_twice_is_taken_once(place, tmp_path):
    _, _, path = send(place, tmp_path, 3)
    there, came = take(place, path)
    assert came.file is None and not files.place(came.sha256).exists(), "a recall must find no second copy"
    again = courier_taking.enter(there.clerk, path)
    settle()
    assert again.id == came.id and outcomes(came) == ["received"] * 3
    assert len(letters.arrived(there.agency)) == 3


def test_i10_an_interrupted_import_goes_on_where_it_stopped(place, tmp_path, monkeypatch):
    _, _, path = send(place, tmp_path, 4)
    there = place("xa")
    row = courier_taking.enter(there.clerk, path)
    whole, seen = courier_taking._take, []

    def cut_short(bundle, file, item):
        if len(seen) == 2:
            raise KeyboardInterrupt
        seen.append(item.number)
        whole(bundle, file, item)

    monkeypatch.setattr(courier_taking, "_take", cut_short)
    with pytest.raises(KeyboardInterrupt):
        courier_taking.carry_on(row)
    assert outcomes(row) == ["received", "received", "", ""] and row.state == "taking"
    monkeypatch.setattr(courier_taking, "_take", lambda *args: seen.append(args[2].number) or whole(*args))
    courier_taking.carry_on(courier.load(there.clerk, row.id))
    assert seen == [1, 2, 3, 4] and len(letters.arrived(there.agency)) == 4


def test_i10_an_older_bundle_after_a_newer_one_moves_nothing_back(place, tmp_path):
    (doc,), _, path = send(place, tmp_path)
    there, _ = take(place, path)
    old = stick(bundle(there), tmp_path, "cu.zip")
    got = letters.arrived(there.agency)[0]
    with clock.freeze("2026-03-03 08:00"):
        with db.write():
            book = registers.of(there.agency.id, "incoming")
            assert book
            exchange.report(got, "03", "Vào sổ", there.clerk)
        new = stick(bundle(there), tmp_path, "moi.zip")
    home = place("so")
    for path in (new, old):
        courier_taking.enter(home.clerk, path)
        settle()
    assert line(doc).state == "accepted"
    assert {message.status for message in line(doc).messages} == {"arrived", "accepted"}


def test_i10_a_bundle_for_another_place_is_refused_and_says_nothing_of_it(place, tmp_path):
    here = place("so")
    other = agencies.create("Xã Khác", code="H99.20.77", connection="axis")
    letters.issued(here.clerk, [other], subject="Chuyện riêng của xã Khác")
    row = courier.order(here.clerk, [other.id], "Người mang")
    settle()
    path = stick(courier.load(here.clerk, row.id), tmp_path)
    there = place("xa")
    with pytest.raises(errors.Refused) as refusal:
        courier_taking.enter(there.clerk, path)
    assert "nơi khác" in str(refusal.value) and "Khác" not in str(refusal.value)
    assert not courier.of_agency(there.agency.id) and not letters.arrived(there.agency)


def test_i10_packets_of_others_in_a_shared_bundle_stay_shut(place, tmp_path):
    here = place("so")
    other = agencies.create("Xã Khác", code="H99.20.77", connection="axis")
    letters.issued(here.clerk, [other], number="50", subject="Chuyện riêng của xã Khác")
    letters.issued(here.clerk, [here.partner], number="51")
    row = courier.order(here.clerk, [other.id, here.partner.id], "Người mang")
    settle()
    there, came = take(place, stick(courier.load(here.clerk, row.id), tmp_path))
    assert sorted(outcomes(came)) == ["not_ours", "received"] and len(letters.arrived(there.agency)) == 1
    assert not db.database.execute_sql("SELECT 1 FROM quarantined_packet").fetchall()


def test_i10_our_own_bundle_brought_back_unopened_is_refused(place, tmp_path):
    _, _, path = send(place, tmp_path)
    here = place("so")
    with pytest.raises(errors.Refused, match="do chính hệ thống này lập"):
        courier_taking.enter(here.clerk, path)


def changed(path, target, name, change):
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for entry in source.infolist():
            data = source.read(entry)
            out.writestr(entry.filename, change(data) if entry.filename == name else data)
    return target


def test_i10_a_changed_list_is_refused_whole(place, tmp_path):
    _, _, path = send(place, tmp_path)
    bad = changed(path, tmp_path / "sua.zip", "manifest.json", lambda data: data.replace(b"Minh", b"Menh"))
    there = place("xa")
    with pytest.raises(errors.Refused, match="Chữ ký của gói không đúng"):
        courier_taking.enter(there.clerk, bad)
    assert not courier.of_agency(there.agency.id)


def test_i10_one_spoiled_packet_stops_no_other(place, tmp_path):
    _, _, path = send(place, tmp_path, 3)
    bad = changed(path, tmp_path / "hong.zip", "packets/0002.edxml", lambda data: data[:-40] + b" " * 40)
    there, came = take(place, bad)
    assert outcomes(came) == ["received", "broken", "received"]
    assert "danh mục đã ký" in courier.items_of(came)[1].sentence and len(letters.arrived(there.agency)) == 2


def test_i10_another_key_of_a_known_sender_waits_for_the_administrator(place, tmp_path):
    _, _, path = send(place, tmp_path)
    take(place, path)
    here = place("so")
    for key in (here.folder / "keys").glob("proof-*"):
        key.unlink()  # a server set up anew, without its old key
    courier_making.exchange_keys._private.clear()
    letters.issued(here.clerk, [here.partner], number="90")
    second = stick(bundle(here), tmp_path, "khac.zip")
    there = place("xa")
    with pytest.raises(errors.Refused, match="khóa khác"):
        courier_taking.enter(there.clerk, second)
    assert len(letters.arrived(there.agency)) == 1


def zipped(tmp_path, *entries):
    path = tmp_path / "la.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("entries, word", [
    ((), "thiếu phần manifest.json"),
    ((("../../etc/passwd", b"x"),), "tệp lạ"),
    ((("packets/0001.edxml", b"x"), ("packets/0001.edxml", b"y")), "trùng tên"),
    ((("packets/0001.edxml", b"\0" * (12 << 20)),), "bom nén"),
    ((("manifest.json", b"[" * 100_000), ("manifest.sig", b"{}")), "không đọc được"),
    ((("manifest.json", b'{"format": "vanthu-courier/9"}'), ("manifest.sig", b"{}")), "phiên bản khác"),
    ((("manifest.json", b'{"format": "vanthu-courier/1", "packets": 5}'), ("manifest.sig", b"{}")), "đúng dạng"),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_i10_hostile_files_are_refused_with_a_sentence(place, tmp_path, entries, word):
    there = place("xa")
    with pytest.raises(errors.Invalid, match=word) as refusal:
        courier_taking.enter(there.clerk, zipped(tmp_path, *entries))
    assert "Chưa có gì được nhận" in str(refusal.value)


def test_i10_what_is_no_zip_is_said(place, tmp_path):
    path = tmp_path / "anh.zip"
    path.write_bytes(b"khong phai zip")
    with pytest.raises(errors.Invalid, match="không phải tệp ZIP"):
        courier_taking.enter(place("xa").clerk, path)


def test_i10_a_recall_after_the_stick_left_asks_and_does_not_cancel(place, tmp_path):
    (doc,), _, _ = send(place, tmp_path)
    one = line(doc)
    assert one.attempted_at is not None and one.tries == 1


def test_i10_a_lost_stick_lets_its_documents_wait_again(place, tmp_path):
    (doc,), row, _ = send(place, tmp_path)
    here = place("so")
    assert not courier.waiting(here.agency.id)
    courier.lose(courier.load(here.clerk, row.id), here.clerk)
    (again,) = courier.waiting(here.agency.id)
    assert [one.id for one in again.documents] == [line(doc).id] and not courier.travelling([line(doc).id])


def test_i10_a_receiver_may_only_answer_for_what_was_for_it(place, tmp_path):
    here = place("so")
    other = agencies.create("Xã Khác", code="H99.20.77", connection="axis")
    doc = letters.issued(here.clerk, [other], number="60")
    row = courier.order(here.clerk, [other.id], "Người mang")
    settle()
    item = courier.items_of(courier.load(here.clerk, row.id))[0]
    with db.write():
        false = courier.CourierBundle.create(
            key="in/x", code="X", agency=here.agency, partner=here.partner, direction="in", state="taking",
            made_at=clock.now(),
        )  # fmt: skip
    courier_taking._answered(false, courier_file.Answer(item.sha256, "received"))
    assert line(doc).acknowledged_at is None


def test_q9_1_an_office_not_connected_can_be_reached_by_hand(place, tmp_path):
    here = place("so")
    with db.write():
        here.partner.set(connection="none")
    doc = letters.issued(here.clerk, [here.partner])
    assert line(doc).state == "failed"
    path = stick(bundle(here), tmp_path)
    there, came = take(place, path)
    assert outcomes(came) == ["received"]
    back = stick(bundle(there), tmp_path, "ve.zip")
    home = place("so")
    courier_taking.enter(home.clerk, back)
    settle()
    assert line(doc).state == "arrived" and line(doc).failure == ""


def test_i10_status_messages_told_by_hand_are_not_sent_again(place, tmp_path):
    _, _, path = send(place, tmp_path)
    there, _ = take(place, path)
    back = stick(bundle(there), tmp_path, "ve.zip")
    home = place("so")
    courier_taking.enter(home.clerk, back)
    settle()
    third = stick(bundle(home), tmp_path, "lai.zip")
    there = place("xa")
    courier_taking.enter(there.clerk, third)
    settle()
    message = exchange.StatusMessage.get()
    assert message.sent_at and message.axis_id.startswith("usb-")
    waiting = outbox.Order.select().where(outbox.Order.kind == "status", outbox.Order.state == "due")
    assert not waiting.count()


def round_trip(place, tmp_path):
    """A letter by hand and its receipt back; returns it as the department has it."""
    (doc,), _, path = send(place, tmp_path)
    with clock.freeze("2026-03-04 09:00"):
        there, _ = take(place, path)
        back = stick(bundle(there), tmp_path, "ve.zip")
    with clock.freeze("2026-03-05 09:00"):
        home = place("so")
        courier_taking.enter(home.clerk, back)
        settle()
    return doc


def later(place, tmp_path, spoil=None):
    """A bundle of the commune some days later, after `spoil` at the commune; taken by the department."""
    with clock.freeze("2026-03-10 09:00"):
        there = place("xa")
        letters.issued(there.clerk, [there.partner], number="70")
        if spoil:
            with db.write():
                spoil(there)
        path = stick(bundle(there), tmp_path, "sau.zip")
    with clock.freeze("2026-03-11 09:00"):
        home = place("so")
        courier_taking.enter(home.clerk, path)
        settle()
        return reconciliation.of_agency(home.agency.id)


def test_i7_books_that_agree_are_silent(place, tmp_path):
    round_trip(place, tmp_path)
    assert later(place, tmp_path) == []
    run = reconciliation.ReconciliationRun.select().order_by(reconciliation.ReconciliationRun.id.desc()).get()
    assert run.source.startswith("partner:") and run.compared == 2 and reconciliation.last_run() is None


def lost(there):
    exchange.Consignment.update(wire_id="").where(exchange.Consignment.direction == "in").execute()


def replaced(there):
    row = documents.attachments(letters.arrived(there.agency)[0])[0]
    row.set(file=files.put(letters.PDF + b"thay", "khac.pdf", "application/pdf"))


def forgot_the_receipt(there):
    """They say they have our receipt for a letter of which nothing is here."""
    letters.issued(there.clerk, [there.partner], number="71")
    exchange.Consignment.update(state="arrived", arrived_at=clock.now(), acknowledged_at=clock.now()).where(
        exchange.Consignment.direction == "out", exchange.Consignment.code.startswith("71/")
    ).execute()


@pytest.mark.parametrize(
    "spoil, kind", [(lost, "not_there"), (replaced, "other_content"), (forgot_the_receipt, "not_here")]
)
def test_i7_what_only_both_books_together_show_becomes_a_task(place, tmp_path, spoil, kind):
    round_trip(place, tmp_path)
    (row,) = later(place, tmp_path, spoil)
    assert (
        (row.kind, row.state) == (kind, "open")
        and row.advice
        and "Xã" in row.sentence
        or "xã" in row.sentence
    )
