"""Files that want to cost: loops, depth, numbers, things that unpack. Each must end in a verdict, here and soon."""

import zlib

from tests.signing import workshop
from tests.signing.hostile import INTACT, TOUCHED, UNSIGNED, attack
from tests.signing.hostile.files import page_numbers, stream
from tests.signing.hostile.pages import RED
from tests.signing.revisions import append, body, root_of, table_at

ANY = TOUCHED | UNSIGNED | INTACT
SIGNATURE = b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 9 20 9] /Contents <00> >>"


def built(objects: dict[int, bytes], root: int = 1, extra: bytes = b"") -> bytes:
    """A file of these objects."""
    out, rows = b"%PDF-1.7\n", []
    for number, content in sorted(objects.items()):
        rows.append((number, len(out)))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n" + b"".join(b"%d 1\n%010d 00000 n \n" % row for row in rows)
    size = max(objects) + 1
    return out + b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        root,
        extra,
        table,
    )


def signed(objects: dict[int, bytes]) -> bytes:
    """A file with a signature field beside these objects (6 to …); 2 is the tree of pages."""
    usual = {
        1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", 3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
        4: b"<< /FT /Sig /T (S) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /V 5 0 R >>", 5: SIGNATURE,
    }  # fmt: skip
    return built(usual | objects)


@attack("loops", ANY, ("invalid", "look"))
def loops():
    yield "pages of themselves", signed({2: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"})
    yield (
        "pages in a ring",
        signed(
            {
                2: b"<< /Type /Pages /Kids [6 0 R] /Count 9 >>",
                6: b"<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 9 >>",
            }
        ),
    )
    yield "field its own kid", signed({4: b"<< /FT /Sig /T (S) /Kids [4 0 R] /V 5 0 R >>"})
    yield (
        "fields in a ring",
        signed(
            {
                4: b"<< /T (S) /Kids [6 0 R] >>",
                6: b"<< /T (T) /Parent 4 0 R /Kids [4 0 R] /FT /Sig /V 5 0 R >>",
            }
        ),
    )
    yield "field its own parent", signed({4: b"<< /FT /Sig /T (S) /Parent 4 0 R /V 5 0 R >>"})
    yield "value is the field", signed({4: b"<< /FT /Sig /T (S) /V 4 0 R >>"})
    yield "reference to itself", signed({5: b"5 0 R"})
    yield (
        "length of itself",
        signed(
            {
                3: b"<< /Type /Page /Parent 2 0 R /Contents 6 0 R >>",
                6: b"<< /Length 6 0 R >>\nstream\nx\nendstream",
            }
        ),
    )
    sealed = workshop.sealed()
    page, content, _ = page_numbers(sealed)
    yield (
        "page its own parent, behind the seal",
        append(sealed, {page: b"<< /Type /Page /Parent %d 0 R >>" % page}),
    )
    yield "form calls itself", append(sealed, _self_calling(sealed, content))
    yield "previous in a ring", _ring(sealed)
    yield "object stream in itself", _own_stream()


def _self_calling(pdf, content):
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 850] /Resources << /XObject << /F 9801 0 R >> >> "
    return {content: stream(b"/F Do"), 9801: stream(b"/F Do /F Do", form)}


def _ring(pdf):
    first = append(pdf, {9802: b"null"})
    again = append(first, {9803: b"null"})
    return again.replace(b"/Prev %d " % table_at(pdf), b"/Prev %d " % table_at(first), 1)


def _own_stream():
    data = b"6 0 7 10 " + b"<< >>     << >>"
    head = b"/Type /ObjStm /N 2 /First 9 /Extends 6 0 R "
    return signed({6: stream(data, head)})


@attack("depth", ANY, ("invalid", "look"))
def depth():
    for name, opening, closing in (("arrays", b"[", b"]"), ("dictionaries", b"<< /A ", b" >>")):
        for levels in (400, 5000, 60_000):
            nested = opening * levels + closing * levels
            yield f"{levels} {name}", signed({3: b"<< /Type /Page /Parent 2 0 R /X " + nested + b" >>"})
    chain = {6 + n: b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (7 + n) for n in range(3000)}
    yield (
        "tree of pages",
        signed(
            {
                **chain,
                2: b"<< /Type /Pages /Kids [6 0 R] /Count 1 >>",
                3006: b"<< /Type /Page /Parent 3005 0 R >>",
            }
        ),
    )
    kids = {6 + n: b"<< /T (a) /Parent %d 0 R /Kids [%d 0 R] >>" % (5 + n, 7 + n) for n in range(900)}
    yield (
        "tree of fields",
        signed({**kids, 4: b"<< /T (S) /Kids [6 0 R] >>", 906: b"<< /FT /Sig /V 5 0 R /Parent 905 0 R >>"}),
    )
    sealed = workshop.sealed()
    yield "behind the seal", append(sealed, {9900: b"[" * 3000 + b"]" * 3000}, extra=b"/X 9900 0 R ")
    yield "in contents", signed({5: SIGNATURE.replace(b"<00>", b"<" + b"3080" * 9000 + b">")})


@attack("numbers", ANY, ("invalid", "look"))
def numbers():
    yield "pages by the million", signed({2: b"<< /Type /Pages /Kids [3 0 R] /Count 99999999 >>"})
    yield "pages below nothing", signed({2: b"<< /Type /Pages /Kids [3 0 R] /Count -5 >>"})
    yield (
        "a page a kilometre wide",
        signed({3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 3000000 3000000] >>"}),
    )
    yield "a page of no size", signed({3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 0 0] >>"})
    yield "a page of words", signed({3: b"<< /Type /Page /Parent 2 0 R /MediaBox [(a) (b) (c) (d)] >>"})
    yield (
        "same page ten thousand times",
        signed({2: b"<< /Type /Pages /Count 10000 /Kids [" + b"3 0 R " * 10_000 + b"] >>"}),
    )
    yield "twenty thousand objects", signed({n: b"<< /A %d 0 R >>" % (n - 1) for n in range(6, 20_006)})
    yield (
        "number of a thousand digits",
        signed({2: b"<< /Type /Pages /Kids [3 0 R] /Count %s >>" % (b"9" * 1000)}),
    )
    yield "five thousand digits", signed({5: SIGNATURE.replace(b"20 9]", b"9" * 5000 + b" 9]")})
    yield "three hundred signatures", _many_fields(300)
    sealed = workshop.sealed()
    revisions = sealed
    for number in range(70):
        revisions = append(revisions, {9950: b"%d" % number})
    yield "seventy revisions behind", revisions
    yield "size of the table lies", sealed + b"xref\n0 99999999\n0000000000 65535 f \ntrailer\n<< /Size 9 /Root %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        root_of(sealed), len(sealed),
    )  # fmt: skip


def _many_fields(count):
    fields = {6 + n: b"<< /FT /Sig /T (S%d) /V 5 0 R >>" % n for n in range(count)}
    names = b" ".join(b"%d 0 R" % number for number in fields)
    return signed(
        {
            **fields,
            1: b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [" + names + b"] /SigFlags 3 >> >>",
        }
    )


def _packed(size, times=1):
    data = bytes(size)
    for _ in range(times):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter [" + b"/FlateDecode " * times + b"] ")


@attack("things that unpack", ANY, ("invalid", "look"))
def unpacking():
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 6 0 R >>"
    yield "content of 40 MB", signed({3: page, 6: _packed(40_000_000)})
    yield "packed twice", signed({3: page, 6: _packed(40_000_000, 2)})
    yield (
        "a hundred filters",
        signed({3: page, 6: stream(b"x", b"/Filter [" + b"/ASCIIHexDecode " * 100 + b"] ")}),
    )
    yield (
        "cut short",
        signed({3: page, 6: stream(zlib.compress(bytes(90_000))[:40], b"/Filter /FlateDecode ")}),
    )
    sealed = workshop.sealed()
    _, content, _ = page_numbers(sealed)
    yield "content behind the seal", append(sealed, {content: _packed(40_000_000)}), {"integrity": TOUCHED}
    picture = b"/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceGray /BitsPerComponent 8 "
    big = stream(zlib.compress(bytes(1_000_000), 9), picture + b"/Filter /FlateDecode ")
    yield (
        "picture of a gigapixel",
        signed(
            {
                3: page.replace(b"/Contents", b"/Resources << /XObject << /I 7 0 R >> >> /Contents"),
                6: stream(b"500 0 0 700 0 0 cm /I Do"),
                7: big,
            }
        ),
    )
    yield (
        "thousands of strokes",
        append(sealed, {content: stream(b"0 0 m 500 500 l S " * 8000)}),
        {"integrity": TOUCHED},
    )
    yield "table as a bomb", _table_bomb(sealed)
    red = {content: stream(RED)}
    yield (
        "lengths lie",
        append(sealed, {content: b"<< /Length 9999999 >>\nstream\n" + RED + b"\nendstream"}),
        {"integrity": TOUCHED},
    )
    yield (
        "no length",
        append(sealed, {content: b"<< >>\nstream\n" + red[content][-40:]}),
        {"integrity": TOUCHED},
    )
    yield "body twice", append(sealed, {content: body(sealed, content) + RED}), {"integrity": ANY}


def _table_bomb(pdf):
    rows = zlib.compress(bytes(7 * 8_000), 9)
    head = b"<< /Type /XRef /W [1 4 2] /Index [0 8000] /Size 8000 /Root %s /Prev %d /Filter /FlateDecode /Length %d >>" % (
        root_of(pdf), table_at(pdf), len(rows),
    )  # fmt: skip
    return (
        pdf
        + b"9999 0 obj\n"
        + head
        + b"\nstream\n"
        + rows
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(pdf)
    )
