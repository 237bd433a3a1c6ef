"""Honest files as agencies make them: by this product and by other programs, of every key, level, size and structure.

    for item in genuine.all_files(services): ...

`expect` is what the packet says about the file; `verdict` what an honest check answers.
"""

import asyncio
import functools
import io
from dataclasses import dataclass
from datetime import timedelta

import pikepdf
from asn1crypto import core, keys, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import archive, begin, verify
from signing.records import Expectation
from tests.signing import authority, workshop
from tests.signing.authority import AGENCY, LEADER, MOMENT, key
from tests.signing.hostile.containers import stamped, token

KEYS = ("rsa2048", "rsa3072", "rsa4096", "p256", "p384")
AFTER = MOMENT + workshop.SEALED_AFTER
SINGLE = Expectation(leader_only=True)
ANNEX = Expectation(organisations=(AGENCY,), number=workshop.NUMBER, attachment=True)


@dataclass(frozen=True)
class Genuine:
    """One honest file."""

    name: str
    pdf: bytes
    expect: Expectation = workshop.EXPECTED
    verdict: str = "valid"


@functools.cache
def leader(kind: str):
    """The leader with a key of this kind."""
    return authority.usual().issue(LEADER, title="Phó Giám đốc", secret=key(kind, "leader"))


@functools.cache
def seal(kind: str):
    """The agency with a key of this kind."""
    return authority.usual().issue(AGENCY, secret=key(kind, "agency"))


def by_key():
    """Every kind of key in both places."""
    for first in KEYS:
        led = workshop.lead(workshop.draft(), leader(first))
        for second in KEYS:
            yield Genuine(f"{first} and {second}", workshop.seal(led, seal(second)))


def by_letter():
    """The letters LibreOffice made, with and without places for number and date."""
    for name in ("report", "bare", "dotted"):
        led = workshop.lead(workshop.draft(name))
        sealed = workshop.seal(led)
        yield Genuine(f"letter {name}", sealed)
        yield Genuine(f"letter {name}, leader only", led, SINGLE)
        timed = workshop.seal(_timed(led, MOMENT))
        yield Genuine(f"letter {name}, time stamps", _timed(timed, AFTER))


def _timed(pdf, at):
    return stamped(pdf, token(pdf, at + timedelta(seconds=5)))


def by_length():
    """From one page to three hundred."""
    for pages in (2, 3, 5, 8, 12, 20, 30, 45, 60):
        yield Genuine(f"{pages} pages", workshop.long_sealed(pages))
    yield Genuine("300 pages", workshop.long_sealed(300))


def by_number():
    """Numbers and days of every width, written after the leader."""
    for number in (1, 9, 10, 42, 99, 100, 365, 1234, 9999, 12345):
        expect = Expectation(workshop.DAY, (AGENCY,), number, issued=True)
        yield Genuine(f"number {number}", workshop.seal(workshop.led(), number=number), expect)
    for month, day in ((1, 1), (2, 28), (9, 30), (10, 10), (12, 31)):
        at = MOMENT.replace(month=month, day=day)
        led = workshop.lead(workshop.draft(), at=at)
        sealed = workshop.seal(led, at=at + workshop.SEALED_AFTER, day=at.date())
        if at < MOMENT:
            yield Genuine(f"issued {day}/{month}", sealed, Expectation(at.date(), (AGENCY,), 5, issued=True))


def annexes():
    """Attachments in files of their own."""
    for kind in KEYS:
        party = seal(kind)
        pending = begin.begin_attachment_seal(
            workshop.letter("annex"), 5, workshop.NOTATION, party.der, party.chain, AFTER
        )
        yield Genuine(f"annex {kind}", workshop.finish(party, pending), ANNEX)
    yield Genuine("annex with a time stamp", _timed(workshop.annex(), AFTER), ANNEX)


def archived(services):
    """With long-term data, once and again."""
    for name in ("report", "dotted"):
        timed = _timed(workshop.seal(_timed(workshop.led(name), MOMENT)), AFTER)
        for kind, pdf in (("B-T", timed), ("B-B", workshop.sealed(name))):
            evidence = _evidence(pdf)
            once = archive.extend(
                pdf, workshop.trusted(), evidence, services.tsa(AFTER + timedelta(minutes=1)), AFTER
            )
            yield Genuine(f"{name} {kind} with data and stamp", once.pdf)
            again = archive.extend(
                once.pdf, workshop.trusted(), evidence, services.tsa(AFTER + timedelta(minutes=9)), AFTER
            )
            yield Genuine(f"{name} {kind} stamped twice", again.pdf)


def _evidence(pdf):
    return verify.examine(pdf, workshop.trusted(), moment=workshop.MOMENT_OF_CHECK, answers={}).evidence


@functools.cache
def plain_signer(party, pss=False):
    """The library's own signer."""
    secret = party.secret.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(der) for der in party.chain])
    return signers.SimpleSigner(
        signing_cert=party.certificate,
        signing_key=keys.PrivateKeyInfo.load(secret),
        cert_registry=store,
        prefer_pss=pss,
    )


def _context():
    trust = workshop.trusted()
    return ValidationContext(
        trust_roots=[x509.Certificate.load(der) for der in trust.roots],
        other_certs=[x509.Certificate.load(der) for der in trust.intermediates],
        crls=list(trust.crls), moment=MOMENT + timedelta(hours=2), allow_fetching=False,
    )  # fmt: skip


def elsewhere(
    pdf: bytes,
    name: str,
    party,
    at,
    *,
    box=None,
    page=0,
    level="B-B",
    subfilter=SigSeedSubFilter.PADES,
    pss=False,
):
    """Signed in a new field by another program (the library's own way)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    spec = fields.SigFieldSpec(name, on_page=page, box=box)
    meta = signers.PdfSignatureMetadata(
        field_name=name, subfilter=subfilter, md_algorithm="sha256", embed_validation_info=level in ("B-LT", "B-LTA"),
        use_pades_lta=level == "B-LTA", validation_context=_context() if level in ("B-LT", "B-LTA") else None,
    )  # fmt: skip
    stamper = authority.stamper(authority.usual().tsa, at + timedelta(seconds=5)) if level != "B-B" else None
    program = _Program(at, meta, plain_signer(party, pss), timestamper=stamper, new_field_spec=spec)
    return asyncio.run(program.async_sign_pdf(writer)).getvalue()


class _Program(signers.PdfSigner):
    """The library's signer on a machine whose clock stands at `at`."""

    def __init__(self, at, *given, **named):
        super().__init__(*given, **named)
        self.at = at

    def init_signing_session(self, *given, **named):
        session = super().init_signing_session(*given, **named)
        session.system_time = self.at
        return session


def unsigned(version="1.7", structure="table", pages=1) -> bytes:
    """A letter of another program: this version and structure."""
    modes = {
        "table": {"object_stream_mode": pikepdf.ObjectStreamMode.disable},
        "streams": {"object_stream_mode": pikepdf.ObjectStreamMode.generate}, "linear": {"linearize": True},
    }  # fmt: skip
    with pikepdf.open(io.BytesIO(workshop.letter("numbered"))) as pdf:
        for _ in range(pages - 1):
            pdf.pages.append(pdf.pages[0])
        out = io.BytesIO()
        pdf.save(out, force_version=version, **modes[structure])
        return out.getvalue()


BOX, SEAL_BOX = (330, 130, 480, 200), (300, 120, 400, 220)


def _pair(draft, first="B-B", second=None, **shape):
    """A leader and a seal of another program."""
    led = elsewhere(draft, "Signature1", authority.usual().leader, MOMENT, level=first, box=BOX, **shape)
    return elsewhere(led, "Signature2", authority.usual().seal, AFTER, level=second or first, box=SEAL_BOX)


def of_others():
    """Letters of other programs: versions, structures, levels, visible and invisible, one to three signers."""
    expect = Expectation(organisations=(AGENCY,), issued=True)
    for version in ("1.4", "1.5", "1.6", "1.7", "2.0"):
        for structure in ("table", "streams", "linear"):
            if (version, structure) != ("1.4", "streams"):
                yield Genuine(f"PDF {version} {structure}", _pair(unsigned(version, structure)), expect)
    for level in ("B-T", "B-LT", "B-LTA"):
        for structure in ("table", "streams"):
            yield Genuine(f"{level} {structure}", _pair(unsigned(structure=structure), level), expect)
    cast, draft = authority.usual(), unsigned()
    for kind in KEYS:
        yield Genuine(f"single {kind}", elsewhere(draft, "S", leader(kind), MOMENT, box=BOX), SINGLE)
        yield Genuine(f"single invisible {kind}", elsewhere(draft, "S", leader(kind), MOMENT), SINGLE)
    for name, more in (
        ("detached", {"subfilter": SigSeedSubFilter.ADOBE_PKCS7_DETACHED}),
        ("PSS", {"pss": True}),
    ):
        yield Genuine(f"single {name}", elsewhere(draft, "S", cast.leader, MOMENT, box=BOX, **more), SINGLE)
        yield Genuine(f"pair {name}", _pair(draft, **more), expect)
    for level in ("B-T", "B-LT", "B-LTA"):
        yield Genuine(
            f"single {level}", elsewhere(draft, "S", cast.leader, MOMENT, box=BOX, level=level), SINGLE
        )
    for version in ("1.4", "1.5", "1.6", "2.0"):
        yield Genuine(
            f"single PDF {version}", elsewhere(unsigned(version), "S", cast.leader, MOMENT, box=BOX), SINGLE
        )
    for level in ("B-B", "B-T", "B-LTA"):
        first = elsewhere(draft, "S1", cast.leader, MOMENT, level=level)
        yield Genuine(
            f"pair invisible {level}", elsewhere(first, "S2", cast.seal, AFTER, level=level), expect
        )
    for pages in (2, 7):
        yield Genuine(f"{pages} pages elsewhere", _pair(unsigned(pages=pages)), expect)
    two = elsewhere(draft, "S0", cast.leader_ec, MOMENT - timedelta(minutes=9), box=(80, 130, 200, 200))
    yield Genuine("three signers", _pair(two), expect)
    yield Genuine(
        "three signers, time stamps",
        _pair(elsewhere(draft, "S0", cast.leader_ec, MOMENT, level="B-T"), "B-T"),
        expect,
    )


def of_both():
    """Our fields and other programs' signatures, and the other way round."""
    cast = authority.usual()
    foreign = elsewhere(workshop.draft(), "Signature1", cast.leader, MOMENT, box=BOX)
    yield Genuine("leader elsewhere, sealed by us", workshop.seal(foreign))
    numbered = begin.fill_number(workshop.led(), workshop.NUMBER, workshop.NOTATION, workshop.DAY)
    yield Genuine(
        "numbered by us, sealed elsewhere", elsewhere(numbered, "Signature2", cast.seal, AFTER, box=SEAL_BOX)
    )
    numbered = begin.fill_number(foreign, workshop.NUMBER, workshop.NOTATION, workshop.DAY)
    yield Genuine(
        "both elsewhere, numbered by us", elsewhere(numbered, "Signature2", cast.seal, AFTER, box=SEAL_BOX)
    )
    yield Genuine(
        "open lengths", workshop.put(workshop.sealed(), indefinite(workshop.taken(workshop.sealed())))
    )
    late = workshop.dishonest(workshop.unsealed(), cast.seal, workshop.plain)
    yield Genuine("another library's container", late)


def indefinite(der: bytes) -> bytes:
    """The same container with an open length, as some libraries write it."""
    return b"\x30\x80" + core.Sequence.load(der).contents + b"\0\0"


def all_files(services):
    """Every file, as they are made."""
    for part in (by_key, by_letter, by_length, by_number, annexes, of_others, of_both):
        yield from part()
    yield from archived(services)
