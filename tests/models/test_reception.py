"""What a packet must carry and what survives of it: files by their hashes, the document's id, number, unknown fields (Q14.1)."""

import letters
import pytest

from jobs import runner
from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    edxml_read,
    edxml_write,
    exchange,
    exchange_arrivals,
    incoming,
    reception,
)


@pytest.fixture
def partner(office):
    return agencies.create("Viện Mẫu", code="H98.77", connection="axis")


def five(tmp_path):
    kinds = ("pdf", "docx", "xlsx", "png", "txt")
    found = []
    for number, kind in enumerate(kinds, 1):
        path = tmp_path / f"tep-{number}.{kind}"
        path.write_bytes(letters.PDF + b"%d" % number)
        found.append(edxml.Attachment(path.name, path, sha256=reception._digest(path)))
    return tuple(found)


def packet(tmp_path, **more):
    values = {"code_number": "5", "code_notation": "VM-VP", "attachments": five(tmp_path)} | more
    sent = edxml.Envelope(edxml.Organ("H98.77", "Viện Mẫu"), (edxml.Organ("H99.10"),), "H98.77,2026/03/02,5/VM-VP",
                          **({"subject": "V/v thử"} | values))  # fmt: skip
    return edxml_write.encode(sent, tmp_path / "goi")


def test_q14_1_a_five_files_arrive_as_five_with_the_same_hashes(office, partner, tmp_path):
    (receipt,) = reception.receive_from_axis(packet(tmp_path), "1")
    assert receipt.outcome == "received"
    (doc,) = letters.arrived(office.a)
    kept = [row.file.sha256 for row in documents.attachments(doc)]
    assert sorted(kept) == sorted(item.sha256 for item in five(tmp_path)) and len(kept) == 5


def without_one(text):
    start, end = text.rindex("    <Attachment>"), text.rindex("  </AttachmentEncoded>")
    return text[:start] + text[end:]


def other_bytes(text):
    place = text.index("ContentTransferEncoded")
    start = text.index(">", place) + 9
    return text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :]


@pytest.mark.parametrize(
    "change, word", [(without_one, "kê 5 tệp nhưng gói tin có 4"), (other_bytes, "khác với mã băm")]
)
def test_q14_1_a_a_lost_or_changed_file_goes_back_with_the_reason(office, partner, tmp_path, change, word):
    path = packet(tmp_path)
    path.write_text(change(path.read_text()))
    (receipt,) = reception.receive_from_axis(path, "1")
    assert receipt.outcome == "refused" and word in receipt.sentence and not letters.arrived(office.a)
    assert receipt.message.status == "refused"


def test_q14_1_a_what_lists_no_hashes_is_taken_as_it_is(office, partner, tmp_path):
    path = packet(tmp_path)
    text = path.read_text()
    start, end = text.index("<VanThuDigests"), text.index("</VanThuDigests>") + len("</VanThuDigests>")
    path.write_text(without_one(text[:start] + text[end:]))
    (receipt,) = reception.receive_from_axis(path, "1")
    assert receipt.outcome == "received" and "không gửi kèm" in letters.arrived(office.a)[0].description


def test_q14_1_a_our_own_packets_list_the_hashes_of_their_files(office, tmp_path):
    doc = letters.issued(office.lan, [office.b], annex=b"bang ke")
    while runner.run_one():
        pass
    sent = edxml_read.decode(exchange.sent(doc)[0].packet.path(), tmp_path)
    assert sent.digests[0] == documents.main_file(doc).sha256
    assert list(sent.digests) == [reception._digest(item.path) for item in sent.attachments]
    assert len(documents.attachments(letters.arrived(office.b)[0])) == 2


def test_q14_1_b_the_documents_id_travels_and_tells_two_documents_apart(office, partner, tmp_path):
    (first,) = reception.receive_from_axis(packet(tmp_path), "1")
    (doc,) = letters.arrived(office.a)
    assert doc.document_id == "H98.77,2026/03/02,5/VM-VP"
    (again,) = reception.receive_from_axis(packet(tmp_path), "2")
    assert (again.outcome, again.consignment.id) == ("duplicate", first.consignment.id)


def test_q14_1_c_number_and_notation_are_two_fields(office, partner, tmp_path):
    reception.receive_from_axis(packet(tmp_path), "1")
    (doc,) = letters.arrived(office.a)
    assert (doc.code_number, doc.code_notation, doc.number_text) == ("5", "VM-VP", "05/VM-VP")


def test_q14_1_q_an_unknown_element_survives_storing_and_writing_again(office, partner, tmp_path):
    path = packet(tmp_path)
    text = path.read_text()
    text = text.replace(
        "</edXML:MessageHeader>",
        "<edXML:MaDuAn>DA-<edXML:So>7</edXML:So></edXML:MaDuAn></edXML:MessageHeader>",
    )
    text = text.replace(
        "<edXML:Priority>", "<edXML:NguonVon>Ngân sách &amp; vay</edXML:NguonVon><edXML:Priority>"
    )
    text = text.replace(
        "</edXML:edXMLEnvelope>", '<x:La xmlns:x="urn:x">ở ngoài</x:La></edXML:edXMLEnvelope>'
    )
    path.write_text(text)
    reception.receive_from_axis(path, "1")
    (doc,) = letters.arrived(office.a)
    kept = {row.name: row.words for row in exchange_arrivals.extras_of(doc)}
    assert kept == {"MaDuAn": "DA- 7", "OtherInfo/NguonVon": "Ngân sách & vay", "La": "ở ngoài"}
    folder = tmp_path / "ra"
    folder.mkdir()
    again = edxml_read.decode(edxml_write.encode(edxml_read.decode(path, folder), tmp_path / "lai"), folder)
    assert dict(again.unknown) == kept
    assert exchange.arrival(doc).packet.read() == path.read_bytes(), "the packet itself stays byte for byte"
    recall = edxml.Status(edxml.Organ("H98.77"), edxml.Answered("H99.10", "5/VM-VP", doc.document_id), "recall_asked",
                          at=clock.now(), description="Gửi nhầm")  # fmt: skip
    reception.receive_from_axis(edxml_write.encode(recall, tmp_path / "thu"), "2")
    assert not exchange_arrivals.extras_of(doc), "a recall cancels the descriptive data"


def test_q14_1_n_raw_and_legal_time_stand_side_by_side(office, partner, tmp_path):
    with clock.freeze("2026-03-02 20:15"):
        reception.receive_from_axis(packet(tmp_path), "1")
    one = exchange.arrival(letters.arrived(office.a)[0])
    assert (one.arrived_at, one.received_at) == (clock.at("2026-03-02 20:15"), clock.at("2026-03-03 07:30"))


def test_trace_headers_are_kept_as_the_axis_wrote_them(office, tmp_path):
    hops = (
        edxml.Trace("H98.77", "2026/03/02 16:00:00"),
        edxml.Trace("", "2026/03/02 16:00:05"),
        edxml.Trace("null", "x"),
    )
    folder = tmp_path / "ra"
    folder.mkdir()
    got = edxml_read.decode(packet(tmp_path, traces=hops), folder)
    assert got.traces == hops


def test_twin_codes_of_one_receiver_are_one_document(office, partner, tmp_path):
    twins = (edxml.Organ("H99.10"), edxml.Organ("000.00.10.H99", in_charge="TLTVBQG_CDMDD_QD20"))
    sent = edxml.Envelope(edxml.Organ("H98.77"), twins, "x2", "V/v thử", attachments=five(tmp_path))
    receipts = reception.receive_from_axis(edxml_write.encode(sent, tmp_path / "goi"), "1")
    assert len(receipts) == 1 and len(letters.arrived(office.a)) == 1


def test_code_14_means_15(tmp_path):
    said = edxml.Status(edxml.Organ("H9"), edxml.Answered("H8", "1/A", "w"), "recalled", at=clock.now())
    path = edxml_write.encode(said, tmp_path / "tt")
    path.write_text(path.read_text().replace(">15<", ">14<"))
    assert edxml_read.decode(path, tmp_path).status == "recalled"


def test_j6_what_was_sent_back_and_is_sent_anew_comes_in_again(office, partner, tmp_path):
    """The same document, corrected or not, released after our return: a new arrival; the old bytes stay a double."""
    with clock.freeze("2026-03-02 09:00"):
        old = packet(tmp_path, traces=(edxml.Trace("H98.77", "2026/03/02 08:00:00"),)).read_bytes()
        (first,) = reception.receive_from_axis(tmp_path / "goi", "1")
        (doc,) = letters.arrived(office.a)
        with db.write():
            doc.set(verdict="valid")
        incoming.refuse(doc, office.lan, "Thiếu phụ lục")
    with clock.freeze("2026-03-03 09:00"):
        path = tmp_path / "cu"
        path.write_bytes(old)
        assert reception.receive_from_axis(path, "2")[0].outcome == "duplicate"
        new = packet(
            tmp_path, traces=(edxml.Trace("H98.77", "2026/03/03 08:30:00"),), subject="V/v thử, đã sửa"
        )
        (again,) = reception.receive_from_axis(new, "3")
        assert again.outcome == "received" and again.consignment.id != first.consignment.id
        assert again.message.status == "arrived" and again.message.id != first.message.id
        (double,) = reception.receive_from_axis(new, "4")
        assert (double.outcome, double.consignment.id) == ("duplicate", again.consignment.id)
    fresh = letters.arrived(office.a)[1]
    assert (fresh.subject, fresh.state) == ("V/v thử, đã sửa", "arrived")
    assert documents.Link.get(documents.Link.source == fresh, documents.Link.kind == "resent").target == doc


def test_j6_what_is_still_wrong_goes_back_again_with_a_new_return(office, partner, tmp_path):
    said = []
    for day in ("02", "03"):
        with clock.freeze(f"2026-03-{day} 09:00"):
            path = packet(tmp_path, traces=(edxml.Trace("H98.77", f"2026/03/{day} 08:59:00"),))
            path.write_text(without_one(path.read_text()))
            said.append(reception.receive_from_axis(path, day)[0])
    assert [one.outcome for one in said] == ["refused", "refused"] and said[0].message.id != said[
        1
    ].message.id
