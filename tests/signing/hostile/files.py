"""The file around the objects: revisions put behind, ends, cross references of every kind, definitions that shadow others."""

import io
import re
import zipfile

import pikepdf
from pikepdf import Name

from tests.signing import workshop
from tests.signing.hostile import DAMAGED, INTACT, TOUCHED, UNSIGNED, attack
from tests.signing.revisions import append, append_stream, body, root_of, source, table_at

RED = b"q 1 0 0 rg 60 380 480 60 re f Q"


def page_numbers(pdf: bytes) -> tuple[int, int, int]:
    """Numbers of the first page, of its content and of the catalog."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page = document.pages[0].obj
        content = page.Contents if not isinstance(page.Contents, pikepdf.Array) else page.Contents[0]
        return page.objgen[0], content.objgen[0], document.Root.objgen[0]


def stream(data: bytes, head: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<< " + head + b"/Length %d >>\nstream\n" % len(data) + data + b"\nendstream"


def repainted(pdf: bytes) -> dict[int, bytes]:
    """The objects that give the first page other content."""
    _, content, _ = page_numbers(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        old = document.get_object(content, 0).read_bytes()
    return {content: stream(old + b"\n" + RED)}


@attack("incremental saving")
def saved():
    """The content of the page again, behind the signatures, with more and less of the bookkeeping."""
    pdf = workshop.sealed()
    objects = repainted(pdf)
    whole = append(pdf, objects)
    yield "whole revision", whole
    yield "no end mark", append(pdf, objects, end=b"")
    yield "no startxref", whole[: whole.rindex(b"startxref")] + b"%%EOF\n"
    yield "no trailer", whole[: whole.rindex(b"trailer")] + whole[whole.rindex(b"startxref") :]
    yield (
        "no table",
        whole[: whole.rindex(b"xref\n0") if b"xref\n0" in whole[len(pdf) :] else len(pdf) + 9000],
    )
    yield "bodies only", whole[: whole.rindex(b"xref\n", 0, whole.rindex(b"trailer"))]
    yield "two revisions", append(whole, {max(objects): next(iter(objects.values()))})
    yield "after the leader", append(workshop.led(), repainted(workshop.led()))
    yield "between the signatures", workshop.seal(append(workshop.led(), repainted(workshop.led())))
    yield "with a copied signature", append(whole, {9100: body(pdf, _signature(pdf))})
    yield "cross-reference stream", append_stream(pdf, objects)


def _signature(pdf):
    places = [match.start() for match in re.finditer(rb"/ByteRange", pdf)]
    return int(re.findall(rb"(?<!\d)(\d{1,7}) 0 obj\s", pdf[: places[-1]])[-1])


@attack("behind the end", TOUCHED, ("invalid", "look"))
def ends():
    pdf = workshop.sealed()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("cong-van.txt", "noi dung khac")
    for name, more in (
        ("words", b"\n% them noi dung"), ("one letter", b"X"), ("second end mark", b"%%EOF\n%%EOF\n"),
        ("objects", b"\n9001 0 obj\n<< /Type /Catalog >>\nendobj\n"), ("zip archive", packed.getvalue()),
        ("second file", workshop.letter("bare")), ("zeros", b"\0" * 3000), ("many blanks", b" \n" * 2000 + b"x"),
        ("script", b"\n<script>alert(1)</script>\n"), ("older start", b"startxref\n%d\n%%%%EOF\n" % _first_table(pdf)),
    ):  # fmt: skip
        yield name, pdf + more, {"integrity": TOUCHED | UNSIGNED | {"intact_later_allowed"}}
    yield "start nowhere", pdf + b"startxref\n12345678\n%%EOF\n"
    yield "start inside the hole", pdf + b"startxref\n%d\n%%%%EOF\n" % (workshop.ranges(pdf)[-1][1] + 50)


def _first_table(pdf):
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[0])


@attack("before the beginning", TOUCHED, ("invalid", "look"))
def beginnings():
    pdf = workshop.sealed()
    for name, more in (
        ("junk", b"\0\1\2 junk\n"),
        ("html", b"<html><body>x</body></html>\n"),
        ("blank", b"\n"),
    ):
        yield name, more + pdf
    yield "second header", b"%PDF-1.3\n" + pdf
    yield "other version", pdf.replace(b"%PDF-1.7", b"%PDF-9.9", 1)
    yield "no header", pdf[8:]


@attack("truncated", TOUCHED | UNSIGNED, ("invalid",))
def truncated():
    pdf = workshop.sealed()
    for name, keep in (
        ("last byte", len(pdf) - 1), ("end mark", pdf.rindex(b"%%EOF")), ("half", len(pdf) // 2), ("tenth", len(pdf) // 10),
        ("in the hole", workshop.ranges(pdf)[-1][1] + 300), ("first revision", len(workshop.draft())),
    ):  # fmt: skip
        yield name, pdf[:keep]
    rolled = pdf[: len(workshop.led())]
    yield "back to the leader's revision", rolled, {"integrity": INTACT}


@attack("hybrid cross references", TOUCHED, ("invalid", "look"))
def hybrid():
    """Old readers follow the table, new ones the stream: two documents in one file."""
    pdf = workshop.sealed()
    objects = repainted(pdf)
    with_stream = append_stream(pdf, objects)
    place = table_at(with_stream)
    page, _, _ = page_numbers(pdf)
    extra = b"/XRefStm %d " % place
    yield (
        "new content in the stream",
        append(with_stream, {page: body(pdf, page)}, extra=extra, previous=table_at(pdf)),
    )
    yield "new content in the table", append(with_stream, objects, extra=extra, previous=table_at(pdf))
    yield "stream of nothing", append(pdf, objects, extra=b"/XRefStm 0 ")
    yield "stream of an older table", append(pdf, objects, extra=b"/XRefStm %d " % _first_table(pdf))
    hidden = append_stream(pdf, objects, packed=tuple(n for n in (page,) if n in objects))
    yield "packed", append(hidden, {page: body(pdf, page)}, extra=extra, previous=table_at(pdf))


@attack("cross references redirected")
def redirected():
    pdf = workshop.sealed()
    objects = repainted(pdf)
    number = next(iter(objects))
    first, last = _first_table(pdf), table_at(pdf)
    page, _, root = page_numbers(pdf)
    yield "previous skips the seal", append(pdf, objects, previous=first), {"integrity": UNSIGNED | TOUCHED}
    yield "previous is itself", _looped(pdf, objects)
    yield "previous is negative", append(pdf, objects, previous=-5)
    yield "previous beyond the end", append(pdf, objects, previous=10**9)
    yield "previous in the hole", append(pdf, objects, previous=workshop.ranges(pdf)[-1][1] + 10)
    yield "page set free", append(pdf, {}, free=[page])
    yield "catalog set free", append(pdf, {}, free=[root])
    yield "content set free", append(pdf, {}, free=[number])
    yield "other generation", append(pdf, objects, generation=1)
    yield "object from elsewhere", _pointed(pdf, number, pdf.index(b"/FontFile2") - 300)
    yield "start in the middle", append(pdf, objects, start=last), {"integrity": INTACT, "verdicts": {"look"}}


def _looped(pdf, objects):
    made = append(pdf, objects)
    place = table_at(made)
    return append(pdf, objects, previous=place)


def _pointed(pdf, number, near):
    """A table whose row leads to another object that was there all along."""
    other = re.search(rb"(?<!\d)(\d{1,7}) 0 obj", pdf[near:])
    row = b"xref\n%d 1\n%010d 00000 n \n" % (number, near + other.start())
    trailer = b"trailer\n<< /Size 200 /Root %s /Prev %d >>\n" % (root_of(pdf), table_at(pdf))
    return pdf + row + trailer + b"startxref\n%d\n%%%%EOF\n" % len(pdf)


@attack("object streams")
def object_streams():
    """Definitions hidden in compressed streams."""
    pdf = workshop.sealed()
    page, _, root = page_numbers(pdf)
    field = _field(pdf, "so")
    for name, number, change in (
        ("page turned", page, lambda item: item.__setitem__("/Rotate", 180)),
        ("page cut", page, lambda item: item.__setitem__("/CropBox", pikepdf.Array([0, 0, 300, 300]))),
        ("number", field, lambda item: item.__setitem__("/V", pikepdf.String("99"))),
        ("catalog", root, lambda item: item.__setitem__("/PageMode", Name.FullScreen)),
    ):  # fmt: skip
        yield name, append_stream(pdf, {number: _changed(pdf, number, change)}, packed=(number,))
    objects = {page: _changed(pdf, page, lambda item: item.__setitem__("/Rotate", 90))}
    twice = append_stream(
        append_stream(pdf, objects, packed=(page,)), {page: body(pdf, page)}, packed=(page,)
    )
    yield "there and back", twice, {"integrity": TOUCHED | INTACT, "verdicts": {"invalid", "look"}}


def _field(pdf, name):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return next(item.objgen[0] for item in document.Root.AcroForm.Fields if str(item.T) == name)


def _changed(pdf, number, change):
    with pikepdf.open(io.BytesIO(pdf)) as document:
        item = document.get_object(number, 0)
        change(item)
        return source(item)


@attack("duplicate objects")
def duplicates():
    """Two definitions of one number; readers choose differently."""
    pdf = workshop.sealed()
    objects = repainted(pdf)
    number, content = next(iter(objects.items()))
    loose = b"%d 0 obj\n" % number + content + b"\nendobj\n"
    made = append(pdf, objects)
    lenient = {
        "integrity": TOUCHED | INTACT,
        "verdicts": {"invalid", "look"},
    }  # every reader that follows the table is safe
    yield "second in the revision", append(pdf + loose, {number: body(pdf, number)}), lenient
    yield "first in the revision", append(pdf + loose, objects)
    yield "behind the table", made[: made.rindex(b"startxref")] + loose + made[made.rindex(b"startxref") :]
    yield "without a table", pdf + loose + pdf[pdf.rindex(b"startxref") :], lenient
    yield "two rows", _two_rows(pdf, number, content)


def _two_rows(pdf, number, content):
    made = append(pdf, {number: content})
    place = made.rindex(b"xref\n%d 1\n" % number)
    rows = b"xref\n%d 1\n0000000015 00000 n \n%d 1\n" % (number, number)
    return made[:place] + made[place:].replace(b"xref\n%d 1\n" % number, rows, 1)


@attack("rewritten", DAMAGED | UNSIGNED | {"changed"})
def rewritten():
    """The whole file written anew by another program: nothing is where it was."""
    for name, pdf in (("sealed", workshop.sealed()), ("leader only", workshop.led())):
        for way, options in (
            ("plain", {}), ("object streams", {"object_stream_mode": pikepdf.ObjectStreamMode.generate}),
            ("linearised", {"linearize": True}), ("readable", {"qdf": True}),
        ):  # fmt: skip
            with pikepdf.open(io.BytesIO(pdf)) as document:
                out = io.BytesIO()
                document.save(out, **options)
            yield f"{name}: {way}", out.getvalue()
