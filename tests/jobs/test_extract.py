"""The command `extract`: its shape, files that cannot be read beside files that can, any directory."""

import json

import pytest
from weasyprint import HTML

from jobs import extract
from models import extraction

LETTER = """<style>@page{size:A4;margin:20mm} td{text-align:center;vertical-align:top;width:50%} table{width:100%}</style>
<table><tr><td>UBND TỈNH SÔNG LAM<br><b>SỞ MẪU</b></td><td><b>CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM<br>Độc lập - Tự do - Hạnh phúc</b>
</td></tr><tr><td>Số: 15/SM-VP<br>V/v góp ý dự thảo</td><td><i>Sông Lam, ngày 12 tháng 5 năm 2026</i></td></tr></table>
<p style="text-align:center">Kính gửi: Ủy ban nhân dân các xã</p><p>Đề nghị các đơn vị góp ý bằng văn bản.</p>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("papers")
    HTML(string=LETTER).write_pdf(place / "thu.PDF")
    (place / "hong.pdf").write_bytes(b"%PDF-1.7\nnot really\n%%EOF")
    (place / "rong.pdf").write_bytes(b"")
    (place / "ghi chu.txt").write_text("không phải PDF", encoding="utf-8")
    return place


def test_b6_a_folder_is_read_as_one_list_and_a_broken_file_stops_nothing(
    folder, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert extract.main([folder, folder / "ghi chu.txt", folder / "khong co.pdf"], as_json=True) == 1
    rows = {row["file"].rpartition("/")[2]: row for row in json.loads(capsys.readouterr().out)}
    assert set(rows) == {"thu.PDF", "hong.pdf", "rong.pdf", "ghi chu.txt", "khong co.pdf"}
    good = rows["thu.PDF"]
    assert set(good) == {"file", "pages", "seconds", "fields"} and tuple(good["fields"]) == extraction.FIELDS
    number = good["fields"]["code_number"]
    assert set(number) == {"value", "confidence", "sure", "page", "box"}
    assert (number["value"], number["sure"], number["page"]) == ("15", True, 1) and len(number["box"]) == 4
    assert good["fields"]["issued_date"]["value"] == "2026-05-12"
    for name in ("hong.pdf", "rong.pdf", "ghi chu.txt", "khong co.pdf"):
        assert rows[name]["error"] and set(rows[name]["fields"].values()) == {None}
    assert not list(tmp_path.iterdir())


def test_b6_in_words_for_people(folder, capsys):
    assert extract.main([folder / "thu.PDF"], as_json=False) == 0
    said = capsys.readouterr().out
    assert "Số                15" in said and "Trích yếu         V/v góp ý dự thảo" in said
