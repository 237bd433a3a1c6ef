"""The first half of a signature: the file with a hole, and the digest the token signs.

The key is elsewhere (the agent), so what is kept between the halves is plain data of about 3 KB: where the hole is,
the digest of the file and the exact signed attributes.
"""

import base64
import hashlib
import io
from datetime import date, datetime, timedelta, timezone

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from signing import appearance, certificates, embed, order, places
from signing.boxes import fitted
from signing.errors import UnreadablePdf, WrongOrder
from signing.prepare import prepare_attachment
from signing.records import (
    DAY_FIELD,
    FILLED_FIELDS,
    LEADER_FIELD,
    MONTH_FIELD,
    NUMBER_FIELD,
    SEAL_FIELD,
    YEAR_FIELD,
    Pending,
)

VIETNAM = timezone(timedelta(hours=7))
RESERVED = 40_000  # hex digits for certificates, signature and time stamp: 20 KB of DER


def begin_signature(
    pdf: bytes, certificate_der: bytes, chain, signing_time: datetime, image: bytes | None = None
) -> Pending:
    """Lãnh đạo ký (Quy chế 102 Điều 12.1.b): everything is locked but number, date and the seal.

    `pdf` is a prepared draft, `image` the PNG of the hand signature. Raises WrongOrder, BadCertificate, UnreadablePdf.
    """
    writer = _open(pdf)
    fields = _fields(writer)
    field = _empty(fields, LEADER_FIELD)
    if SEAL_FIELD in fields and "/V" in fields[SEAL_FIELD]:
        raise WrongOrder("Văn bản đã đóng dấu của cơ quan nên không thể ký thêm (Quy chế 102, Điều 12.1).")
    if image is not None:
        _fit(writer, field, fields.get(SEAL_FIELD), appearance.picture_size(image))
    _show(writer, field, appearance.picture(writer, image, _box(field), turn=_turn(field)))
    return begin_in(writer, field, certificate_der, chain, signing_time)


def begin_seal(
    pdf: bytes, number: int, notation: str, day: date, certificate_der: bytes, chain, signing_time: datetime,
    image: bytes | None = None,
) -> Pending:  # fmt: skip
    """Cấp số, ghi ngày và ký số của cơ quan in one revision (Quy chế 102 Điều 12.1.c).

    `pdf` carries the leader's signature, ours or one made by other software in a field of its own, and our empty
    fields; `image` is the PNG of the red seal, shown in its true size. Raises WrongOrder when the order or the date is
    not the regulation's, BadCertificate, SigningError.
    """
    writer = _open(pdf)
    seal = _filled(writer, pdf, number, notation, day)
    _show(writer, seal, appearance.picture(writer, image, _box(seal), exact=True, turn=_turn(seal)))
    return begin_in(writer, seal, certificate_der, chain, signing_time)


def fill_number(pdf: bytes, number: int, notation: str, day: date) -> bytes:
    """Ghi số và ngày alone, for tools that set the seal themselves (Quy chế 102 Điều 12.1.c): a revision of its own.

    Whoever seals with us fills and seals in one revision (`begin_seal`). Raises WrongOrder, SigningError.
    """
    writer = _open(pdf)
    _filled(writer, pdf, number, notation, day)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _filled(writer, pdf, number, notation, day):
    """The number and the date go into their fields; the empty field of the seal is returned."""
    fields = _fields(writer)
    seal = _empty(fields, SEAL_FIELD)
    order.require_leader(writer.prev)
    _require_printed_date(pdf, fields, day)
    pen = appearance.Pen(writer)
    for name, text in _texts(fields, number, notation, day).items():
        _fill(writer, pen, _empty(fields, name), text)
    return seal


def begin_attachment_seal(
    pdf: bytes, number: int, notation: str, certificate_der: bytes, chain, signing_time: datetime
) -> Pending:
    """Ký số của cơ quan lên tệp kèm riêng (Quy chế 102 Điều 6.2.b; ND30 PL I III.1.d): one line, no picture.

    «Số: 05/BC-SKT; 02/03/2026; 16:59:30» stands at the top right in Times 10. `pdf` may be prepared already
    (`prepare_attachment`); else that is done here. Raises UnreadablePdf, WrongOrder.
    """
    writer = _open(pdf)
    if not _is_prepared(writer):
        writer = _open(prepare_attachment(pdf).pdf)
    seal = _empty(_fields(writer), SEAL_FIELD)
    local = signing_time.astimezone(VIETNAM)
    line = f"Số: {number:02d}/{notation}; {local:%d/%m/%Y}; {local:%H:%M:%S}"
    drawn = appearance.Pen(writer).text(line, _box(seal), rise=4, size=10, align="right", turn=_turn(seal))
    _show(writer, seal, drawn)
    return begin_in(writer, seal, certificate_der, chain, signing_time)


def _is_prepared(writer):
    """Whether the empty field of the seal is there already."""
    return "/AcroForm" in writer.root and SEAL_FIELD in _fields(writer)


def _fit(writer, field, seal, size):
    """The leader's field becomes his picture as shown, and an empty seal keeps its share of it: a picture loaded after
    the submission has other proportions. Nobody has signed yet."""
    left, bottom, right, top = (float(value) for value in field["/Rect"])
    turned = _turn(field) % 180 != 0
    wide, high = fitted(size[::-1] if turned else size, (right - left, top - bottom))
    if abs(wide - (right - left)) < 0.5 and abs(high - (top - bottom)) < 0.5:
        return
    x, y = (left + right - wide) / 2, (bottom + top - high) / 2
    field["/Rect"] = _numbers(x, y, x + wide, y + high)
    field.pop("/VanThuSize", None)
    if seal is None or "/VanThuSize" in seal:
        return
    edges = [float(value) for value in seal["/Rect"]]
    along, before, after, low = (1, bottom, top - bottom, y) if turned else (0, left, right - left, x)
    now = high if turned else wide
    turn = _turn(field)
    if turn in (0, 90):
        move = low + now * (edges[along + 2] - before) / after - edges[along + 2]
    else:
        move = low + now * (edges[along] - before) / after - edges[along]
    edges[along] += move
    edges[along + 2] += move
    seal["/Rect"] = _numbers(*edges)
    writer.update_container(seal)


def _numbers(*values):
    return generic.ArrayObject([generic.FloatObject(round(value, 3)) for value in values])


def _open(pdf):
    try:
        return IncrementalPdfFileWriter(io.BytesIO(pdf))
    except (PdfError, ValueError, KeyError, TypeError, OSError) as problem:
        raise UnreadablePdf(
            "Tệp PDF bị hỏng nên không ký được. Hãy lập lại bản trình ký từ bản thảo."
        ) from problem


def _fields(writer):
    """The top fields by name; nameless ones of other software are left out."""
    if "/AcroForm" not in writer.root or "/Fields" not in writer.root["/AcroForm"]:
        raise WrongOrder("Tệp chưa được chuẩn bị để ký. Hãy lập lại bản trình ký từ bản thảo.")
    found = (reference.get_object() for reference in writer.root["/AcroForm"]["/Fields"])
    return {str(field["/T"]): field for field in found if "/T" in field}


def _empty(fields, name):
    if name not in fields:
        raise WrongOrder(
            "Tệp thiếu trường ký hoặc trường số đã dành sẵn. Hãy lập lại bản trình ký từ bản thảo."
        )
    if "/V" in fields[name]:
        done = {LEADER_FIELD: "Lãnh đạo đã ký", SEAL_FIELD: "Cơ quan đã ký số"}.get(
            name, "Số và ngày đã được ghi"
        )
        raise WrongOrder(f"{done} trên văn bản này; không làm lại lần nữa (Quy chế 102, Điều 12.1).")
    return fields[name]


def _box(field):
    """Width and height of a field in points, as shown."""
    if "/VanThuSize" in field:
        return tuple(float(value) for value in field["/VanThuSize"])
    left, bottom, right, top = (float(value) for value in field["/Rect"])
    return (top - bottom, right - left) if _turn(field) % 180 else (right - left, top - bottom)


def _turn(field):
    """How the page under a field is turned when it is shown, in degrees."""
    if "/MK" not in field or "/R" not in field["/MK"]:
        return 0
    return int(field["/MK"]["/R"]) % 360


def _show(writer, field, form):
    field["/AP"] = generic.DictionaryObject({pdf_name("/N"): form})
    writer.update_container(field)


def _fill(writer, pen, field, text):
    style = field["/VanThuText"]
    drawn = pen.text(
        text,
        _box(field),
        rise=float(style["/Rise"]),
        size=float(style["/Size"]),
        italic=bool(style["/Italic"]),
        cover="/MK" in field and "/BG" in field["/MK"],
        align="left" if bool(style["/Notation"]) else "center",
        turn=_turn(field),
    )
    field["/V"] = pdf_string(text)
    _show(writer, field, drawn)


def _texts(fields, number, notation, day):
    """Number, day and months 1 and 2 with a leading zero (ND30 PL I II.3, II.4.b)."""
    both = bool(fields[NUMBER_FIELD]["/VanThuText"]["/Notation"]) if NUMBER_FIELD in fields else False
    texts = {
        NUMBER_FIELD: f"{number:02d}/{notation}" if both else f"{number:02d}",
        DAY_FIELD: f"{day.day:02d}",
        MONTH_FIELD: f"{day.month:02d}" if day.month < 3 else str(day.month),
        YEAR_FIELD: str(day.year),
    }
    return {name: texts[name] for name in FILLED_FIELDS if name in fields}


def _require_printed_date(pdf, fields, day):
    hand = fields[NUMBER_FIELD]["/VanThuText"] if NUMBER_FIELD in fields else {}
    if "/Printed" in hand:
        parts = [str(part) for part in hand["/Printed"]]
    else:  # prepared by an earlier release, which did not keep them
        with places.open_pages(pdf) as pages:
            heading = places.find_heading(pages)
        parts = [heading.day, heading.month, heading.year]
    printed = tuple(zip(parts, (day.day, day.month, day.year), strict=True))
    if any(text and int(text) != value for text, value in printed):
        words = "/".join(text or "…" for text, _ in printed)
        raise WrongOrder(
            f"Văn bản in sẵn ngày {words}, khác ngày cấp số {day:%d/%m/%Y}. "
            "Hãy trả lại để sửa ngày trên bản thảo và ký lại (Quy chế 102, Điều 12.2)."
        )


def begin_in(writer, field, certificate_der: bytes, chain, signing_time: datetime) -> Pending:
    """The hole for a signature in this field of the writer's file, and what the token signs; for any file of ours.

    Raises BadCertificate.
    """
    mechanism, hash_name = certificates.require_usable(certificate_der, signing_time)
    lock = field["/Lock"]
    embedder = PdfCMSEmbedder().write_cms(str(field["/T"]), writer, existing_fields_only=True)
    next(embedder)
    hole = SignatureObject(
        timestamp=signing_time.astimezone(VIETNAM), bytes_reserved=RESERVED, subfilter=SigSeedSubFilter.PADES
    )
    setup = SigMDPSetup(hash_name, False, FieldMDPSpec.from_pdf_object(lock), MDPPerm(int(lock["/P"])))
    embedder.send(SigObjSetup(sig_placeholder=hole, mdp_setup=setup))
    prepared, out = embedder.send(SigIOSetup(md_algorithm=hash_name))
    attributes = embed.signed_attributes(certificate_der, chain, prepared.document_digest, hash_name)
    work = out.getvalue()
    return Pending(
        work=work,
        digest=hashlib.new(hash_name, attributes).digest(),
        mechanism=mechanism,
        hash=hash_name,
        state={
            "version": 1,
            "work_sha256": hashlib.sha256(work).hexdigest(),
            "field": str(field["/T"]),
            "region": [prepared.reserved_region_start, prepared.reserved_region_end],
            "document_digest": prepared.document_digest.hex(),
            "attributes": _text(attributes),
            "certificate": _text(certificate_der),
            "chain": [_text(der) for der in chain],
            "mechanism": mechanism,
            "hash": hash_name,
            "signing_time": signing_time.isoformat(),
        },
    )


def _text(data):
    return base64.b64encode(data).decode()
