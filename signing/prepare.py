"""Before the leader signs: empty fields for number and date, and the fields of both signatures (Quy chế 102 Điều 12.1).

The draft is written anew here, once, while nobody has signed it: active content goes, the file structure becomes
plain, and from then on it only grows by incremental revisions.
"""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from signing import erase, layout, sheets
from signing import marks as marks_of_page
from signing.errors import BlankNotFound, UnreadablePdf, WrongOrder
from signing.records import (
    DAY_FIELD,
    FILLED_FIELDS,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    SEAL_FIELD,
    YEAR_FIELD,
    Place,
    Prepared,
)

_ATTACHMENT_EDGE, _ATTACHMENT_TOP, _ATTACHMENT_WIDTH = (
    42.0,
    24.0,
    300.0,
)  # points: 15 mm and 8 mm from the edges
_READ_ONLY, _PRINT = 1, 4
_LABELS = {
    NUMBER_FIELD: "Số văn bản, do văn thư cấp sau khi lãnh đạo ký",
    DAY_FIELD: "Ngày ban hành",
    MONTH_FIELD: "Tháng ban hành",
    YEAR_FIELD: "Năm ban hành",
}


def prepare_draft(
    pdf: bytes, signer_name: str = "", diameter_mm: float = 36.0, picture_size: tuple[float, float] | None = None,
    moves: dict[str, tuple[float, float]] | None = None, marks: tuple[str, ...] = (), placed: dict | None = None,
) -> Prepared:  # fmt: skip
    """Put the reserved fields on a draft: so, ngay, thang (nam), the leader's signature and the organisation's seal.

    1. a number and date of an old letter are taken out, 2. the blanks are found on the page, 3. active content and
    earlier forms go, 4. marks of urgency and circulation are drawn, 5. the fields are written. `note` of the result says
    what a person should know. `picture_size`: proportions of the leader's picture; `moves`: field → (right, up) in
    points from the place that is found; `placed`: field → its place set by hand, see layout.Wish. The seal keeps its
    size. Raises UnreadablePdf, BlankNotFound, WrongOrder.
    """
    wish = layout.Wish(signer_name, diameter_mm, picture_size, moves or {}, tuple(marks), placed or {})
    pdf, note = erase.clear_printed(pdf)
    found = layout.find(pdf, wish)
    if found.missing:
        raise BlankNotFound(" ".join(dict.fromkeys(found.missing.values())))
    with _open(pdf) as draft:
        _forbid_signatures(draft)
        _strip(draft)
        marks_of_page.draw(draft, sheets.of_page(draft.pages[0]), found.marks)
        _write_fields(draft, found.fields, found.printed)
        out = io.BytesIO()
        draft.save(out, min_version="1.7", object_stream_mode=pikepdf.ObjectStreamMode.disable)
        shown = (*found.fields, *(place for _, place in found.marks))
        notes = " ".join((note, *found.notes)).strip()
        return Prepared(out.getvalue(), shown, len(draft.pages), notes, found.notation)


def prepare_attachment(pdf: bytes) -> Prepared:
    """Put the organisation's seal field at the top right of an attachment's first page (Quy chế 102 Điều 6.2.b).

    On pages of any size, turned or cut: what counts is the page as it is shown. Raises UnreadablePdf, WrongOrder.
    """
    with _open(pdf) as attachment:
        _forbid_signatures(attachment)
        _strip(attachment)
        sheet = sheets.of_page(attachment.pages[0])
        edge = min(_ATTACHMENT_EDGE, sheet.width * 0.07)
        top = sheet.height - min(_ATTACHMENT_TOP, sheet.height * 0.03)
        left = max(sheet.width - edge - _ATTACHMENT_WIDTH, 4)
        place = Place(SEAL_FIELD, 1, left, top - 16, sheet.width - edge, top)
        _write_fields(attachment, (place,))
        out = io.BytesIO()
        attachment.save(out, min_version="1.7", object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return Prepared(out.getvalue(), (place,), len(attachment.pages))


def _open(pdf):
    try:
        draft = pikepdf.open(io.BytesIO(pdf))
        if draft.is_encrypted:
            raise UnreadablePdf(
                "Tệp PDF có đặt mật khẩu hoặc hạn chế quyền. Hãy xuất lại tệp không có mật khẩu."
            )
        if not len(draft.pages):
            raise UnreadablePdf("Tệp PDF không có trang nào.")
    except pikepdf.PasswordError as problem:
        raise UnreadablePdf(
            "Tệp PDF có mật khẩu. Hãy xuất lại tệp không có mật khẩu rồi tải lên."
        ) from problem
    except (pikepdf.PdfError, ValueError, TypeError, RuntimeError) as problem:
        raise UnreadablePdf(
            "Tệp PDF bị hỏng, không mở được. Hãy xuất lại từ phần mềm soạn thảo."
        ) from problem
    return draft


def _forbid_signatures(draft):
    form = draft.Root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and _is_signed(form.get(Name.Fields, []), depth=0):
        raise WrongOrder(
            "Tệp này đã có chữ ký số, không thể dùng làm bản thảo: sửa nó sẽ làm hỏng chữ ký. "
            "Hãy tải lên bản thảo chưa ký."
        )


def _is_signed(fields, depth):
    for field in fields:
        if not isinstance(field, Dictionary):
            continue
        if field.get(Name.FT) == Name.Sig and Name.V in field:
            return True
        if depth < 20 and _is_signed(field.get(Name.Kids, []), depth + 1):
            return True
    return False


def _strip(draft):
    """Take out what could act or change by itself: scripts, actions, forms, embedded files."""
    if Name.AcroForm in draft.Root:
        draft.generate_appearance_streams()
        draft.flatten_annotations()
        del draft.Root[Name.AcroForm]
    for key in (Name.OpenAction, Name.AA, Name.Perms, Name.Extensions):
        if key in draft.Root:
            del draft.Root[key]
    names = draft.Root.get(Name.Names)
    for key in (Name.JavaScript, Name.EmbeddedFiles) if isinstance(names, Dictionary) else ():
        if key in names:
            del names[key]
    for page in draft.pages:
        if Name.AA in page.obj:
            del page.obj[Name.AA]
        kept = [a for a in page.obj.get(Name.Annots, []) if _is_plain(a)]
        if Name.Annots in page.obj:
            page.obj[Name.Annots] = Array(kept)


def _is_plain(annotation):
    return isinstance(annotation, Dictionary) and annotation.get(Name.Subtype) in (
        Name.Link,
        Name.Highlight,
        Name.Underline,
    )


def _write_fields(draft, found, printed=("", "", "")):
    times = draft.make_indirect(
        Dictionary(
            Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"), Encoding=Name.WinAnsiEncoding
        )
    )
    fields = Array()
    for place in found:
        page = draft.pages[place.page - 1]
        field = draft.make_indirect(_field(place, page, printed))
        fields.append(field)
        if Name.Annots not in page.obj:
            page.obj[Name.Annots] = Array()
        page.obj[Name.Annots].append(field)
    form = Dictionary(Fields=fields, SigFlags=3, DA=String("/Times 13 Tf 0 g"))
    form[Name.DR] = Dictionary(Font=Dictionary(Times=times))
    draft.Root[Name.AcroForm] = draft.make_indirect(form)


def _field(place, page, printed):
    sheet = sheets.of_page(page)
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        T=String(place.name),
        Rect=Array(sheet.rectangle(place.x0, place.y0, place.x1, place.y1)),
        F=_PRINT,
        P=page.obj,
    )
    look = Dictionary(R=sheet.turn) if sheet.turn else Dictionary()
    if sheet.unit != 1:  # the size as shown, which the rectangle does not tell then
        field[Name.VanThuSize] = Array([round(place.x1 - place.x0, 3), round(place.y1 - place.y0, 3)])
    if place.name in FILLED_FIELDS:
        field.FT, field.Ff = Name.Tx, _READ_ONLY
        field.DA = String(f"/Times {place.size:g} Tf 0 g")
        field.TU = String(_LABELS[place.name])
        field[Name.VanThuText] = _hand(place, printed)
        if place.cover:
            look.BG = Array([1, 1, 1])
    else:
        field.FT = Name.Sig
        field.Lock = _lock(place.name)
    if len(look):
        field.MK = look
    return field


def _hand(place, printed):
    """How the text will stand in its field; the number's also keeps the parts of the date that the page prints."""
    hand = Dictionary(
        Rise=round(place.baseline - place.y0, 2),
        Size=place.size,
        Italic=place.italic,
        Notation=place.with_notation,
    )
    if place.name == NUMBER_FIELD:
        hand.Printed = Array([String(part) for part in printed])
    return hand


def _lock(name):
    """The leader locks everything but what the clerk fills; the seal locks everything."""
    if name == LEADER_FIELD:
        excluded = Array([String(n) for n in (*FILLED_FIELDS, SEAL_FIELD)])
        return Dictionary(Type=Name.SigFieldLock, Action=Name.Exclude, Fields=excluded, P=2)
    return Dictionary(Type=Name.SigFieldLock, Action=Name.All, P=1)
