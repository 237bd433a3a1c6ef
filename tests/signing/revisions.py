"""Writes a further revision behind a PDF by hand: classic table, cross-reference stream, hybrid, or wrong on purpose."""

import io
import re
import zlib

import pikepdf


def append(
    pdf: bytes, objects: dict[int, bytes], *, free=(), extra: bytes = b"", root: bytes = b"", previous: int | None = None,
    start: int | None = None, end: bytes = b"%%EOF\n", generation: int = 0,
) -> bytes:  # fmt: skip
    """`pdf` with a revision holding `objects` (number → body), a table and a trailer; `free` are numbers set free."""
    out, places = _written(pdf, objects)
    table = len(out)
    rows = {number: b"%010d %05d n \n" % (place, generation) for number, place in places.items()}
    rows |= {number: b"0000000000 65535 f \n" for number in free}
    out += b"xref\n" + b"".join(b"%d 1\n" % number + rows[number] for number in sorted(rows))
    out += b"trailer\n<< " + _trailer(pdf, [*objects, *free], root, previous) + extra + b" >>\n"
    return out + b"startxref\n%d\n" % (table if start is None else start) + end


def append_stream(
    pdf: bytes, objects: dict[int, bytes], *, packed=(), root: bytes = b"", extra: bytes = b""
) -> bytes:
    """The same with a cross-reference stream; the numbers in `packed` lie in an object stream."""
    loose = {number: body for number, body in objects.items() if number not in packed}
    own = max([_size(pdf), *objects]) + 1
    if packed:
        loose[own + 1] = _object_stream({number: objects[number] for number in packed})
    out, places = _written(pdf, loose)
    place = len(out)
    rows = {number: (1, at, 0) for number, at in places.items()} | {own: (1, place, 0)}
    rows |= {number: (2, own + 1, index) for index, number in enumerate(packed)}
    index = b" ".join(b"%d 1" % number for number in sorted(rows))
    body = b"".join(
        bytes([kind]) + second.to_bytes(4, "big") + third.to_bytes(2, "big")
        for _, (kind, second, third) in sorted(rows.items())
    )
    head = b"<< /Type /XRef /W [1 4 2] /Index [" + index + b"] /Length %d " % len(body)
    head += _trailer(pdf, [*rows], root, None) + extra + b" >>\nstream\n"
    out += b"%d 0 obj\n" % own + head + body + b"\nendstream\nendobj\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % place


def revise(pdf: bytes, change, write=append, **options) -> bytes:
    """The file with a revision of all objects that `change(pikepdf document)` returns."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        objects = {item.objgen[0]: source(item) for item in change(document)}
    return write(pdf, objects, **options)


def source(item) -> bytes:
    """An indirect object as it stands in a file."""
    if not isinstance(item, pikepdf.Stream):
        return item.unparse(resolved=True)
    data = item.read_raw_bytes()
    item.stream_dict.Length = len(data)
    return item.stream_dict.unparse(resolved=True) + b"\nstream\n" + data + b"\nendstream"


def body(pdf: bytes, number: int) -> bytes:
    """The last definition of an object."""
    found = [match.end() for match in re.finditer(rb"(?<!\d)%d 0 obj\s" % number, pdf)]
    return pdf[found[-1] : pdf.index(b"endobj", found[-1])].strip()


def table_at(pdf: bytes) -> int:
    """Where the last cross-reference table is."""
    return int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])


def root_of(pdf: bytes) -> bytes:
    """The last reference to a catalog."""
    return re.findall(rb"/Root\s+(\d+ \d+ R)", pdf)[-1]


def _size(pdf):
    return max(int(size) for size in re.findall(rb"/Size\s+(\d+)", pdf))


def _trailer(pdf, numbers, root, previous):
    size = max([_size(pdf), *(number + 1 for number in numbers)])
    back = table_at(pdf) if previous is None else previous
    return b"/Size %d /Root %s /Prev %d " % (size + 2, root or root_of(pdf), back)


def _written(pdf, objects):
    out, places = pdf if pdf.endswith(b"\n") else pdf + b"\n", {}
    for number, content in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    return out, places


def _object_stream(objects):
    bodies, index = b"", b""
    for number, content in objects.items():
        index += b"%d %d " % (number, len(bodies))
        bodies += content + b" "
    data = zlib.compress(index + bodies)
    head = b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>" % (
        len(objects), len(index), len(data),
    )  # fmt: skip
    return head + b"\nstream\n" + data + b"\nendstream"
