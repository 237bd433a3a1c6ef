"""Certified copies: which the decree knows, who decides, their numbers, and papers that go out digitised (ND30 25–27; 12.5)."""

import dispatches
import pytest
import scanned

from models import (
    clock,
    copies,
    copies_requests,
    copies_rules,
    copies_signers,
    db,
    documents,
    errors,
    exchange,
    files,
    permissions,
    registers,
    signatures,
)

FIELDS = {"form": "sao_y", "medium": "paper", "purpose": "Lưu hồ sơ dự án"}
PAPER = {"type_code": "CV", "subject": "V/v mời họp", "code_notation": "SKH-VP"}


@pytest.fixture
def working(office):
    with dispatches.morning():
        yield office


@pytest.fixture
def arrived(working):
    """A paper letter of B at A, with its scan."""
    doc = dispatches.arrival(working, source="paper", arrival_number=3)
    with db.write():
        documents.attach(doc, files.put(dispatches.PDF + b"den", "den.pdf", "application/pdf"), "main")
    return doc


@pytest.fixture
def electronic(working):
    doc = dispatches.arrival(working, source="axis", arrival_number=4)
    with db.write():
        documents.attach(doc, files.put(dispatches.PDF + b"dien tu", "den.pdf", "application/pdf"), "main")
    return doc


# ---- what the decree knows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "at", "to", "known"),
    [("sao_y", "paper", "paper", True), ("sao_y", "electronic", "paper", True), ("sao_y", "paper", "electronic", True),
     ("sao_y", "electronic", "electronic", False), ("sao_luc", "paper", "paper", True),
     ("sao_luc", "paper", "electronic", True), ("sao_luc", "electronic", "paper", True),
     ("sao_luc", "electronic", "electronic", False), ("trich_sao", "paper", "paper", True),
     ("trich_sao", "paper", "electronic", True), ("trich_sao", "electronic", "electronic", True),
     ("trich_sao", "electronic", "paper", True)],
)  # fmt: skip
def test_cop_1_2_3_ways_of_copying(form, at, to, known):
    refusal = copies_rules.way_refusal(form, at, to)
    assert (refusal is None) is known
    assert known or copies_rules.FORMS[form].law in refusal


def test_cop_1_no_electronic_copy_of_an_electronic_document(working, electronic):
    with pytest.raises(errors.Invalid, match=r"điện tử sang văn bản điện tử \(ND30 Điều 25.1\)"):
        copies.propose(working.tuan, FIELDS | {"medium": "electronic"}, None, electronic)
    assert not copies.Copy.select().exists()


def test_cop_2_sao_luc_only_of_a_sao_y(working, arrived, electronic):
    with pytest.raises(errors.Invalid, match="chỉ làm từ bản sao y"):
        copies.propose(working.tuan, FIELDS | {"form": "sao_luc"}, None, arrived)
    with pytest.raises(errors.Invalid, match="không phải bản sao y"):
        copies.propose(
            working.tuan,
            FIELDS | {"form": "sao_luc", "copied_from": "Bản sao y số 03/SY-UBND"},
            None,
            electronic,
        )
    with db.write():
        signatures.Signature.create(document=electronic, file_sha256="", kind="organisation", verdict="valid")
    with pytest.raises(errors.Invalid, match="chỉ sao lục được"):
        copies.propose(working.tuan, FIELDS, None, electronic)
    doc = copies.propose(
        working.tuan, FIELDS | {"form": "sao_luc", "copied_from": "Bản sao y số 03/SY-UBND"}, None, electronic
    )
    assert copies.of(doc).way == "điện tử → giấy"


def test_cop_2_a_sao_luc_of_our_own_sao_y(working, arrived):
    first = copies.propose(working.minh, FIELDS, None, arrived)
    with pytest.raises(errors.Invalid, match="đã phát hành"):
        copies.propose(working.minh, FIELDS | copies_requests.proposed(first), scanned.taken(), first)
    copies.number(first, working.lan)
    copies.hand_over(first, working.lan)
    with pytest.raises(errors.Invalid, match="chỉ sao lục được"):
        copies.propose(working.minh, FIELDS, scanned.taken(), first)
    fields = FIELDS | {"medium": "electronic"} | copies_requests.proposed(first)
    assert fields["copied_from"].startswith("Bản sao y số 01/SY-")
    with pytest.raises(errors.Invalid, match="bản quét"):
        copies.propose(working.minh, fields, None, first)
    assert copies.of(copies.propose(working.minh, fields, scanned.taken(), first)).way == "giấy → điện tử"


def test_what_is_not_registered_or_not_issued_is_not_copied(working):
    with pytest.raises(errors.Invalid, match="chưa vào sổ"):
        copies.propose(working.minh, FIELDS, scanned.taken(), dispatches.arrival(working, source="paper"))
    with pytest.raises(errors.Invalid, match="đã phát hành"):
        copies.propose(working.minh, FIELDS, None, dispatches.draft(working))


def test_cop_3_an_extract_names_its_part(working, arrived):
    with pytest.raises(errors.Invalid, match="phần cần trích"):
        copies.propose(working.tuan, FIELDS | {"form": "trich_sao"}, scanned.taken(), arrived)
    assert copies.propose(
        working.tuan, FIELDS | {"form": "trich_sao", "part": "Điều 3"}, scanned.taken(), arrived
    )


def test_cop_7_nothing_secret_is_copied(working):
    fields = FIELDS | {"organ_name": "Sở Mẫu", "subject": "Độ mật: Tối mật"}
    with pytest.raises(errors.Invalid, match="1.2"):
        copies.propose(working.tuan, fields, scanned.taken())


def test_a_recalled_document_is_not_copied(working, arrived):
    dispatches.amend(arrived, recalled_at=clock.now())
    with pytest.raises(errors.Invalid, match="12.6"):
        copies.propose(working.tuan, FIELDS, None, arrived)


def test_a_paper_outside_the_system_needs_its_scan_and_data(working):
    with pytest.raises(errors.Invalid, match="bản quét"):
        copies.propose(working.tuan, FIELDS | {"organ_name": "Sở Mẫu", "subject": "V/v"})
    with pytest.raises(errors.Invalid, match="trích yếu"):
        copies.propose(working.tuan, FIELDS, scanned.taken())


# ---- who decides, states ---------------------------------------------------------------------------------------


def test_cop_7_the_head_decides(working, arrived):
    doc = copies.propose(working.tuan, FIELDS | {"medium": "electronic"}, None, arrived)
    assert (doc.state, doc.holder_id) == ("draft", working.minh.post.id)
    for name in ("tuan", "lan", "thao"):
        with pytest.raises(errors.Refused, match="27.1"):
            copies.decide(doc, getattr(working, name))
    with pytest.raises(errors.NotAllowed):
        copies.decide(doc, working.binh)
    copies.decide(doc, working.minh)
    assert (doc.state, doc.holder_id, copies.of(doc).signer_id) == (
        "awaiting_seal",
        working.lan.post.id,
        working.minh.post.id,
    )


def test_cop_7_the_head_lets_another_sign_copies(working, arrived):
    with pytest.raises(errors.NotAllowed):
        copies_signers.give(working.lan, working.thao.post, "by_order", "Quy chế")
    with pytest.raises(errors.Invalid, match="quy chế hoặc văn bản"):
        copies_signers.give(working.minh, working.thao.post, "by_order", " ")
    with pytest.raises(errors.Invalid, match="chức danh"):
        copies_signers.give(working.minh, working.binh.post, "by_order", "Quy chế")
    row = copies_signers.give(working.minh, working.thao.post, "by_order", "Quy chế làm việc, Điều 12")
    doc = copies.propose(working.thao, FIELDS, None, arrived)
    assert (doc.state, copies.of(doc).capacity) == ("awaiting_number", "by_order")
    with pytest.raises(errors.NotFound):
        copies_signers.take_back(working.binh, row.id)
    copies_signers.take_back(working.minh, row.id)
    assert copies.propose(working.thao, FIELDS, None, arrived).state == "draft"


def test_a_refusal_has_its_reason(working, arrived):
    doc = copies.propose(working.tuan, FIELDS, None, arrived)
    with pytest.raises(errors.Invalid):
        copies.decline(doc, working.minh, "")
    copies.decline(doc, working.minh, "Không cần sao")
    assert doc.state == "declined"
    with pytest.raises(errors.Refused):
        copies.decide(doc, working.minh)


def test_cop_5_paper_copies_share_one_sequence_from_01(working, arrived, electronic):
    kinds = [("sao_y", {}), ("trich_sao", {"part": "Điều 3"}), ("sao_y", {})]
    for place, (form, more) in enumerate(kinds, 1):
        doc = copies.propose(
            working.minh, FIELDS | {"form": form} | more, None, arrived if place % 2 else electronic
        )
        abbreviation = {"sao_y": "SY", "trich_sao": "TrS"}[form]
        assert (
            copies.number(doc, working.lan)
            == f"{place:02d}/{abbreviation}-{working.a.notation or working.a.short_name}"
        )
        copies.hand_over(doc, working.lan)
        assert doc.state == "issued"
    assert registers.gaps(registers.of(working.a.id, "copies"), 2026) == []
    with clock.freeze("2027-01-04 09:00"):
        doc = copies.propose(working.minh, FIELDS, None, arrived)
        assert copies.number(doc, working.lan).startswith("01/SY-")
    assert [made.number for made in copies.book(working.lan, 2026)] == [1, 2, 3]
    assert [made.number for made in copies.book(working.lan, 2027)] == [1]
    assert copies.book(working.mai, 2026) == []


def test_an_electronic_copy_has_a_line_and_no_number(working, arrived):
    doc = copies.propose(working.minh, FIELDS | {"medium": "electronic"}, None, arrived, [working.b])
    with pytest.raises(errors.Refused):
        copies.release(doc, working.lan)
    scanned.seal(doc, working.lan)
    assert [(made.number_text, made.form_name) for made in copies.book(working.lan, 2026)] == [("", "Sao y")]
    sent = copies.release(doc, working.lan)
    assert [one.state for one in sent] == ["queued"] and exchange.sent(doc)
    assert doc.state == "issued"


def test_q13_2_a_copy_leaves_with_a_valid_seal_and_no_other(working, arrived):
    doc = copies.propose(working.minh, FIELDS | {"medium": "electronic"}, None, arrived, [working.b])
    with pytest.raises(errors.Refused, match="chưa hợp lệ"):
        copies.seal(doc, working.lan, files.store(b"x"), "look", "chưa rõ")
    scanned.seal(doc, working.lan)
    with db.write():
        signatures.Signature.update(kind="person").where(signatures.Signature.document == doc).execute()
    with pytest.raises(errors.Refused, match="13.2"):
        copies.release(doc, working.lan)


def test_a_scan_is_replaced_before_the_seal_only(working, arrived):
    doc = copies.propose(working.tuan, FIELDS | {"medium": "electronic"}, None, arrived)
    with pytest.raises(errors.NotAllowed):
        copies.replace_scan(doc, working.thao, scanned.taken())
    copies.replace_scan(doc, working.tuan, scanned.taken(warnings=["Độ phân giải 100 dpi."]))
    assert copies.scan_of(doc).note == "Độ phân giải 100 dpi."
    copies.decide(doc, working.minh)
    scanned.seal(doc, working.lan)
    with pytest.raises(errors.Refused):
        copies.replace_scan(doc, working.lan, scanned.taken())


def test_only_the_proposer_the_clerk_and_the_head_see_a_copy(working, arrived):
    doc = copies.propose(working.tuan, FIELDS, None, arrived)
    for name in ("tuan", "lan", "minh"):
        assert permissions.get(getattr(working, name), doc.id, "copies")
    for name in ("dung", "mai", "nam", "quantri"):
        with pytest.raises(errors.NotFound):
            permissions.get(getattr(working, name), doc.id, "copies")


def test_a_proposal_is_dropped_by_who_made_it(working, arrived):
    doc = copies.propose(working.tuan, FIELDS, None, arrived)
    with pytest.raises(errors.Refused):
        copies.discard(doc, working.minh)
    copies.discard(doc, working.tuan)
    assert doc.state == "discarded" and doc not in copies.waiting(working.tuan)


def test_cop_4_the_scan_standard_warns_and_never_stops():
    good = {"pages": 2, "version": "1.4", "dpi": 200, "grey": (), "drawn": (), "odd_sizes": ()}
    assert copies_rules.shortcomings(good) == ()
    poor = good | {"version": "1.3", "dpi": 100, "grey": (1, 2), "drawn": (3,), "odd_sizes": (1,)}
    said = " ".join(copies_rules.shortcomings(poor))
    assert all(words in said for words in ("100 dpi", "ảnh màu", "A4", "1.3", "Trang 3"))


def test_pages_are_typed_as_people_do():
    assert copies_rules.read_pages("1-3, 5; 8") == [1, 2, 3, 5, 8]
    for typed in ("a", "3-1", "0", "1-9999"):
        with pytest.raises(errors.Invalid, match="số trang"):
            copies_rules.read_pages(typed)
