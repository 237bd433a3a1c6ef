"""Letters for the demonstration and the tests: Word files in the layout of ND30 Phụ lục I, with blanks for number and date.

Plainly fictional texts; the file is the smallest WordprocessingML package that word processors open. The blanks stand
as spaces («Số:        /SKH-KH», «ngày      tháng      năm 2026»), where signing finds them.
"""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import date
from xml.sax.saxutils import escape

from models import text

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml" \
ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>
</Types>"""
RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" \
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" \
Target="word/document.xml"/>
</Relationships>"""
DOCUMENT_RELATIONS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" \
Target="styles.xml"/>
</Relationships>"""
STYLES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="{NAMESPACE}"><w:docDefaults><w:rPrDefault><w:rPr>
<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:cs="Times New Roman" w:eastAsia="Times New Roman"/>
<w:sz w:val="28"/><w:lang w:val="vi-VN"/></w:rPr></w:rPrDefault></w:docDefaults></w:styles>"""
# A4, margins 20/20/30/20 mm in twentieths of a point (ND30 PL I phần I mục I).
PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:bottom="1134" w:left="1701" w:right="1134" w:header="567" w:footer="567" w:gutter="0"/>'
    "</w:sectPr>"
)
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")


@dataclass(frozen=True)
class Letter:
    """What a letter says. `notation` is what follows the slash («SKH-KH»); `type_name` "" means công văn (V/v).

    `addressees` stand after «Kính gửi:»; `to_places` under «Nơi nhận:»; `authority` above the signer's post («KT. GIÁM
    ĐỐC»), empty for the head himself.
    """

    agency: str
    notation: str
    place: str
    subject: str
    body: tuple[str, ...]
    signer_title: str
    signer_name: str
    parent: str = ""
    type_name: str = ""
    authority: str = ""
    addressees: tuple[str, ...] = ()
    to_places: tuple[str, ...] = field(default_factory=tuple)
    year: int = 2026
    number: str = ""  # with `day`: a letter already issued on paper
    day: date | None = None


def docx(letter: Letter) -> bytes:
    """The letter as a Word file, without number and date."""
    parts = [
        _heading(letter),
        _title(letter),
        *[_paragraph(_run(words, 14), indent=True) for words in letter.body],
        _paragraph("", after=6),
        _closing(letter),
    ]
    document = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<w:document xmlns:w="{NAMESPACE}"><w:body>{"".join(parts)}{PAGE}</w:body></w:document>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (
            ("[Content_Types].xml", CONTENT_TYPES),
            ("_rels/.rels", RELATIONS),
            ("word/_rels/document.xml.rels", DOCUMENT_RELATIONS),
            ("word/styles.xml", STYLES),
            ("word/document.xml", document),
        ):
            package.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def _heading(letter) -> str:
    """Boxes 1 to 4 and 5b: agency and number on the left, motto and date on the right."""
    left = [_centred(_run(letter.parent.upper(), 12))] if letter.parent else []
    left += [
        _centred(_run(letter.agency.upper(), 12, bold=True)),
        _rule(1100),
        _centred(_run(f"Số: {letter.number or '         '}/{letter.notation}", 13)),
    ]
    if not letter.type_name:
        left.append(_centred(_run(f"V/v {letter.subject}", 12), before=6))
    right = [
        _centred(_run(MOTTO[0], 12, bold=True)),
        _centred(_run(MOTTO[1], 13, bold=True)),
        _rule(1050),
        _centred(_run(f"{letter.place}, {_date_words(letter)}", 13, italic=True)),
    ]
    return _table((3850, 5250), "".join(left), "".join(right)) + _paragraph("", after=0)


def _date_words(letter) -> str:
    if letter.day is None:
        return f"ngày        tháng        năm {letter.year}"
    day, month, year = text.day_words(letter.day)
    return f"ngày {day} tháng {month} năm {year}"


def _title(letter) -> str:
    """Boxes 5a and 9a: type and subject, or «Kính gửi»."""
    out = ""
    if letter.type_name:
        out += _centred(_run(letter.type_name.upper(), 14, bold=True), before=6)
        out += _centred(_run(letter.subject, 14, bold=True))
        out += _rule(3700)
    if letter.addressees:
        if len(letter.addressees) == 1:
            return out + _centred(_run(f"Kính gửi: {letter.addressees[0]}", 14), before=6, after=10)
        out += _paragraph(_run("Kính gửi:", 14), left=1700, before=6)
        for position, name in enumerate(letter.addressees):
            mark = "." if position == len(letter.addressees) - 1 else ";"
            out += _paragraph(_run(f"- {name}{mark}", 14), left=2700)
        out += _paragraph("", after=4)
    return out


def _closing(letter) -> str:
    """Boxes 7 and 9b: recipients on the left, post, space for the signature and name on the right."""
    left = _paragraph(_run("Nơi nhận:", 12, bold=True, italic=True))
    for name in letter.to_places or ("Như trên", "Lưu: VT"):
        left += _paragraph(_run(f"- {name};", 11))
    right = _centred(_run(letter.authority.upper(), 14, bold=True)) if letter.authority else ""
    right += _centred(_run(letter.signer_title.upper(), 14, bold=True))
    right += _centred("") * 5
    right += _centred(_run(letter.signer_name, 14, bold=True))
    return _table((4300, 4800), left, right)


def _table(widths, left, right) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
        for width, content in zip(widths, (left, right), strict=True)
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>"
    )


def _run(words, size, bold=False, italic=False) -> str:
    marks = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "")
    return (
        f'<w:r><w:rPr>{marks}<w:sz w:val="{size * 2}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(words)}</w:t></w:r>'
    )


def _centred(run, before=0, after=0) -> str:
    return _paragraph(run, align="center", before=before, after=after)


def _rule(inset) -> str:
    """The short line under a name: an empty paragraph with an upper border, indented at both sides."""
    return (
        '<w:p><w:pPr><w:pBdr><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
        f'<w:spacing w:before="20" w:after="0" w:line="120" w:lineRule="exact"/>'
        f'<w:ind w:left="{inset}" w:right="{inset}"/></w:pPr></w:p>'
    )


def _paragraph(run, align="", indent=False, left=0, before=0, after=None) -> str:
    spacing = (6 if indent else 0) if after is None else after
    justify = align or ("both" if indent else "left")
    first = ' w:firstLine="720"' if indent else ""
    return (
        f'<w:p><w:pPr><w:spacing w:before="{before * 20}" w:after="{spacing * 20}"/>'
        f'<w:ind w:left="{left}"{first}/><w:jc w:val="{justify}"/></w:pPr>{run}</w:p>'
    )
