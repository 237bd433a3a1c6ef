"""What must never be called valid: changes after signing, wrong order, wrong day, bad certificates."""

import io
import re
from datetime import timedelta

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing import appearance, begin, certificates, names, prepare, verify
from signing.records import Expectation, SignatureReport, Trust
from tests.signing.conftest import AGENCY, letter


def refilled(pdf, name, text):
    """The file with a field written anew in a later revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for reference in writer.root["/AcroForm"]["/Fields"]:
        field = reference.get_object()
        if str(field["/T"]) == name:
            left, bottom, right, top = (float(v) for v in field["/Rect"])
            form = appearance.Pen(writer).text(text, (right - left, top - bottom), 4, 13)
            field["/V"] = generic.pdf_string(text)
            field["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): form})
            writer.update_container(field)
    return written(writer)


def with_text(pdf):
    """The file with words added to its page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    stream = generic.StreamObject(stream_data=b"q 1 0 0 rg 100 400 200 30 re f Q")
    writer.add_stream_to_page(0, writer.add_object(stream))
    return written(writer)


def written(writer):
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def checked(pdf, demo, now, **expect):
    return verify.verify(pdf, demo.kept, moment=now + timedelta(minutes=1), expect=Expectation(**expect))


def test_number_changed_after_the_seal(sealed, demo, now):
    report = checked(refilled(sealed, "so", "99"), demo, now)
    assert report.verdict == "invalid"
    assert "thay đổi sau khi ký" in report.sentence


def test_number_filled_without_a_seal(led, demo, now):
    report = checked(refilled(led, "so", "99"), demo, now, issued=True)
    assert (report.verdict, report.integrity) == ("invalid", "changed")
    assert any("Thiếu chữ ký số của cơ quan" in reason.message for reason in report.reasons)


def test_number_filled_twice_before_the_seal(led, hand, demo, now):
    once = refilled(led, "so", "77")
    with pytest.raises(Exception, match="đã được ghi"):
        hand.sealed(once)


def test_words_added_after_each_signature(led, sealed, demo, now):
    for pdf in (led, sealed):
        assert checked(with_text(pdf), demo, now).integrity == "changed"


def test_words_added_between_the_signatures(led, hand, demo, now):
    report = checked(hand.sealed(with_text(led)), demo, now)
    assert (report.verdict, report.integrity) == ("invalid", "changed")


def test_one_byte_of_the_signed_part(sealed, demo, now):
    at = sealed.index(b"/BaseFont")
    report = checked(sealed[: at + 11] + b"X" + sealed[at + 12 :], demo, now)
    assert report.verdict == "invalid"


def test_text_behind_the_end(sealed, demo, now):
    assert checked(sealed + b"\n% more words", demo, now).verdict != "valid"


def test_rewritten_file_loses_its_signatures(sealed, demo, now):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed)) as pdf:
        pdf.save(out)
    assert checked(out.getvalue(), demo, now).verdict == "invalid"


def test_only_a_picture_of_a_seal(demo, now):
    report = checked(letter("report"), demo, now)
    assert (report.verdict, report.integrity) == ("invalid", "unsigned")
    assert "không có chữ ký số" in report.sentence


def test_issue_date_is_not_the_signing_date(sealed, demo, now):
    report = checked(sealed, demo, now, issued_day=now.astimezone(begin.VIETNAM).date() - timedelta(days=1))
    assert report.verdict == "look"
    assert "lệch 1 ngày (Điều 12.2)" in report.sentence


def test_leader_signed_on_another_day(hand, demo, now):
    pdf = hand.sealed(hand.led(at=now - timedelta(days=2), stamped=False), stamped=False)
    report = checked(pdf, demo, now)
    assert report.verdict == "look"
    assert "12.2" in report.sentence


def test_sender_is_not_the_signer(sealed, demo, now):
    report = checked(sealed, demo, now, organisations=("UBND xã Khác",))
    assert report.verdict == "look"
    assert report.sentence == f"Gửi từ UBND xã Khác nhưng chữ ký số của {AGENCY}."


def test_unknown_issuer(sealed, now):
    report = verify.verify(sealed, Trust(), moment=now + timedelta(minutes=1))
    assert report.verdict == "look"
    assert any("danh sách tin cậy" in reason.message for reason in report.reasons)


def test_revoked_certificate(hand, demo, now):
    report = checked(hand.sealed(hand.led(label="thu-hoi")), demo, now)
    assert report.verdict == "invalid"
    assert any(re.search(r"đã bị thu hồi ngày \d", reason.message) for reason in report.reasons)


def test_unreachable_revocation_is_not_yet_checked(sealed, demo, now):
    report = verify.verify(sealed, demo.trust, moment=now + timedelta(minutes=1), online=False)
    assert (report.verdict, report.retry) == ("unchecked", True)


def test_a_second_profile_makes_a_person_look(hand, demo, now):
    """Another vendor's field filled after the signature: not ours, so nobody accepts it by itself."""
    draft = prepare.prepare_draft(letter("report")).pdf
    with pikepdf.open(io.BytesIO(draft)) as pdf:
        for field in pdf.Root.AcroForm.Fields:
            if field.T == "so":
                field.T = pikepdf.String("SoVanBan")
            elif field.FT == "/Sig" and field.Lock.Action == "/Exclude":
                field.Lock.Fields.append(pikepdf.String("SoVanBan"))
        out = io.BytesIO()
        pdf.save(out)
    chain, certificate = demo.ca.chain, demo.ca.certificate("lanh-dao")
    signed = hand.finish("lanh-dao", begin.begin_signature(out.getvalue(), certificate, chain, now))
    report = checked(hand.sealed(refilled(signed, "SoVanBan", "05")), demo, now)
    assert report.verdict == "look"
    assert report.signatures[0].changes == "foreign"


def test_a_field_as_large_as_the_page_is_no_field(demo, hand, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    with pikepdf.open(io.BytesIO(draft)) as pdf:
        for field in pdf.Root.AcroForm.Fields:
            if field.T == "so":
                field.Rect = pikepdf.Array([50, 50, 550, 800])
        out = io.BytesIO()
        pdf.save(out)
    chain, certificate = demo.ca.chain, demo.ca.certificate("lanh-dao")
    signed = hand.finish("lanh-dao", begin.begin_signature(out.getvalue(), certificate, chain, now))
    assert checked(hand.sealed(signed), demo, now).verdict == "invalid"


@pytest.mark.parametrize(
    ("sender", "parents", "same"),
    [
        ("Sở Y tế tỉnh Minh Sơn", (), True),
        ("Sở Y tế", ("UBND tỉnh Minh Sơn",), True),
        ("SỞ Y TẾ", (), True),
        ("SỞ Y TẾ", ("ỦY BAN NHÂN DÂN TỈNH MINH SƠN",), True),
        ("SỞ Y TẾ", ("UBND TỈNH KHÁC",), False),
        ("Sở Y tế tỉnh Khác", (), False),
        ("Sở Tư pháp tỉnh Minh Sơn", (), False),
    ],
)
def test_whose_seal_it_is(sender, parents, same):
    """State certificates name the office in CN and what stands above it in O."""
    seal = SignatureReport(kind="organisation", signer="Sở Y tế", organisation="Tỉnh Minh Sơn")
    assert names.is_sender(seal, Expectation(organisations=(sender,), parents=parents)) is same


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ({"common_name": "Sở Y tế", "organization_name": "Tỉnh Minh Sơn"}, "organisation"),
        ({"common_name": "Trần Thử Nghiệm", "organization_name": "Sở Y tế"}, "person"),
        (
            {"common_name": "CỔNG MẪU", "organization_name": "X", "user_id": ["MNS:1", "MST:2"]},
            "organisation",
        ),
        ({"common_name": "Ban Thử", "organization_name": "X", "user_id": "CCCD:1"}, "person"),
        ({"common_name": "Bạn Thử Nghiệm", "organization_name": "X", "title": "Giám đốc"}, "person"),
        ({"organization_name": "UBND xã Mẫu"}, "organisation"),
    ],
)
def test_whose_certificate_it_is(subject, kind):
    names = subject.get("common_name", ""), subject.get("organization_name", "")
    assert certificates._kind(subject, *names) == kind
