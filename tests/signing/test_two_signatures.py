"""Leader signs, the clerk numbers and seals in one revision; both signatures hold for us and for poppler."""

import io
import re
import subprocess
from datetime import timedelta

import pypdfium2
import pytest
from PIL import Image

from signing import begin, check, embed, prepare, printing, verdict, verify
from signing.errors import BadCertificate, BadSignature, WrongOrder
from signing.records import Expectation, Report
from tests.signing.conftest import AGENCY, letter, raw


def pdfsig(pdf, tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout


def words(pdf, tmp_path):
    path = tmp_path / "w.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True)
    return re.sub(r"\s+", " ", run.stdout)


def png(colour):
    out = io.BytesIO()
    Image.new("RGBA", (200, 200), colour).save(out, "PNG")
    return out.getvalue()


def red_pixels(pdf):
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    image = document[0].render(scale=1).to_pil().convert("RGB")
    return sum(1 for r, g, b in image.get_flattened_data() if r > 200 and g < 60 and b < 60)


def test_both_signatures_are_valid_for_us(sealed, demo, now):
    expect = Expectation(issued_day=now.astimezone(begin.VIETNAM).date(), organisations=(AGENCY,), number=5)
    report = verify.verify(sealed, demo.trust, moment=now + timedelta(minutes=1), expect=expect)
    assert (report.verdict, report.integrity) == ("valid", "intact_later_allowed"), report.reasons
    assert [item.field_name for item in report.signatures] == ["ChuKyLanhDao", "DauCoQuan"]
    assert [item.changes for item in report.signatures] == ["filled", "none"]
    assert all(item.stamped_at and item.revocation == "good" for item in report.signatures)
    assert report.number == "05"
    assert len(report.lines) == 8
    assert Report.from_dict(report.to_dict()) == report


def test_both_signatures_are_valid_for_poppler(sealed, tmp_path):
    said = pdfsig(sealed, tmp_path)
    assert said.count("Signature is Valid") == 2
    assert "Total document signed" in said


def test_number_and_date_are_on_the_page(sealed, tmp_path, now):
    day = now.astimezone(begin.VIETNAM)
    assert re.search(r"Số: 05 /BC-SKT", words(sealed, tmp_path))
    assert f"ngày {day:%d} tháng" in words(sealed, tmp_path)
    before, after = (
        pypdfium2.PdfDocument(prepare.prepare_draft(letter("report")).pdf),
        pypdfium2.PdfDocument(sealed),
    )
    after.init_forms()
    assert before[0].render(scale=1).to_pil().tobytes() != after[0].render(scale=1).to_pil().tobytes()


def test_field_takes_number_and_notation_where_the_letter_has_none(hand, tmp_path):
    assert "Số: 05/BC-SKT" in words(hand.sealed(hand.led("bare")), tmp_path)


@pytest.mark.parametrize("label", ["lanh-dao", "lanh-dao-ec"])
def test_rsa_and_ecdsa(hand, demo, now, label):
    pdf = hand.sealed(hand.led(label=label, stamped=False), stamped=False)
    report = verify.verify(pdf, demo.trust, moment=now + timedelta(minutes=1))
    assert report.verdict == "valid", report.reasons


def test_print_copy_has_no_red_seal_and_no_signature(hand, led, tmp_path):
    sealed = hand.sealed(led, image=png((255, 0, 0, 255)))
    paper = printing.print_copy(sealed)
    assert red_pixels(sealed) > 1000
    assert red_pixels(paper) == 0
    assert "Số: 05 /BC-SKT" in words(paper, tmp_path)
    assert "does not contain any signatures" in pdfsig(paper, tmp_path)


def test_attachment_carries_one_line_and_the_seal(hand, demo, now, tmp_path):
    chain, certificate = demo.ca.chain, demo.ca.certificate("co-quan")
    pending = begin.begin_attachment_seal(letter("annex"), 5, "BC-SKT", certificate, chain, now)
    annex = hand.finish("co-quan", pending)
    assert re.search(r"Số: 05/BC-SKT; \d\d/\d\d/\d{4}; \d\d:\d\d:\d\d", words(annex, tmp_path))
    report = verify.verify(
        annex, demo.trust, moment=now + timedelta(minutes=1), expect=Expectation(attachment=True)
    )
    assert report.verdict == "valid", report.reasons


def test_attachments_count_in_the_verdict(sealed, demo, now):
    report = verify.verify(sealed, demo.trust, moment=now + timedelta(minutes=1))
    bare = verify.verify(letter("annex"), demo.trust, moment=now, expect=Expectation(attachment=True))
    assert verdict.combine(report, [("PL1.pdf", bare), ("PL2.xlsx", None)]).verdict == "look"
    assert "PL1.pdf, PL2.xlsx chưa có chữ ký số" in report.sentence


def test_seal_before_the_leader_is_refused(demo, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    with pytest.raises(WrongOrder, match="chưa ký số"):
        begin.begin_seal(draft, 5, "BC-SKT", now.date(), demo.ca.certificate("co-quan"), demo.ca.chain, now)


def test_nothing_is_signed_twice(sealed, demo, now):
    with pytest.raises(WrongOrder):
        begin.begin_signature(sealed, demo.ca.certificate("lanh-dao"), demo.ca.chain, now)
    with pytest.raises(WrongOrder, match="Cơ quan đã ký số"):
        begin.begin_seal(sealed, 6, "BC-SKT", now.date(), demo.ca.certificate("co-quan"), demo.ca.chain, now)


def test_a_printed_year_must_be_the_day_of_numbering(led, demo, now):
    day = now.date().replace(year=2031)
    with pytest.raises(WrongOrder, match="12.2"):
        begin.begin_seal(led, 5, "BC-SKT", day, demo.ca.certificate("co-quan"), demo.ca.chain, now)


def test_an_answer_of_another_key_is_not_embedded(hand, demo, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    pending = begin.begin_signature(draft, demo.ca.certificate("lanh-dao"), demo.ca.chain, now)
    with pytest.raises(BadSignature):
        embed.finish_signature(pending.work, pending.state, raw(demo.ca.key("het-han"), pending))
    with pytest.raises(WrongOrder, match="thay đổi"):
        embed.finish_signature(pending.work + b" ", pending.state, raw(demo.ca.key("lanh-dao"), pending))


def test_an_expired_certificate_cannot_sign(demo, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    with pytest.raises(BadCertificate, match="hiệu lực"):
        begin.begin_signature(draft, demo.ca.certificate("het-han"), demo.ca.chain, now)


def test_without_a_time_stamp_the_signature_stands(demo, now):
    draft = prepare.prepare_draft(letter("report")).pdf
    pending = begin.begin_signature(draft, demo.ca.certificate("lanh-dao"), demo.ca.chain, now)
    answer = raw(demo.ca.key("lanh-dao"), pending)
    signed = embed.finish_signature(pending.work, pending.state, answer, "http://127.0.0.1:1/tsa")
    assert not signed.timestamped
    assert "dấu thời gian" in signed.note


def test_attachments_never_make_a_document_better(now):
    broken = check.unreadable("0" * 64, now)
    assert broken.verdict == "invalid"
    assert verdict.combine(broken, []).verdict == "invalid"
    assert broken.sentence.startswith("Không kiểm tra được tệp")
    assert verdict.combine(Report(), []).verdict == "invalid"
