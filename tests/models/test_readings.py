"""What was read and its sources: agreement makes sure, disagreement is a sentence, no date is filled in unproved (B8, B9)."""

import json
from datetime import date, timedelta

import dispatches
import pytest
from arrivals import consigned, morning  # noqa: F401

from models import clock, db, documents, files, readings, readings_queue, readings_sources, scans, workdays


def row(value, sure=True, page=1):
    return {"value": value, "confidence": 0.96, "sure": sure, "page": page, "box": [80, 100, 200, 112]}


@pytest.fixture
def arrival(morning):  # noqa: F811
    """An arrival whose packet and page say the same."""
    doc = consigned(morning)
    day = clock.today()
    with db.write():
        documents.attach(doc, files.put(b"%PDF-1.7\n", "thu.pdf", "application/pdf"), "main")
        documents.describe(doc, code_number="7816", code_notation="SM-VP", issued_date=day, organ_name="Sở Mẫu",
                           subject="V/v rà soát kế hoạch", signer_name="Người Mẫu")  # fmt: skip
        reading = readings_queue.enlist_document(doc, documents.main_file(doc))
    return doc, reading


def page_says(reading, extras=None, **fields):
    with db.write():
        reading.set(state="read", proposals=json.dumps({name: row(*one) if isinstance(one, tuple) else row(one)
                    for name, one in fields.items()}), extras=json.dumps(extras or {}))  # fmt: skip


def test_b9_transposed_digits_are_named_and_nothing_is_corrected(arrival):
    doc, reading = arrival
    page_says(reading, code_number="7861", code_notation="SM-VP")
    looked = readings.of_doc(doc)
    assert [one.words for one in looked.disagreements] == [
        "Gói tin ghi 7816, trên văn bản 7861: đảo chữ số 1 và 6"
    ]
    assert looked.fields["code_number"]["value"] == "7816" and not looked.fields["code_number"]["sure"]
    assert "code_number" in readings.unsure(looked)
    assert "code_notation" not in readings.unsure(looked)


def test_b9_what_two_sources_say_is_sure_even_where_the_page_alone_is_not(arrival):
    doc, reading = arrival
    page_says(reading, code_number=("7816", False), issued_date=(clock.today().isoformat(), False))
    looked = readings.of_doc(doc)
    assert looked.disagreements == []
    assert looked.fields["code_number"]["sure"] and looked.fields["code_number"]["sources"] == [
        "header",
        "page",
    ]
    assert looked.fields["issued_date"]["sure"]


def test_c9_a_packet_alone_proves_neither_number_nor_date(arrival):
    doc, _ = arrival
    assert {"code_number", "issued_date", "organ_name"} <= readings.unsure(readings.of_doc(doc))
    assert "subject" not in readings.unsure(readings.of_doc(doc))


def test_b9_day_and_month_exchanged_are_named(arrival):
    doc, reading = arrival
    with db.write():
        documents.describe(doc, issued_date=date(clock.today().year, 2, 3))
    page_says(reading, issued_date=f"{clock.today().year}-03-02")
    words = readings.of_doc(doc).disagreements[0].words
    assert words.startswith("Gói tin ghi ngày 03/02/") and words.endswith("đảo ngày và tháng")


@pytest.mark.parametrize(
    ("name", "number", "letters"),
    [("125-UBND-KT.pdf", "125", "ubndkt"), ("02 gm syt.pdf", "02", "gmsyt"), ("CV 891_STC-NS 14.7.2025.pdf", "891", "stcns"),
     ("scan0017.pdf", None, None), ("20250714_081233.pdf", None, None)],
)  # fmt: skip
def test_b9_a_files_name_is_a_source(name, number, letters):
    found = readings_sources.of_name(name)
    assert (found.get("code_number"), found.get("code_notation")) == (number, letters)


def paper(office, name, **fields):
    with db.write():
        file = files.record(files.store(b"%PDF-1.7\n" + name.encode()), name, "application/pdf")
        return scans.Scan.create(
            agency=office.a, file=file, name=name, sha256=file.sha256, uploaded_at=clock.now(), state="read",
            proposals=json.dumps({key: row(*one) for key, one in fields.items()}),
        )  # fmt: skip


def test_b9_the_name_of_a_scan_proves_or_contradicts_its_number(office):
    good = paper(office, "125-UBND-KT.pdf", code_number=("125", False), code_notation=("UBND-KT", True))
    assert readings.of_scan(good).fields["code_number"]["sure"]
    wrong = paper(office, "152-UBND-KT.pdf", code_number=("125", True), code_notation=("UBND-KT", True))
    looked = readings.of_scan(wrong)
    assert looked.disagreements[0].words == "Trên văn bản 125, tên tệp ghi 152: đảo chữ số 2 và 5"
    other = paper(office, "152-SYT.pdf", code_number=("125", True), code_notation=("UBND-KT", True))
    assert readings.of_scan(other).disagreements == []


@pytest.mark.parametrize("days", [-800, 40])
def test_b8_an_unlikely_date_is_offered_but_never_filled_in(office, days):
    day = (clock.today() + timedelta(days=days)).isoformat()
    looked = readings.of_scan(paper(office, "quet.pdf", issued_date=(day, True)))
    assert "issued_date" not in looked.fields and "issued_date" in readings.unsure(looked)
    assert looked.extras["days"] == [day]


def test_b13_a_number_of_days_becomes_a_day_by_the_agencys_calendar(arrival):
    doc, reading = arrival
    due = {"value": "", "words": "trong vòng 5 ngày làm việc", "page": 1, "box": None, "days": 5, "working": True,
           "since": "received", "clear": False}  # fmt: skip
    page_says(reading, {"due": due})
    came = clock.local(doc.received_at or doc.arrived_at or doc.created_at).date()
    expected = workdays.calendar(doc.agency_id).add(came, 5).isoformat()
    assert readings.of_doc(doc).extras["due"]["value"] == expected
    assert doc.asked_due_date is None  # proposed, never applied by itself


def test_b13_a_reply_finds_our_own_document(office):
    doc = dispatches.advance(office, dispatches.draft(office), "issued")
    doc = documents.Document.get_by_id(doc.id)
    reply = {"kind": "reply", "number": doc.code_number, "notation": doc.code_notation,
             "day": doc.issued_date.isoformat(), "whose": "", "words": "", "page": 1, "box": None}  # fmt: skip
    scan = paper(office, "tra-loi.pdf")
    with db.write():
        reading = readings_queue.enlist_scan(scan.id) or readings_queue.Reading.create(
            agency=scan.agency,
            scan=scan,
            sha256=scan.sha256,
            media_type="application/pdf",
            placed_at=clock.now(),
        )
        reading.set(extras=json.dumps({"replies": [reply, reply | {"number": "999"}]}))
    found = readings.of_scan(scan).extras["reply_reference"]
    assert [one["document"] for one in found] == [doc, None]
