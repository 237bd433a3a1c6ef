"""Whether one signature fits the bytes it names: byte range, digest, the signature itself, the certificate it names."""

import hashlib
import itertools
import re

from asn1crypto import parser
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from signing import certificates
from signing.reading import FAULTS

_HOLE = re.compile(rb"<[0-9A-Fa-f\s]*>")
_SEVERAL = re.compile(rb"(?:\d+\s+\d+\s+obj|startxref|trailer)")
_WRAPPING = ("/adbe.pkcs7.sha1", "/ETSI.RFC3161")


def judge(item, pdf: bytes) -> tuple[str, str]:
    """(integrity, code of the reason or ""): intact, broken, partial or unverifiable for an embedded signature."""
    numbers = _byte_range(item, len(pdf))
    if numbers is None:
        return "broken", "signature_broken"
    try:
        load_der_x509_certificate(item.signer_cert.dump()).public_key()
    except FAULTS:
        return "unverifiable", "signature_malformed"
    if _wraps_content(item):
        return "unverifiable", "signature_malformed"
    try:
        intact, genuine = _fits(item)
    except FAULTS:
        return "broken", "signature_broken"
    if not intact:
        return "broken", "signature_broken"
    if not genuine:
        return "broken", "signature_forged"
    if not _names_its_certificate(item):
        return "broken", "certificate_swapped"
    if not _covers(numbers, pdf):
        return "partial", ""
    return "intact", ""


def doubts(item) -> list[str]:
    """Codes of what is odd about a signature that fits: rubbish behind it, no certificate named where one must be."""
    found = []
    if _behind(bytes(item.pkcs7_content)).strip(b"\0"):
        found.append("container_rubbish")
    if item.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached" and not _named(item):
        found.append("certificate_not_named")
    return found


def weak_hash(item) -> str:
    """The name of an outdated hash the signature rests on, "" when there is none."""
    names = [item.md_algorithm]
    try:
        names.append(item.signer_info["signature_algorithm"].hash_algo)
    except FAULTS:
        pass  # the algorithm names none of its own
    return next((name for name in names if name in ("md2", "md5", "sha1")), "")


def _behind(content):
    try:
        return content[parser.peek(content) :]
    except FAULTS:
        return b""


def ends_a_revision(item, pdf: bytes) -> bool:
    """True when the signed part ends where a revision ends and another one follows: what follows is a change.

    Else bytes of the signed revision itself are in no signature, or loose bytes stand behind it.
    """
    end = int(item.byte_range[2]) + int(item.byte_range[3])
    return pdf[:end].rstrip().endswith(b"%%EOF") and bool(_SEVERAL.search(pdf[end:]))


def _byte_range(item, size):
    """The four numbers; None when they are no numbers or lead out of the file."""
    try:
        numbers = [int(number) for number in item.byte_range]
    except FAULTS:
        return None
    exact = all(float(number) == int(number) for number in item.byte_range)
    pairs = [(numbers[i], numbers[i] + numbers[i + 1]) for i in range(0, len(numbers) - 1, 2)]
    sound = len(numbers) >= 2 and len(numbers) % 2 == 0 and all(0 <= a <= b <= size for a, b in pairs)
    return numbers if exact and sound and all(a[1] <= b[0] for a, b in itertools.pairwise(pairs)) else None


def _covers(numbers, pdf):
    """True when everything up to the end of the range is signed but the hole, which the signature fills exactly."""
    if len(numbers) != 4 or numbers[0] != 0:
        return False
    return bool(_HOLE.fullmatch(pdf[numbers[1] : numbers[2]]))


def _wraps_content(item):
    """True for a signature said to be detached that carries content of its own: two contents, one of them unseen."""
    if item.sig_object.get("/SubFilter") in _WRAPPING:
        return False
    return item.signed_data["encap_content_info"]["content"].native is not None


def _fits(item):
    kind = item.signed_data["encap_content_info"]["content_type"].native
    digest = _digest(item, kind)
    intact, genuine = validate_sig_integrity(item.signer_info, item.signer_cert, kind, digest)
    return intact, genuine or (intact and _is_genuine_by_digest(item))


def _digest(item, kind):
    digest, wrapped = item.compute_digest(), item.signed_data["encap_content_info"]["content"]
    if kind == "tst_info":
        if wrapped.parsed["message_imprint"]["hashed_message"].native != digest:
            raise SignatureValidationError("the time stamp is of another file")
        return hashlib.new(item.md_algorithm, bytes(wrapped)).digest()
    if wrapped.native:
        if bytes(wrapped) != item.compute_digest("sha1"):  # adbe.pkcs7.sha1: the CMS wraps the file's SHA-1
            raise SignatureValidationError("the wrapped digest is not this file's")
        return hashlib.new(item.md_algorithm, bytes(wrapped)).digest()
    return digest


def _is_genuine_by_digest(item):
    """Signatures over SHA-3, and those whose algorithm names another hash than was used (the library knows neither)."""
    attributes = item.signer_info["signed_attrs"].untag().dump()
    signature, name = item.signer_info["signature"].native, item.md_algorithm
    return certificates.fits(item.signer_cert.dump(), signature, attributes, name)


def _named(item):
    """The ESS signing-certificate attribute: (name of the hash, digest) of the certificate the signer meant, or None."""
    for name in ("signing_certificate_v2", "signing_certificate"):
        try:
            named = find_unique_cms_attribute(item.signer_info["signed_attrs"], name)["certs"][0]
            kind = named["hash_algorithm"]["algorithm"].native if name.endswith("v2") else "sha1"
            return kind, named["cert_hash"].native
        except FAULTS:
            continue  # not named this way
    return None


def _names_its_certificate(item):
    """False when the certificate found is not the one the signer meant (against swapped certificates)."""
    named = _named(item)
    return named is None or _hashed(named[0], item.signer_cert.dump(), len(named[1])) == named[1]


def _hashed(name, data, length):
    made = hashlib.new(name.replace("shake128", "shake_128").replace("shake256", "shake_256"), data)
    return made.digest(length) if name.startswith("shake") else made.digest()
