"""Sets the made letters of typeset_letters.py as PDF with a truth file: layouts that no real letter at hand shows.

bench/typeset.py FOLDER   then: bench/extraction.py --made FOLDER --kinds made,negative
"""

import csv
import html
import re
import sys
from pathlib import Path

from weasyprint import HTML

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from bench.typeset_letters import BODY, LETTERS, NEGATIVES

STYLE = """
@page {{ size: A4; margin: 20mm 17mm 20mm 30mm }}
body {{ font: {size}pt/1.25 "{font}"; }}
table.head {{ width: 100%; border-collapse: collapse; table-layout: fixed }}
td {{ vertical-align: top; text-align: center; padding: 0 }}
.c {{ text-align: center }} .b {{ font-weight: bold }} .i {{ font-style: italic }}
.small {{ font-size: {small}pt }} p {{ margin: 5pt 0; text-indent: 1cm; text-align: justify }}
.t {{ margin: 10pt 0 0; text-align: center; font-weight: bold }}
.about {{ font-size: {small}pt; margin-top: 6pt }}
.foot td {{ text-align: left; width: 50% }} .foot td + td {{ text-align: center }}
.page {{ page-break-before: always }} .urgent {{ border: 1.5pt solid red; color: red; display: inline-block; padding: 2pt 8pt; font-weight: bold }}
.den {{ border: 1pt solid red; color: red; font-size: 10pt; width: 45mm; text-align: left; padding: 2pt }}
.signed {{ font: 7pt "Liberation Sans"; color: #444; text-align: right }}
"""
COUNTRY = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
SIGN = '<table class="head foot"><tr><td class="small"><b><i>Nơi nhận:</i></b><br>- Như trên;<br>- Lưu: VT, VP.</td><td class="b">{post}<br><br><br><br>Nguyễn Văn Mẫu</td></tr></table>'
COLUMNS = ["id", "file", "kind", "number", "agency", "place", "date", "type", "subject", "signer", "signer_title",
           "recipients", "notes"]  # fmt: skip


def head(one) -> str:
    """Boxes 1 to 5b."""
    left, right = one.get("col", (40, 60))
    names = [html.escape(line) for line in one.get("parent", ())]
    names += [f"<b>{html.escape(line)}</b>" for line in one["organ"]]
    if one.get("star"):
        names.append("*")
    number, day = (html.escape(one[name]).replace("  ", "&nbsp; ") for name in ("number", "day"))
    about = f'<div class="about">{html.escape(one["subject"])}</div>' if not one.get("kind") else ""
    if one.get("urgency"):
        about += f'<div class="urgent">{one["urgency"]}</div>'
    if one.get("den"):
        about += '<div class="den">SỞ MẪU<br><b>ĐẾN</b> Số: 9981<br>Ngày: 25/5/2026<br>Chuyển: …</div>'
    if one.get("party"):
        heading = '<b class="small">ĐẢNG CỘNG SẢN VIỆT NAM</b>'
    elif one.get("youth"):
        heading = '<b class="small">ĐOÀN TNCS HỒ CHÍ MINH</b>'
    else:
        heading = f'<b class="small">{COUNTRY[0]}</b><br><b>{COUNTRY[1]}</b>'
    rule = "_______" if one.get("layout") == "old" else ""
    return (
        f'<table class="head"><col style="width:{left}%"><col style="width:{right}%">'
        f'<tr><td class="small">{"<br>".join(names)}<br>{rule}</td><td>{heading}<br>{rule * 3}</td></tr>'
        f"<tr><td>{number}{about}</td><td><i>{day}</i></td></tr></table>"
    )


def page(one) -> str:
    """The whole letter as HTML."""
    parts = []
    if one.get("cover"):
        parts.append(
            '<div class="c b" style="padding-top:90mm;font-size:20pt">HỒ SƠ BÁO CÁO<br>NĂM 2025</div><div class="page"></div>'
        )
    if one.get("portal"):
        parts.append(
            '<div class="signed">Ký bởi: Cổng Thông tin điện tử Mẫu<br>Cơ quan: Văn phòng Mẫu<br>Thời gian ký: 10.10.2025 15:17:44 +07:00</div>'
        )
    parts.append(head(one))
    if one.get("kind"):
        weight = "" if one.get("layout") == "old" and one["name"] == "x" else "b"
        parts.append(
            f'<div class="t">{one["kind"]}</div><div class="c {weight}" style="padding:0 12mm">{html.escape(one["subject"])}</div>'
        )
        if one["subject"]:
            parts.append('<div class="c">_______________</div>')
    if one.get("opens"):
        parts.append(f'<div class="c b" style="margin:8pt 0">{one["opens"]}</div>')
    if one.get("to"):
        parts.append(f'<div class="c" style="margin:10pt 0">Kính gửi: {one["to"]}</div>')
    parts += [f"<p>{html.escape(text)}</p>" for text in BODY * 2]
    parts.append(SIGN.format(post="GIÁM ĐỐC"))
    if one.get("annex"):
        again = dict(
            one,
            number="Số: 11/PL-XYZ",
            day="Ba Sông, ngày 01 tháng 01 năm 2019",
            kind="",
            subject="V/v khác",
            annex=False,
        )
        parts.append(
            '<div class="page c b">PHỤ LỤC<br>QUY CHẾ LÀM VIỆC</div><div class="c i">(Kèm theo Quyết định số 999/QĐ-XXX ngày 08 tháng 8 năm 2018 của Sở Khác)</div>'
        )
        parts += [f"<p>{html.escape(text)}</p>" for text in BODY * 8]
        parts.append(f'<div class="page"></div>{head(again)}')
    return _document("".join(parts), one.get("font", "Liberation Serif"), one.get("size", 13))


def _document(body, font="Liberation Serif", size=13):
    return (
        f"<html><style>{STYLE.format(font=font, size=size, small=size - 1)}</style><body>{body}</body></html>"
    )


def truth(one) -> dict:
    """The row of the truth file."""
    number = re.sub(r"\s", "", re.sub(r"^.*?[Ss]ố:?", "", one["number"])).replace("…", "")
    if one.get("party") or one.get("youth") or one.get("ambiguous"):
        digits, _, rest = number.partition("-")
        number = f"{digits}/{rest}"
    day = re.search(r"ngày (\d+) tháng (\d+) năm (\d+)", one["day"])
    kind = one.get("type") or one.get("kind") or "CÔNG VĂN"
    return {
        "id": one["name"], "file": f"pdf/{one['name']}.pdf", "kind": "made", "number": number,
        "agency": " / ".join(" ".join(lines) for lines in (one.get("parent", ()), one["organ"]) if lines),
        "place": one["day"].split(",")[0], "date": f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}" if day else "",
        "type": kind, "subject": one["subject"], "signer": "Nguyễn Văn Mẫu", "signer_title": "GIÁM ĐỐC",
        "recipients": "Như trên; Lưu: VT, VP.", "notes": "",
    }  # fmt: skip


def main(folder: Path) -> int:
    """Write the PDFs and truth.tsv."""
    (folder / "pdf").mkdir(parents=True, exist_ok=True)
    rows = [truth(one) for one in LETTERS]
    for one in LETTERS:
        HTML(string=page(one)).write_pdf(folder / "pdf" / f"{one['name']}.pdf")
    for name, title, said, *top in NEGATIVES:
        rows.append(
            dict.fromkeys(COLUMNS, "") | {"id": name, "file": f"pdf/neg-{name}.pdf", "kind": "negative"}
        )
        upper = head({"kind": title, **top[0]}) if top else ""
        body = f'{upper}<div class="t">{title}</div>' + f"<p>{said}</p>" * 3
        page_of = _document(body + "".join(f"<p>{text}</p>" for text in BODY))
        HTML(string=page_of).write_pdf(folder / "pdf" / f"neg-{name}.pdf")
    with (folder / "truth.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t", quoting=csv.QUOTE_MINIMAL)
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} tệp trong {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
