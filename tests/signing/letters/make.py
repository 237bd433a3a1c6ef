"""Write the letters the signing tests use: fictional, laid out after Decree 30. Run by hand with LibreOffice at hand:

python tests/signing/letters/make.py && soffice --headless --convert-to pdf --outdir tests/signing/letters …/*.fodt
"""

from pathlib import Path

HERE = Path(__file__).parent
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>
<style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"
 fo:margin-top="2cm" fo:margin-bottom="2cm" fo:margin-left="3cm" fo:margin-right="2cm"/></style:page-layout>
"""
COLUMNS = "".join(
    f'<style:style style:name="{name}" style:family="table-column">'
    f'<style:table-column-properties style:column-width="{width}"/></style:style>'
    for name, width in (("Left", "6.6cm"), ("Right", "9.4cm"))
)
STYLES = (
    ("Head", "12pt", "bold", "normal", "center"),
    ("Parent", "12pt", "normal", "normal", "center"),
    ("Number", "13pt", "normal", "normal", "center"),
    ("Date", "13pt", "normal", "italic", "center"),
    ("Type", "14pt", "bold", "normal", "center"),
    ("Body", "14pt", "normal", "normal", "justify"),
    ("To", "12pt", "bold", "italic", "left"),
    ("Small", "11pt", "normal", "normal", "left"),
    ("Post", "13pt", "bold", "normal", "center"),
)


def style(name, size, weight, slant, align):
    return (
        f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties fo:text-align="{align}"/>'
        f'<style:text-properties style:font-name="Liberation Serif" fo:font-family="Liberation Serif" fo:font-size="{size}"'
        f' fo:font-weight="{weight}" fo:font-style="{slant}"/></style:style>\n'
    )


def paragraph(name, text=""):
    spaced, run = "", 0
    for char in text + "\0":
        if char == " ":
            run += 1
            continue
        spaced += f' <text:s text:c="{run - 1}"/>' if run > 1 else " " * run
        run = 0
        spaced += "" if char == "\0" else char
    return f'<text:p text:style-name="{name}">{spaced}</text:p>'


def cell(*paragraphs):
    return f"<table:table-cell>{''.join(paragraphs)}</table:table-cell>"


def table(left, right):
    return (
        '<table:table><table:table-column table:style-name="Left"/><table:table-column table:style-name="Right"/>'
        "<table:table-row>"
        f"{cell(*left)}{cell(*right)}</table:table-row></table:table>"
    )


def letter(number, date, pages):
    body = [
        table(
            [
                paragraph("Parent", "ỦY BAN NHÂN DÂN TỈNH X"),
                paragraph("Head", "SỞ KIỂM THỬ"),
                paragraph("Number", number),
            ],
            [
                paragraph("Head", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
                paragraph("Head", "Độc lập - Tự do - Hạnh phúc"),
                paragraph("Date", date),
            ],
        ),
        paragraph("Type"),
        paragraph("Type", "BÁO CÁO"),
        paragraph("Type", "Về việc chạy thử hệ thống văn bản điện tử"),
        paragraph("Body"),
    ]
    sentence = (
        "Sở Kiểm thử báo cáo kết quả chạy thử. Mọi tên người, tên cơ quan và con số trong văn bản này đều là giả định, "
        "chỉ dùng để thử việc ký số, cấp số và đóng dấu."
    )
    body += [paragraph("Body", sentence) for _ in range(5 if pages == 1 else 5 + 16 * (pages - 1))]
    body += [
        paragraph("Body"),
        table(
            [
                paragraph("To", "Nơi nhận:"),
                paragraph("Small", "- Ủy ban nhân dân tỉnh X;"),
                paragraph("Small", "- Lưu: VT, TH."),
            ],
            [
                paragraph("Post", "KT. GIÁM ĐỐC"),
                paragraph("Post", "PHÓ GIÁM ĐỐC"),
                *[paragraph("Post") for _ in range(5)],
                paragraph("Post", "Trần Thử Nghiệm"),
            ],
        ),
    ]
    styles = COLUMNS + "".join(style(*values) for values in STYLES)
    master = (
        '</office:automatic-styles><office:master-styles><style:master-page style:name="Standard" '
        'style:page-layout-name="A4"/></office:master-styles>'
    )
    return f"{HEAD}{styles}{master}<office:body><office:text>{''.join(body)}</office:text></office:body></office:document>"


LETTERS = {
    "report": ("Số:            /BC-SKT", "Xuân Thử, ngày        tháng        năm 2026", 1),
    "dotted": ("Số: ......../QĐ-SKT", "Xuân Thử, ngày ...... tháng ..... năm 20.....", 2),
    "bare": ("Số:", "Xuân Thử, ngày       tháng       năm       ", 1),
    "numbered": ("Số: 12/BC-SKT", "Xuân Thử, ngày 02 tháng 3 năm 2026", 1),
    "narrow": ("Số:/BC-SKT", "Xuân Thử, ngày        tháng        năm 2026", 1),
    "dateless": ("Số:          /BC-SKT", "Xuân Thử", 1),
    "annex": ("PHỤ LỤC I", "", 1),
}

if __name__ == "__main__":
    for name, values in LETTERS.items():
        (HERE / f"{name}.fodt").write_text(letter(*values))
