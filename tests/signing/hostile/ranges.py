"""What a signature covers: byte ranges forged, holes, padded contents, signature wrapping."""

import hashlib
import re

from tests.signing import authority, workshop
from tests.signing.hostile import DAMAGED, TOUCHED, UNSIGNED, attack
from tests.signing.revisions import append, body, root_of

EVIL = b"<< /Length 44 >>\nstream\nq 1 0 0 rg 100 400 300 40 re f 0 g Q         \nendstream"


def signature_number(pdf: bytes, which: int = -1) -> int:
    """The object number of a signature dictionary."""
    places = [match.start() for match in re.finditer(rb"/ByteRange", pdf)]
    return int(re.findall(rb"(?<!\d)(\d{1,7}) 0 obj\s", pdf[: places[which]])[-1])


def _overridden(pdf, change, which=-1):
    number = signature_number(pdf, which)
    return append(pdf, {number: change(body(pdf, number))})


@attack("byte range redefined", TOUCHED)
def redefined():
    pdf = workshop.sealed()
    _, b, c, d = workshop.ranges(pdf)[-1]
    forged = {
        "none": b"", "null": b"/ByteRange null", "empty": b"/ByteRange []", "zero": b"/ByteRange [0 0 0 0]",
        "negative": b"/ByteRange [0 -1 %d %d]" % (c, d), "huge": b"/ByteRange [0 %d %d 99999999999]" % (b, c),
        "huge start": b"/ByteRange [0 %d 99999999999 %d]" % (b, d), "two numbers": b"/ByteRange [0 %d]" % b,
        "six numbers": b"/ByteRange [0 %d %d %d %d 10]" % (b, c, d, c + d), "words": b"/ByteRange (all)",
        "overlap": b"/ByteRange [0 %d %d %d]" % (c, b, d), "late start": b"/ByteRange [9 %d %d %d]" % (b - 9, c, d),
        "real numbers": b"/ByteRange [0.0 %d.5 %d %d]" % (b, c, d), "loop": b"/ByteRange 1 0 R",
    }  # fmt: skip
    for name, text in forged.items():
        yield name, _overridden(pdf, lambda old, text=text: re.sub(rb"/ByteRange \[[^\]]*\]", text, old))


@attack("byte range edited in place", TOUCHED)
def in_place():
    pdf = workshop.sealed()
    a, b, c, d = workshop.ranges(pdf)[-1]
    old = re.findall(rb"/ByteRange \[[^\]]*\]", pdf)[-1]
    for name, numbers in (
        ("short", (a, b, c, d - 10)), ("begins later", (a + 10, b - 10, c, d)), ("hole moved", (a, b - 200, c, d)),
        ("gap wider", (a, b, c + 50, d - 50)), ("too long", (a, b, c, d + 500)), ("all zero", (0, 0, 0, 0)),
    ):  # fmt: skip
        new = b"/ByteRange [%s" % b" ".join(b"%d" % n for n in numbers)
        place = pdf.rindex(old)
        yield name, pdf[:place] + new.ljust(len(old) - 1) + b"]" + pdf[place + len(old) :]


@attack("contents redefined", TOUCHED)
def contents():
    pdf = workshop.sealed()
    for name, text in (
        ("none", b""), ("null", b"/Contents null"), ("empty", b"/Contents <>"), ("zeros", b"/Contents <0000>"),
        ("number", b"/Contents 7"), ("words", b"/Contents (signed)"), ("half", b"/Contents <3082FFFF0609>"),
    ):  # fmt: skip
        yield name, _overridden(pdf, lambda old, text=text: re.sub(rb"/Contents <[^>]*>", text, old))


@attack("contents edited in place", DAMAGED | UNSIGNED | {"changed"})
def hole():
    """The hole is the one place no signature covers."""
    for which, pdf in (("seal", workshop.sealed()), ("leader", workshop.led())):
        _, start, end, _ = workshop.ranges(pdf)[-1]
        room = end - start - 2
        cms = workshop.taken(pdf)
        flipped = bytearray(cms)
        flipped[-5] ^= 1
        for name, content in (
            ("zeros", b""), ("cut", cms[: len(cms) // 2]), ("flipped signature", bytes(flipped)),
            ("certificate only", authority.usual().seal.der), ("text", b"chu ky so hop le"),
        ):  # fmt: skip
            hexed = content.hex().encode().ljust(room, b"0")
            yield f"{which}: {name}", pdf[: start + 1] + hexed + pdf[end - 1 :]
    pdf = workshop.sealed()
    _, start, end, _ = workshop.ranges(pdf)[-1]
    junk = pdf[start + 1 : end - 1].rstrip(b"0")
    room = end - start - 2
    yield "no hex", pdf[: start + 1] + b"zz" + pdf[start + 3 :]
    yield "closed early", pdf[: start + 1] + (junk + b"00>" + b" ").ljust(room, b" ") + pdf[end - 1 :]
    payload = (b"00> /Reason (da duyet) /Name (Nguoi Khac) /X <").ljust(room - len(junk), b"0")
    yield "keys behind", pdf[: start + 1] + junk + payload + pdf[end - 1 :]


@attack("signature wrapping", TOUCHED)
def wrapping():
    """The covered tail is moved away; between head and tail stands what nobody signed, with a range of its own."""
    for which, pdf in (("seal", workshop.sealed()), ("leader", workshop.led())):
        _, b, c, d = workshop.ranges(pdf)[-1]
        head, hexed, tail = pdf[:b], pdf[b:c], pdf[c : c + d]
        for name, evil in (
            ("objects", b"9001 0 obj\n" + EVIL + b"\nendobj\n"), ("comment", b"% nothing\n" * 40),
            ("blanks", b" " * 400), ("second file", b"\n" + workshop.letter("bare")[:4000]),
        ):  # fmt: skip
            moved = c
            for _ in range(3):  # the width of the number moves the number
                middle = b" /ByteRange [0 %d %d %d] >>\nendobj\n" % (b, moved, d) + evil
                moved = b + len(hexed) + len(middle)
            file = head + hexed + middle + tail
            number = int(re.findall(rb"(?<!\d)(\d{1,7}) 0 obj", pdf)[0])
            yield f"{which}: {name}", append(file, {number: body(pdf, number)}, root=root_of(pdf))


def _signed_with_gap(start, before, after, end):
    """The seal's true key over less than the file: the ranges begin late, leave a wider hole or end early."""
    pending, party = workshop.half_sealed(workshop.led()), authority.usual().seal
    work = pending.work
    _, b, c, d = workshop.ranges(work)[-1]
    numbers = (start, b - before - start, c + after, d - after - end)
    old = re.findall(rb"/ByteRange \[[^\]]*\]", work)[-1]
    place = work.rindex(old)
    new = (b"/ByteRange [%d %d %d %d" % numbers).ljust(len(old) - 1) + b"]"
    work = work[:place] + new + work[place + len(old) :]
    data = work[numbers[0] : numbers[0] + numbers[1]] + work[numbers[2] : numbers[2] + numbers[3]]
    der = workshop.plain(data, hashlib.sha256(data).digest(), party)
    room = c - b - 2
    return work[: b + 1] + der.hex().encode().ljust(room, b"0") + work[c - 1 :]


@attack("signed with holes", TOUCHED)
def gaps():
    """Holes that the signing program itself left: the content in them is free."""
    for name, shape in (
        ("first bytes", (20, 0, 0, 0)), ("first half", (40_000, 0, 0, 0)), ("before contents", (0, 60, 0, 0)),
        ("long before contents", (0, 5000, 0, 0)), ("behind contents", (0, 0, 40, 0)), ("last bytes", (0, 0, 0, 30)),
        ("end and trailer", (0, 0, 0, 400)), ("both sides", (0, 30, 30, 0)),
    ):  # fmt: skip
        yield name, _signed_with_gap(*shape)
