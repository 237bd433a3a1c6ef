"""Reading of the legal layout: laid-out words of invented letters, doubtful readings, and the real letters where present."""

import csv
import json
import subprocess
import sys
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from faults import tier

from models import extraction, extraction_foot, extraction_head, extraction_repair, extraction_words

CHILD = Path(__file__).parents[2] / "jobs" / "child_words.py"
BORN_DIGITAL = {"SET": 8, "WORD": 2}  # so many of each kind in the short tier


def words(x, y, said, bold=False, size=13):
    """Words of a line from x on, each letter half its size wide."""
    for one in said.split():
        width = len(one) * size * 0.5
        yield extraction.Word(one, x, y, x + width, y + size, bold, False)
        x += width + size * 0.3


def letter(*, number="Số: 125/SKH-VP", day="Minh Sơn, ngày 14 tháng 7 năm 2025", kind=(), under=("V/v rà soát kế hoạch",),
           heading=True, scanned=False, stamp="", body="Thực hiện chương trình công tác, đề nghị các xã báo cáo"):  # fmt: skip
    """One page in the layout of ND30."""
    found = [*words(70, 76, "UBND TỈNH MINH SƠN", False), *words(90, 92, "SỞ KẾ HOẠCH", True)]
    if heading:
        found += [
            *words(265, 76, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", True, 12),
            *words(320, 92, "Độc lập - Tự do - Hạnh phúc", True, 12),
        ]
    found += [*words(85, 120, number), *words(300, 120, day)]
    for row, said in enumerate(under):
        found += words(80, 140 + 16 * row, said, False, 12)
    for row, said in enumerate(kind):
        found += words(295 - len(said) * 3.4, 180 + 18 * row, said, True)
    if stamp:
        found += words(95, 200, stamp, True)
    found += [*words(240, 230, "Kính gửi: Ủy ban nhân dân các xã."), *words(110, 260, body)]
    found += [
        *words(85, 600, "Nơi nhận:", True, 12),
        *words(85, 616, "- Như trên;", False, 11),
        *words(85, 630, "- Lưu: VT, VP.", False, 11),
    ]
    found += [
        *words(380, 600, "KT. GIÁM ĐỐC", True),
        *words(378, 618, "PHÓ GIÁM ĐỐC", True),
        *words(385, 720, "Lò Văn Mẫu", True),
    ]
    if scanned:
        found = [extraction.Word(w.text, w.x0, w.y0, w.x1, w.y1) for w in found]
    return [extraction.Page(1, 595, 842, tuple(found), scanned)]


def values(fields):
    return {name: field.value for name, field in fields.items() if field}


def test_a_letter_is_read_whole():
    found = extraction.read(letter(body="Đề nghị báo cáo trước ngày 25/7/2025 để tổng hợp."))
    assert values(found) == {
        "code_number": "125", "code_notation": "SKH-VP", "issued_date": "2025-07-14", "place": "Minh Sơn",
        "organ_name": "SỞ KẾ HOẠCH", "parent_organ_name": "UBND TỈNH MINH SƠN", "type_name": "Công văn",
        "subject": "V/v rà soát kế hoạch", "signer_position": "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC", "signer_name": "Lò Văn Mẫu",
        "recipients": "Như trên; Lưu: VT, VP.", "due_date": "2025-07-25",
    }  # fmt: skip
    assert found["code_number"].sure
    assert found["issued_date"].box[1] == 120


def test_a_decision_has_its_type_and_the_lines_under_it():
    found = values(
        extraction.read(
            letter(number="Số: 7/QĐ-SKH", under=(), kind=("QUYẾT ĐỊNH", "Về việc thành lập tổ công tác"))
        )
    )
    assert (found["type_name"], found["subject"]) == ("Quyết định", "Về việc thành lập tổ công tác")


def test_a_number_with_the_year_is_split_after_the_number():
    found = values(
        extraction.read(letter(number="Số: 28/2025/TT-BKH", under=(), kind=("THÔNG TƯ", "Quy định thử")))
    )
    assert (found["code_number"], found["code_notation"]) == ("28", "2025/TT-BKH")


@pytest.mark.parametrize(
    ("stamp", "level"), [("KHẨN", "1"), ("THƯỢNG KHẨN", "2"), ("HỎA TỐC", "3"), ("HOẢ TỐC", "3"), ("", None)]
)
def test_the_urgency_stamp(stamp, level):
    field = extraction.read(letter(stamp=stamp))["urgency"]
    assert (field.value if field else None) == level


def test_blanks_stay_empty():
    found = extraction.read(letter(number="Số: /SKH-VP", day="Minh Sơn, ngày tháng 7 năm 2025"))
    assert found["code_number"] is None
    assert found["code_notation"].value == "SKH-VP"
    assert found["issued_date"] is None


@pytest.mark.parametrize("day", ["Minh Sơn, ngày 31 tháng 2 năm 2025", "Minh Sơn, ngày 14 tháng 7 năm 2999"])
def test_a_day_that_cannot_be_is_none(day):
    assert extraction.read(letter(day=day))["issued_date"] is None


def test_a_paper_that_is_no_official_letter_has_no_field():
    page = extraction.Page(1, 595, 842, tuple(words(80, 100, "BÀI GIẢNG TUẦN 3 Số liệu ngày 5 tháng 6")))
    assert set(extraction.read([page]).values()) == {None}
    assert set(extraction.read([]).values()) == {None}


def again(number=(), day=(), ink=0.0):
    return {"number": {"texts": list(number), "ink": ink, "page": 1, "box": [0, 0, 1, 1]},
            "date": {"texts": list(day), "ink": ink, "page": 1, "box": [0, 0, 1, 1]}}  # fmt: skip


DAY = "Minh Sơn, ngày 14 tháng 7 năm 2025"


def test_b5_a_scan_is_sure_when_all_readings_of_both_models_agree():
    said = again(["Số: 125/SKH-VP"] * 5, [DAY] * 5)
    assert not extraction.read(letter(scanned=True), said)["code_number"].sure
    said["number"]["others"], said["date"]["others"] = (
        ["S6: 125/SKH-VP"] * 3,
        ["ngay 14 thang 7 nam 2025"] * 3,
    )
    found = extraction.read(letter(scanned=True), said)
    assert found["code_number"].sure
    assert found["issued_date"].sure


@pytest.mark.parametrize(
    "told",
    [
        again(
            ["Số: 126/SKH-VP"] * 3 + ["Số: 125/SKH-VP"] * 2, [DAY.replace("14", "19")] * 3 + [DAY] * 2
        ),  # differ
        again(["Số: ]2£/SKH-VP"] * 4, ["Minh Sơn, ngày £ tháng 7 năm 2025"] * 4),  # nothing confirms the page
        again(["Số: 125/SKH-VP"] * 4, [DAY] * 4, ink=0.3),  # blue ink
    ],
)
def test_b4_a_doubtful_number_or_day_of_a_scan_stays_empty(told):
    found = extraction.read(letter(scanned=True), told)
    assert found["code_number"] is None
    assert found["issued_date"] is None


def test_b8_one_reading_that_differs_leaves_a_number_and_a_day_unsure():
    told = again(["Số: 126/SKH-VP"] + ["Số: 125/SKH-VP"] * 4, [DAY.replace("14", "19")] + [DAY] * 4)
    found = extraction.read(letter(scanned=True), told)
    assert (found["code_number"].value, found["code_number"].sure) == ("125", False)
    assert (found["issued_date"].value, found["issued_date"].sure) == ("2025-07-14", False)


def test_a_scan_read_once_is_never_sure():
    found = extraction.read(letter(scanned=True))
    assert not any(found[name].sure for name in ("code_number", "code_notation", "issued_date"))


def test_what_a_scan_should_read_again():
    boxes = extraction.boxes_to_reread(letter(scanned=True))
    assert {"number", "date", "organ", "subject", "signer"} <= set(boxes)
    assert extraction.boxes_to_reread(letter()) == {}


@pytest.mark.parametrize(
    ("said", "number", "notation"),
    [
        ("Số: 2576 /QĐÐ-BGD", "2576", "QĐ-BGD"), ("Số: 01/§YT-NVD", "01", "SYT-NVD"), ("Số: 39 55 /TB-SYT", "", "TB-SYT"),
        ("Số: 20/GM – GAVI", "20", "GM-GAVI"), ("không có gì", "", ""),
    ],
)  # fmt: skip
def test_number_lines_of_scans(said, number, notation):
    assert extraction_head.number_of(said) == (number, notation)


def test_look_alike_digits_of_a_day():
    assert extraction_head.parse_date("ngày 0] tháng l0 năm 2025") == date(2025, 10, 1)


@pytest.mark.parametrize(
    ("line", "name"),
    [("QUYÉT ĐỊNH", "Quyết định"), ("GIẤY MỜI", "Giấy mời"), ("BÁO CÁO", "Báo cáo"), ("SỞ Y TẾ", "")],
)
def test_types_survive_wrong_marks(line, name):
    assert extraction_words.type_of(line)[0] == name


def test_marks_are_set_right_from_the_body():
    assert (
        extraction_repair.repair("SỞ Y TE", "Sở Y tế đề nghị … Sở Y tế yêu cầu", "organ_name")[0] == "SỞ Y TẾ"
    )


def test_words_are_voted():
    value, _ = extraction_repair.vote_words(
        ["gói thâu thuôc", "gói thầu thuốc", "gói thầu thuôc"], "đấu thầu thuốc"
    )
    assert value == "gói thầu thuốc"
    assert not extraction_repair.is_possible("thuôc")


def test_a_signature_box_read_again():
    said = "KT. GIÁM ĐỐC\nPHÓ GIÁM ĐỐC\n*-- /\nLò Văn Mẫu"
    assert extraction_foot.signer_of(said) == ("KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC", "Lò Văn Mẫu")


def same(value):
    return "".join(c for c in unicodedata.normalize("NFC", value or "").lower() if c.isalnum())


def test_real_born_digital_letters_are_read(shared):
    """Floors over the letters beside the checkout, the smallest files of each kind (TORTURE=15: all): may only get better."""
    folder = shared / "corpus" / "letters"
    known = list(csv.DictReader((folder / "truth.tsv").open(encoding="utf-8"), delimiter="\t"))
    known.sort(key=lambda row: (folder / row["file"]).stat().st_size)
    rows = []
    for kind, many in BORN_DIGITAL.items():
        rows += [row for row in known if row["id"].startswith(kind)][: tier.size(many)]
    right, of, wrongly_sure = {}, 0, 0
    for row in rows:
        said = subprocess.run(
            [sys.executable, CHILD, folder / row["file"], "40"], capture_output=True, check=True
        ).stdout
        found = extraction.read([extraction.page_of(json.loads(line)) for line in said.splitlines()])
        number, _, notation = row["number"].partition("/")
        wanted = {"code_number": number, "code_notation": notation, "organ_name": row["agency"].rpartition(" / ")[2],
                  "issued_date": row["date"] if len(row["date"]) == 10 else "", "subject": row["subject"],
                  "type_name": row["type"], "signer_name": row["signer"]}  # fmt: skip
        of += 1
        for name, truth in wanted.items():
            field = found[name]
            hit = same(field.value if field else "") == same(truth)
            right[name] = right.get(name, 0) + hit
            wrongly_sure += bool(field and field.sure and not hit)
    floors = {"code_number": 0.95, "code_notation": 0.95, "issued_date": 0.98, "organ_name": 0.95, "subject": 0.95, "type_name": 0.95,
              "signer_name": 0.85}  # fmt: skip
    assert {name: count / of for name, count in right.items() if count / of < floors[name]} == {}
    assert wrongly_sure <= 3
