"""Mutations by the seed: bytes, ranges, rows of the table, whole objects. Few by themselves; `bin/torture v1` makes 12,000."""

import re
import time

import pytest
from faults import tier

from signing import verify
from tests.signing import workshop
from tests.signing.revisions import append, body

SHARE, SECONDS = tier.size(8), 20


def flip(pdf, dice):
    """One bit."""
    place = dice.randrange(len(pdf))
    return pdf[:place] + bytes([pdf[place] ^ (1 << dice.randrange(8))]) + pdf[place + 1 :]


def cut(pdf, dice):
    """A stretch taken out."""
    place = dice.randrange(len(pdf) - 300)
    return pdf[:place] + pdf[place + dice.randrange(1, 300) :]


def put_in(pdf, dice):
    """A stretch from elsewhere put in."""
    source, place = dice.randrange(len(pdf) - 300), dice.randrange(len(pdf))
    return pdf[:place] + pdf[source : source + dice.randrange(1, 300)] + pdf[place:]


def row(pdf, dice):
    """A row of a table leads elsewhere."""
    rows = list(re.finditer(rb"\d{10} 00000 n", pdf))
    one = dice.choice(rows)
    return pdf[: one.start()] + b"%010d" % dice.randrange(len(pdf)) + pdf[one.start() + 10 :]


def restate(pdf, dice):
    """An object gets the body of another in a revision behind."""
    numbers = sorted({int(number) for number in re.findall(rb"(?<!\d)(\d{1,4}) 0 obj\s", pdf)})
    one, other = dice.sample(numbers, 2)
    return append(pdf, {one: body(pdf, other)})


def alter(pdf, dice):
    """A number or name in an object is another in a revision behind."""
    numbers = sorted({int(number) for number in re.findall(rb"(?<!\d)(\d{1,4}) 0 obj\s", pdf)})
    number = dice.choice(numbers)
    words = bytearray(body(pdf, number))
    spots = [place for place, byte in enumerate(words[:400]) if 48 <= byte <= 57 or 65 <= byte <= 90]
    if not spots:
        return flip(pdf, dice)
    place = dice.choice(spots)
    words[place] = dice.choice(b"0123456789") if words[place] < 65 else dice.choice(b"ABCDEFGHKLMNPRSTVXY")
    return append(pdf, {number: bytes(words)})


def meaning(pdf):
    """The file with its holes as their bytes: digits of another case are the same signature."""
    return re.sub(rb"<[0-9A-Fa-f]{2000,}>", lambda found: found.group().lower(), pdf)


@pytest.mark.parametrize(
    "change", [flip, cut, put_in, row, restate, alter], ids=lambda change: change.__name__
)
def test_v1_mutations_are_never_valid(change):
    bases = [workshop.sealed(), workshop.long_sealed(), workshop.sealed("bare")]
    dice = tier.chance(change.__name__)
    for turn in range(SHARE):
        base = dice.choice(bases)
        pdf = change(base, dice)
        if meaning(pdf) == meaning(base):
            continue
        before = time.process_time()
        report = verify.examine(
            pdf, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}, expect=workshop.EXPECTED
        ).report
        assert report.verdict != "valid", (change.__name__, turn)
        assert report.reasons, (change.__name__, turn)
        assert time.process_time() - before < SECONDS, (change.__name__, turn)
    tier.counted("V1", SHARE)
