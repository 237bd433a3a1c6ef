"""Signing and checking against plain pyHanko on the same file, in turns of one run (software keys, no network).

The clerk's full act is number, date and seal written in one revision and both signatures checked; plain pyHanko does
the same steps as its documentation shows them. Its check hashes and follows chains; ours also draws every page twice.
"""

import asyncio
import functools
import io
import logging
import sys
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from pyhanko.pdf_utils import form_tools, text
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from bench import plain, table
from signing import fonts, prepare, verify
from tests.signing import authority, genuine, workshop

ROUNDS = 15
MOMENT = authority.MOMENT + timedelta(hours=2)
logging.disable(logging.WARNING)


def in_turns(*works) -> list[float]:
    """Medians in milliseconds; the works take turns, so that a busy machine is unfair to all of them alike.

    A work that measures itself, in another process, returns its milliseconds.
    """
    taken = [[] for _ in works]
    for turn in range(ROUNDS + 2):
        for place, work in enumerate(works):
            before = time.perf_counter()
            own = work()
            once = own if isinstance(own, float) else (time.perf_counter() - before) * 1000
            if turn >= 2:  # caches are warm for everybody
                taken[place].append(once)
    return [table.middle(times) for times in taken]


def main() -> int:
    """Print the tables."""
    led, sealed, long = workshop.led(), workshop.sealed(), workshop.long_sealed(20)
    rows = [
        (
            "the clerk's act: number, date, seal, check of both",
            *in_turns(lambda: plain_act(led), lambda: our_act(led)),
        )
    ]
    rows += [("only number, date and seal", *in_turns(lambda: plain_seal(led), lambda: workshop.seal(led)))]
    rows += [
        (
            "the leader's signature",
            *in_turns(lambda: plain_lead(workshop.draft()), lambda: workshop.lead(workshop.draft())),
        )
    ]
    other = plain.Checker()
    for name, pdf in (("check of one page", sealed), ("check of twenty pages", long)):
        apart = functools.partial(other.milliseconds, pdf, workshop.trusted(), MOMENT)
        rows += [(name, *in_turns(apart, functools.partial(our_check, pdf)))]
    other.end()
    [made] = in_turns(lambda: prepare.prepare_draft(workshop.letter("report")))
    table.show(
        "Ký số và kiểm tra, hai chữ ký (mili giây, trung vị)",
        [
            ("", "pyHanko", "Văn Thư", "tỉ số"),
            *((name, f"{plain:.0f}", f"{ours:.0f}", f"{ours / plain:.2f}") for name, plain, ours in rows),
            ("prepare: find blanks, write fields", "", f"{made:.0f}", ""),
        ],
    )
    return 0


def our_act(led):
    """Number, date and seal in one revision, then our own check."""
    return our_check(workshop.seal(led))


def our_check(pdf):
    """Strict, drawn, with the lists at hand."""
    report = verify.examine(
        pdf, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}, expect=workshop.EXPECTED
    ).report
    assert report.verdict == "valid", report.sentence


def plain_act(led):
    """The same with the library alone."""
    plain_check(plain_seal(led))


@functools.cache
def _style():
    """The letter's own font, as the library embeds one."""
    places = [folder / "LiberationSerif-Regular.ttf" for folder in fonts.FOLDERS]
    face = next(place for place in places if place.exists())
    return text.TextBoxStyle(font=GlyphAccumulatorFactory(str(face)), font_size=13)


def plain_seal(led) -> bytes:
    """Fields filled and the seal's field signed in one revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(led))
    for name, words in (("so", "05"), ("ngay", "02"), ("thang", "3")):
        form_tools.populate_static_text_field(writer, name, _style(), words)
    return _signed(writer, "DauCoQuan", authority.usual().seal)


def plain_lead(draft) -> bytes:
    """One signature."""
    return _signed(IncrementalPdfFileWriter(io.BytesIO(draft)), "ChuKyLanhDao", authority.usual().leader)


def _signed(writer, name, party) -> bytes:
    meta = signers.PdfSignatureMetadata(
        field_name=name, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    signer = signers.PdfSigner(meta, genuine.plain_signer(party))
    return asyncio.run(signer.async_sign_pdf(writer)).getvalue()


def plain_check(pdf) -> None:
    """Both signatures, revocation from the same lists."""
    trust = workshop.trusted()
    plain.check(pdf, trust.roots, trust.intermediates, trust.crls, MOMENT)


if __name__ == "__main__":
    sys.exit(main())
