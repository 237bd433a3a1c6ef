"""Where the corpora's files are signed: our own letters, the keys of `authority`, a CMS writer that can also lie.

The honest path goes through the product's own functions (`begin`, `embed`); `dishonest` puts any CMS into the hole.
"""

import base64
import functools
import hashlib
import io
import re
from datetime import timedelta
from pathlib import Path

import pikepdf
from asn1crypto import cms, core, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing import begin, embed, prepare
from signing.records import Expectation, Pending, Trust
from tests.signing import authority
from tests.signing.authority import AGENCY, Party

LETTERS = Path(__file__).parent / "letters"
NUMBER, NOTATION = 5, "BC-SKT"
DAY = authority.MOMENT.astimezone(begin.VIETNAM).date()
SEALED_AFTER, CHECKED_AFTER = timedelta(minutes=20), timedelta(hours=3)
EXPECTED = Expectation(issued_day=DAY, organisations=(AGENCY,), number=NUMBER, issued=True)
MOMENT_OF_CHECK = authority.MOMENT + CHECKED_AFTER
_RANGE = re.compile(rb"/ByteRange \[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def letter(name: str) -> bytes:
    """A fictional letter of `letters/`."""
    return (LETTERS / f"{name}.pdf").read_bytes()


@functools.cache
def trusted() -> Trust:
    """The usual root, with the lists that clear the usual certificates."""
    cast = authority.usual()
    return Trust(roots=(cast.root.der,), intermediates=(cast.issuer.der,), crls=cast.lists())


def finish(party: Party, pending: Pending, tsa_url: str = "") -> bytes:
    """The file with the party's honest signature in its hole."""
    attributes = base64.b64decode(pending.state["attributes"])
    signature = authority.sign(party.secret, attributes, pending.hash)
    return embed.finish_signature(pending.work, pending.state, signature, tsa_url).pdf


@functools.cache
def draft(name: str = "report") -> bytes:
    """A letter with its empty fields."""
    return prepare.prepare_draft(letter(name)).pdf


def half_led(pdf: bytes, party: Party | None = None, at=authority.MOMENT) -> Pending:
    """The leader's half: the file with a hole."""
    party = party or authority.usual().leader
    return begin.begin_signature(pdf, party.der, party.chain, at)


def half_sealed(led: bytes, party: Party | None = None, at=None, number: int = NUMBER, day=DAY) -> Pending:
    """The seal's half: number and date written, a hole."""
    party = party or authority.usual().seal
    at = at or authority.MOMENT + SEALED_AFTER
    return begin.begin_seal(led, number, NOTATION, day, party.der, party.chain, at)


def lead(pdf: bytes, party: Party | None = None, at=authority.MOMENT) -> bytes:
    """Signed by the leader."""
    party = party or authority.usual().leader
    return finish(party, half_led(pdf, party, at))


def seal(led: bytes, party: Party | None = None, at=None, number: int = NUMBER, day=DAY) -> bytes:
    """Numbered, dated and sealed."""
    party = party or authority.usual().seal
    return finish(party, half_sealed(led, party, at, number, day))


def sign_in(pdf: bytes, name: str, party: Party, at=authority.MOMENT) -> bytes:
    """Signed in this empty field, whatever our own order of steps says."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields = [reference.get_object() for reference in writer.root["/AcroForm"]["/Fields"]]
    field = next(item for item in fields if str(item["/T"]) == name)
    return finish(party, begin.begin_in(writer, field, party.der, party.chain, at))


@functools.cache
def led(name: str = "report") -> bytes:
    """A letter the leader has signed."""
    return lead(draft(name))


@functools.cache
def sealed(name: str = "report") -> bytes:
    """The same, numbered 05 and sealed: what an agency sends."""
    return seal(led(name))


@functools.cache
def unsealed() -> Pending:
    """The same with the seal's hole still empty."""
    return half_sealed(led())


@functools.cache
def annex() -> bytes:
    """A sealed attachment."""
    party = authority.usual().seal
    at = authority.MOMENT + SEALED_AFTER
    return finish(
        party, begin.begin_attachment_seal(letter("annex"), NUMBER, NOTATION, party.der, party.chain, at)
    )


@functools.cache
def long_draft(pages: int = 4) -> bytes:
    """The letter with further pages that differ, ready to be signed."""
    with pikepdf.open(io.BytesIO(letter("report"))) as pdf:
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        for number in range(2, pages + 1):
            page = pdf.add_blank_page(page_size=(595.3, 841.9))
            page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            words = f"BT /F1 14 Tf 80 700 Td (Trang {number}: {'noi dung ' * number}) Tj ET"
            page.Contents = pdf.make_stream(words.encode())
        out = io.BytesIO()
        pdf.save(out)
    return prepare.prepare_draft(out.getvalue()).pdf


@functools.cache
def long_sealed(pages: int = 4) -> bytes:
    """Four pages, both signatures."""
    return seal(lead(long_draft(pages)))


def redrafted(change, name: str = "report") -> bytes:
    """The prepared draft after `change(pikepdf document)` has been at it: what a dishonest author would hand in."""
    with pikepdf.open(io.BytesIO(draft(name))) as pdf:
        change(pdf)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return out.getvalue()


def ranges(pdf: bytes) -> list[tuple[int, int, int, int]]:
    """All byte ranges in the file, as they stand."""
    return [tuple(map(int, found)) for found in _RANGE.findall(pdf)]


def covered(pdf: bytes, which: int = -1) -> bytes:
    """What a byte range covers."""
    a, b, c, d = ranges(pdf)[which]
    return pdf[a : a + b] + pdf[c : c + d]


def put(work: bytes, der: bytes, which: int = -1) -> bytes:
    """The file with this CMS in the hole of a byte range, the last one unless told."""
    _, start, end, _ = ranges(work)[which]
    room = end - start - 2
    assert len(der) * 2 <= room
    return work[: start + 1] + der.hex().encode().ljust(room, b"0") + work[end - 1 :]


def taken(pdf: bytes, which: int = -1) -> bytes:
    """The CMS of a signature in the file."""
    _, start, end, _ = ranges(pdf)[which]
    return core.load(bytes.fromhex(pdf[start + 1 : end - 1].decode())).dump()


def attributes(digest: bytes, party: Party, hash_name: str = "sha256") -> list:
    """The honest signed attributes of PAdES."""
    identifier = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(party.der).digest()})
    return [
        cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
        cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
        cms.CMSAttribute(
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [identifier]})]}
        ),
    ]


def signer_info(party: Party, signed, data: bytes, hash_name: str = "sha256", **shape) -> cms.SignerInfo:
    """One signer: `signed` attributes or None, when `data` itself is signed; `shape` replaces honest parts."""
    body = cms.CMSAttributes(signed).dump() if signed is not None else data
    named = {"issuer": party.certificate.issuer, "serial_number": party.certificate.serial_number}
    info = {
        "version": "v1", "sid": cms.SignerIdentifier("issuer_and_serial_number", named),
        "digest_algorithm": {"algorithm": hash_name},
        "signature_algorithm": authority.algorithm(party.secret, hash_name),
        "signature": authority.sign(party.secret, body, shape.pop("signed_with", hash_name)),
    }  # fmt: skip
    if signed is not None:
        info["signed_attrs"] = cms.CMSAttributes(signed)
    return cms.SignerInfo(info | shape)


def container(infos, certificates, hash_name: str = "sha256", content=None, version="v1") -> bytes:
    """A CMS around signers."""
    data = {
        "version": version, "digest_algorithms": [{"algorithm": hash_name}],
        "encap_content_info": {"content_type": "data", **({"content": content} if content else {})},
        "certificates": [x509.Certificate.load(der) for der in certificates], "signer_infos": list(infos),
    }  # fmt: skip
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()


def dishonest(pending: Pending, party: Party, write) -> bytes:
    """The file signed with what `write(data, digest, party)` makes of the covered bytes."""
    data = covered(pending.work)
    return put(pending.work, write(data, hashlib.sha256(data).digest(), party))


def both_by(leader: Party, seal_of: Party) -> bytes:
    """The letter signed in the leader's place by one and in the seal's by another, whoever they are."""
    work = unsealed().work
    for place, party in ((0, leader), (-1, seal_of)):
        data = covered(work, place)
        work = put(work, plain(data, hashlib.sha256(data).digest(), party), place)
    return work


def plain(data: bytes, digest: bytes, party: Party) -> bytes:
    """An honest CMS by this writer, for the control."""
    return container([signer_info(party, attributes(digest, party), data)], [party.der, *party.chain])
