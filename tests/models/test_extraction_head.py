"""Boxes 1–5 in the layouts of real life: names over several lines, Party and legal documents, stamps, quoted numbers."""

import pytest

from models import extraction

COUNTRY, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
LEFT, MIDDLE, RIGHT = 160, 300, 415
DAY = "Sông Lam, ngày 12 tháng 5 năm 2026"


def line(center, y, said, bold=False, size=12):
    """Words of a line about its middle, each letter half its size wide."""
    gap, widths = size * 0.3, [len(word) * size * 0.5 for word in said.split()]
    x = center - (sum(widths) + gap * (len(widths) - 1)) / 2
    for word, width in zip(said.split(), widths, strict=True):
        yield extraction.Word(word, x, y, x + width, y + size, bold, False)
        x += width + gap


def read(*, names=(("SỞ MẪU", True),), number=("Số: 15/SM-VP",), day=DAY, under=(), kind=(), below=(), heading=True, scanned=False):  # fmt: skip
    """The fields of a page laid out so; names are (words, bold) from top to bottom."""
    top = [(COUNTRY, 76), (MOTTO, 92)] if heading is True else [(heading, 76)] if heading else []
    found = [word for said, y in top for word in line(RIGHT, y, said, True)]
    for row, (said, bold) in enumerate(names):
        found += line(LEFT, 76 + 16 * row, said, bold)
    base = 76 + 16 * len(names) + 12
    for row, said in enumerate((*number, *under)):
        found += line(LEFT, base + 16 * row, said)
    found += line(RIGHT, base, day)
    for row, said in enumerate((*kind, *below)):
        found += line(MIDDLE, base + 100 + 17 * row, said, row < len(kind) + 1, 13)
    if scanned:
        found = [extraction.Word(w.text, w.x0, w.y0, w.x1, w.y1) for w in found]
    return extraction.read([extraction.Page(1, 595, 842, tuple(found), scanned)])


def value(fields, name):
    return fields[name].value if fields[name] else None


@pytest.mark.parametrize(
    ("names", "parent", "organ"),
    [
        ((("ỦY BAN THƯỜNG VỤ", True), ("QUỐC HỘI", True)), None, "ỦY BAN THƯỜNG VỤ QUỐC HỘI"),
        ((("BỘ XÂY LẮP - BỘ NỘI VỤ -", True), ("BỘ TÀI SẢN", True)), None, "BỘ XÂY LẮP - BỘ NỘI VỤ - BỘ TÀI SẢN"),
        ((("UBND TỈNH SÔNG LAM", True), ("SỞ Y TẾ", True)), "UBND TỈNH SÔNG LAM", "SỞ Y TẾ"),
        ((("SỞ Y TẾ SÔNG LAM", False), ("BỆNH VIỆN", True), ("ĐA KHOA BA SÔNG", True)), "SỞ Y TẾ SÔNG LAM", "BỆNH VIỆN ĐA KHOA BA SÔNG"),
        ((("QUÂN KHU 10", False), ("BỘ CHỈ HUY QUÂN SỰ", True)), "QUÂN KHU 10", "BỘ CHỈ HUY QUÂN SỰ"),
        ((("TÒA ÁN NHÂN DÂN KHU VỰC", True), ("3", True)), None, "TÒA ÁN NHÂN DÂN KHU VỰC 3"),
        ((("BAN CHỈ HUY", True), ("PHÒNG CHỐNG THIÊN TAI", True)), None, "BAN CHỈ HUY PHÒNG CHỐNG THIÊN TAI"),
        ((("VĂN PHÒNG", True), ("ĐOÀN ĐẠI BIỂU QUỐC HỘI", True)), None, "VĂN PHÒNG ĐOÀN ĐẠI BIỂU QUỐC HỘI"),
    ],
)  # fmt: skip
def test_b6_names_of_agencies_over_several_lines(names, parent, organ):
    fields = read(names=names)
    assert (value(fields, "parent_organ_name"), value(fields, "organ_name")) == (parent, organ)


@pytest.mark.parametrize(
    ("lines", "number", "notation"),
    [
        (("Luật số: 91/2025/QH15",), "91", "2025/QH15"),
        (("Nghị quyết số: 1200/NQ-UBTVQH15",), "1200", "NQ-UBTVQH15"),
        (("Số: 66.9/2025/NQ-CP",), "66.9", "2025/NQ-CP"),
        (("Số: 03/2014/TTLT-BXL-", "BTS"), "03", "2014/TTLT-BXL-BTS"),
        (("Số: 512a/SNgV-LS",), "512a", "SNgV-LS"),
        (("Số:       /STP-HC",), None, "STP-HC"),
        (("Số: ……/STP-HC",), None, "STP-HC"),
    ],
)
def test_b6_number_lines_of_all_kinds(lines, number, notation):
    fields = read(number=lines)
    assert (value(fields, "code_number"), value(fields, "code_notation")) == (number, notation)


def test_b6_a_party_letter():
    fields = read(names=(("TỈNH ỦY SÔNG LAM", False), ("BAN TỔ CHỨC", True), ("*", False)), number=("Số 33-KH/BTCTU",),
                  heading="ĐẢNG CỘNG SẢN VIỆT NAM", kind=("KẾ HOẠCH",), below=("kiểm tra công tác năm 2026",))  # fmt: skip
    assert [value(fields, name) for name in ("code_number", "code_notation", "organ_name", "place", "type_name")] == [
        "33", "KH/BTCTU", "BAN TỔ CHỨC", "Sông Lam", "Kế hoạch",
    ]  # fmt: skip
    assert fields["code_number"].sure


def test_b6_a_number_quoted_in_the_subject_does_not_win():
    fields = read(
        number=("Số⁄34Ö /SM-VP-",), under=("V/v góp ý dự thảo", "Thông tư số 05/2016/TT-BXL"), scanned=True
    )
    assert value(fields, "code_number") is None and value(fields, "code_notation") != "2016/TT-BXL"


@pytest.mark.parametrize("stamp", ["HỎA TỐC", "ĐẾN Số: 9981", "SỞ TÀI SẢN"])
def test_b6_a_stamp_under_the_subject_is_not_part_of_it(stamp):
    assert value(read(under=("V/v ứng phó bão số 6", stamp)), "subject") == "V/v ứng phó bão số 6"


def test_b6_a_joint_circular_is_not_a_circular():
    fields = read(
        kind=("THÔNG TƯ LIÊN TỊCH",), below=("Hướng dẫn chức năng",), number=("Số: 03/2014/TTLT-BXL-BTS",)
    )
    assert (value(fields, "type_name"), value(fields, "subject")) == (
        "Thông tư liên tịch",
        "Hướng dẫn chức năng",
    )


def test_b6_a_subject_goes_on_after_a_line_that_cannot_be_its_end():
    fields = read(
        kind=("QUYẾT ĐỊNH",), below=("Phê duyệt kết quả theo Quyết định số 88/QĐ-",), number=("Số: 1/QĐ-SM",)
    )
    assert value(fields, "subject").endswith("88/QĐ-")
    both = ("Phê duyệt kết quả theo Quyết định số 88/QĐ-", "UBND ngày 15 tháng 01 năm 2025")
    found = [*line(RIGHT, 76, COUNTRY, True), *line(LEFT, 76, "SỞ MẪU", True), *line(LEFT, 110, "Số: 15/QĐ-SM"), *line(RIGHT, 110, DAY)]  # fmt: skip
    found += line(MIDDLE, 160, "QUYẾT ĐỊNH", True, 13)
    for row, said in enumerate(both):
        found += line(MIDDLE, 178 + 16 * row, said, True, 13)
    fields = extraction.read([extraction.Page(1, 595, 842, tuple(found), False)])
    assert value(fields, "subject") == " ".join(both)


def test_b6_letters_set_apart_name_a_type():
    assert value(read(kind=("K Ế H O Ạ C H",), below=("Kiểm tra",)), "type_name") == "Kế hoạch"


def test_b6_a_place_may_begin_with_tp():
    assert value(read(day="TP. Sông Lam, ngày 12 tháng 5 năm 2026"), "place") == "TP. Sông Lam"


@pytest.mark.parametrize("names", [(), (("CÔNG TY MẪU", True),)])
def test_c9_a_paper_with_the_countrys_name_but_no_number_line_has_nothing_sure(names):
    """Applications, forms and certificates carry Quốc hiệu and a day too, yet are no official letters."""
    fields = read(names=names, number=(), kind=("ĐƠN XIN NGHỈ PHÉP",), below=("Kính gửi: Ban Giám đốc",))
    assert not [name for name, field in fields.items() if field and field.sure]


def test_b8_a_letter_without_its_heading_has_nothing_sure():
    fields = read(heading=False)
    assert value(fields, "code_number") == "15"
    assert not [name for name, field in fields.items() if field and field.sure]
