"""No signature at all, or one for another paper: pictures of seals, foreign files, attachments exchanged."""

import functools
import io

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageDraw

from signing import begin
from signing.records import Expectation
from tests.signing import authority, workshop
from tests.signing.hostile import INTACT, TOUCHED, UNSIGNED, attack
from tests.signing.hostile.forms import drawing
from tests.signing.revisions import append, revise

ANNEX = Expectation(organisations=(authority.AGENCY,), number=workshop.NUMBER, attachment=True)


def _pdf(change, name="report"):
    with pikepdf.open(io.BytesIO(workshop.letter(name))) as document:
        change(document)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


@functools.cache
def _seal_picture(size=200, colour=(220, 20, 20)):
    image = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((4, 4, size - 4, size - 4), outline=colour, width=6)
    pen.ellipse((30, 30, size - 30, size - 30), outline=colour, width=3)
    pen.regular_polygon((size // 2, size // 2, 24), 5, fill=colour)
    return image.tobytes(), size


def _picture(document, colour=(220, 20, 20)):
    data, size = _seal_picture(colour=colour)
    return document.make_stream(
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=size,
        Height=size,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
    )


def _with_seal(document):
    page = document.pages[-1]
    name = page.add_resource(_picture(document), Name.XObject)
    page.contents_add(b"q 100 0 0 100 330 120 cm %s Do Q" % str(name).encode())


def _with_panel(document):
    """The green mark and the words of a viewer's signature panel, drawn on the page."""
    page = document.pages[0]
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    name = page.add_resource(font, Name.Font)
    words = b"BT %s 10 Tf 330 200 Td (Signature valid. Ky boi: SO KIEM THU) Tj ET" % str(name).encode()
    page.contents_add(b"q 0 0.6 0 RG 3 w 310 205 m 316 198 l 326 214 l S Q " + words)


def _annotation(subtype, **more):
    def change(document):
        page, box = document.pages[0].obj, [320, 110, 460, 200]
        drawn = drawing(document, box, b"Ky so hop le")
        entries = {
            "Type": Name.Annot,
            "Subtype": Name(f"/{subtype}"),
            "Rect": box,
            "F": 4,
            "AP": Dictionary(N=drawn),
            **more,
        }
        item = document.make_indirect(Dictionary(**entries))
        page.Annots = Array([item])
        return item

    return change


def _field(value=None):
    def change(document):
        item = _annotation("Widget", FT=Name.Sig, T=String("Signature1"))(document)
        if value is not None:
            item.V = value(document) if callable(value) else value
        document.Root.AcroForm = Dictionary(Fields=Array([item]), SigFlags=3)

    return change


def _value(**entries):
    return lambda document: document.make_indirect(
        Dictionary(
            Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/adbe.pkcs7.detached"), **entries
        )
    )


@attack("pictures of signatures", UNSIGNED)
def pictures():
    for name, change in (
        ("seal", _with_seal), ("panel", _with_panel), ("stamp", _annotation("Stamp")), ("free text", _annotation("FreeText")),
        ("drawn field without value", _field()), ("named field", _annotation("Widget", FT=Name.Tx, T=String("Signature1"), V=String("valid"))),
    ):  # fmt: skip
        yield name, _pdf(change)
    yield "plain letter", workshop.letter("report")
    yield "prepared draft", workshop.draft()
    yield "draft with the seal's picture", workshop.redrafted(_with_seal)
    yield "print copy", _print_copy()


def _print_copy():
    with pikepdf.open(io.BytesIO(workshop.sealed())) as document:
        document.flatten_annotations()
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


@attack("signature values that are none", TOUCHED | UNSIGNED)
def values():
    der = authority.usual().seal.der
    for name, value in (
        ("no contents", _value()), ("empty contents", _value(Contents=String(""), ByteRange=Array([0, 10, 20, 10]))),
        ("certificate as contents", _value(Contents=pikepdf.String(der), ByteRange=Array([0, 100, 200, 100]))),
        ("range of nothing", _value(Contents=String("x"), ByteRange=Array([0, 0, 0, 0]))), ("a string", String("signed")),
        ("a number", 1), ("a name", Name.Valid), ("an array", Array([1, 2])),
        ("range as words", _value(Contents=String("x"), ByteRange=String("all"))), ("itself", lambda d: d.Root),
    ):  # fmt: skip
        yield name, _pdf(_field(value))


@attack("no PDF, or none to be read", TOUCHED | UNSIGNED)
def no_pdf():
    for name, data in (
        ("empty", b""), ("one byte", b"%"), ("header only", b"%PDF-1.7\n"), ("zeros", bytes(5000)), ("zip", b"PK\x03\x04" + bytes(300)),
        ("picture", b"\x89PNG\r\n\x1a\n" + bytes(300)), ("words", "Công văn số 05, đã ký".encode()), ("end only", b"%%EOF"),
        ("web page", b"<html><body>%PDF-1.7 %%EOF</body></html>"), ("container alone", workshop.taken(workshop.sealed())),
    ):  # fmt: skip
        yield name, data
    for name, password in (("password", "mat-khau"), ("owner's password", "")):
        with pikepdf.open(io.BytesIO(workshop.letter("report"))) as document:
            out = io.BytesIO()
            document.save(out, encryption=pikepdf.Encryption(owner="chu", user=password))
        yield name, out.getvalue()


@attack("attachments", INTACT, ("invalid", "look"))
def attachments():
    """Điều 6.2.b: the document is whole, its annex is not."""
    pdf, annex = workshop.sealed(), workshop.annex()
    place = annex.index(b"stream") + 40
    spoilt = annex[:place] + b"?" + annex[place + 1 :]
    own = revise(annex, lambda document: [_turned(document)])
    other = _annex_by(
        authority.usual().issue(
            "UBND xã Khác", organisation="UBND xã Khác", secret=authority.key("p256", "other")
        )
    )
    for name, files in (
        ("unsigned", [("PL1.pdf", workshop.letter("annex"), ANNEX)]), ("no PDF", [("PL1.xlsx", None, ANNEX)]),
        ("spoilt", [("PL1.pdf", spoilt, ANNEX)]), ("changed afterwards", [("PL1.pdf", own, ANNEX)]),
        ("sealed by another agency", [("PL1.pdf", other, ANNEX)]), ("leader's signature only", [("PL1.pdf", workshop.led(), ANNEX)]),
        ("one of two", [("PL1.pdf", annex, ANNEX), ("PL2.pdf", workshop.letter("annex"), ANNEX)]),
        ("revision behind", [("PL1.pdf", append(annex, {9700: b"<< /Type /Catalog >>"}, root=b"9700 0 R"), ANNEX)]),
    ):  # fmt: skip
        yield name, pdf, {"annexes": tuple(files)}


def _turned(document):
    page = document.pages[0].obj
    page.Rotate = 180
    return page


def _annex_by(party):
    at = authority.MOMENT + workshop.SEALED_AFTER
    pending = begin.begin_attachment_seal(
        workshop.letter("annex"), 5, workshop.NOTATION, party.der, party.chain, at
    )
    return workshop.finish(party, pending)
