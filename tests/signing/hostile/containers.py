"""The CMS: algorithms confused or weak, attributes missing or doubled, time stamps that are somebody else's."""

import asyncio
import hashlib
from datetime import timedelta

from asn1crypto import algos, cms, core, x509

from tests.signing import authority, workshop
from tests.signing.hostile import DAMAGED, INTACT, attack

EITHER = ("invalid", "look")
BAD = DAMAGED | INTACT  # a signature that holds, of a kind we do not accept


def sealed_with(write, party=None):
    """The letter whose seal is what `write(data, digest, party)` makes."""
    party = party or authority.usual().seal
    return workshop.dishonest(workshop.unsealed(), party, write)


def _weak_party(secret, hash_name="sha256"):
    cast = authority.usual()
    return cast.issue(authority.AGENCY, secret=secret, hash_name=hash_name)


def _of(hash_name, **shape):
    def write(data, _, party):
        digest = hashlib.new(hash_name, data).digest()
        info = workshop.signer_info(party, workshop.attributes(digest, party), data, hash_name, **shape)
        return workshop.container([info], [party.der, *party.chain], hash_name)

    return write


@attack("weak algorithms", BAD, EITHER)
def weak():
    strong = authority.usual().seal
    rsa = _weak_party(authority.key("rsa2048", "seal"))
    for name in ("md5", "sha1"):
        yield f"{name} with RSA", sealed_with(_of(name), rsa)
    yield "sha1 with ECDSA", sealed_with(_of("sha1"), strong)
    small = authority.issue(
        authority.AGENCY,
        authority.usual().issuer,
        secret=authority.key("rsa1024"),
        **authority.usual().points,
    )
    yield "RSA of 1024 bits", workshop.dishonest(workshop.unsealed(), small, workshop.plain)
    for name in ("md5", "sha1"):
        yield (
            f"certificate signed over {name}",
            sealed_with(workshop.plain, _weak_party(authority.key("p256", name), name)),
        )
    yield "digest by sha1, signature by sha256", sealed_with(_mixed("sha1", "sha256"), rsa)
    yield "digest by sha256, signature by sha1", sealed_with(_mixed("sha256", "sha1"), rsa)


def _mixed(digest_name, signature_name):
    def write(data, _, party):
        digest = hashlib.new(digest_name, data).digest()
        info = workshop.signer_info(
            party, workshop.attributes(digest, party), data, digest_name, signed_with=signature_name,
            signature_algorithm=authority.algorithm(party.secret, signature_name),
        )  # fmt: skip
        return workshop.container([info], [party.der, *party.chain], digest_name)

    return write


@attack("algorithms confused", DAMAGED)
def confused():
    yield (
        "RSA named, ECDSA signed",
        sealed_with(_of("sha256", signature_algorithm={"algorithm": "sha256_rsa"})),
    )
    yield (
        "PSS named",
        sealed_with(
            _of("sha256", signature_algorithm=algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss"}))
        ),
    )
    yield "Ed25519 named", sealed_with(_of("sha256", signature_algorithm={"algorithm": "ed25519"}))
    yield "DSA named", sealed_with(_of("sha256", signature_algorithm={"algorithm": "sha256_dsa"}))
    yield "digest of another length", sealed_with(_of("sha256", digest_algorithm={"algorithm": "sha512"}))
    yield "no signature", sealed_with(_of("sha256", signature=b""))
    yield "zeros", sealed_with(_of("sha256", signature=bytes(70)))
    yield "r and s zero", sealed_with(_of("sha256", signature=bytes.fromhex("3006020100020100")))
    yield "unknown algorithm", sealed_with(_of("sha256", digest_algorithm={"algorithm": "1.2.3.4"}))
    yield "shake", sealed_with(_of("sha256", digest_algorithm={"algorithm": "shake256"}))


def _with(change):
    """Honest signed attributes after `change`, honestly signed."""

    def write(data, digest, party):
        signed = change(workshop.attributes(digest, party), digest, party)
        info = workshop.signer_info(party, signed, data)
        return workshop.container([info], [party.der, *party.chain])

    return write


def _dropped(kind):
    return lambda signed, *_: [one for one in signed if one["type"].native != kind]


def _digest_again(signed, *_):
    return [*signed, cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]})]


def _all_twice(signed, *_):
    return [*signed, *signed]


def _other_type(signed, *_):
    return [cms.CMSAttribute({"type": "content_type", "values": ["signed_data"]}), *signed[1:]]


def _wrong_digest(signed, *_):
    return [signed[0], cms.CMSAttribute({"type": "message_digest", "values": [bytes(32)]}), signed[2]]


def _two_digests(signed, digest, _):
    return [signed[0], cms.CMSAttribute({"type": "message_digest", "values": [digest, bytes(32)]}), signed[2]]


def _other_certificate(signed, digest, _):
    return workshop.attributes(digest, authority.usual().leader)


@attack("signed attributes", BAD, EITHER)
def attributes():
    for name, change in (
        ("no content type", _dropped("content_type")), ("other content type", _other_type),
        ("two message digests", _digest_again), ("two values", _two_digests), ("all twice", _all_twice),
        ("certificate of another", _other_certificate),
    ):  # fmt: skip
        yield name, sealed_with(_with(change))
    for name, change in (
        ("no message digest", _dropped("message_digest")), ("digest of nothing", _wrong_digest), ("none at all", lambda *_: []),
    ):  # fmt: skip
        yield name, sealed_with(_with(change)), {"integrity": DAMAGED, "verdicts": {"invalid"}}
    yield "no certificate named", sealed_with(_with(_dropped("signing_certificate_v2"))), {"integrity": BAD}


def _digest_only(data, digest, party):
    """Signs the digest without attributes; the attributes' DER may be taken for a document and back."""
    return workshop.container([workshop.signer_info(party, None, digest)], [party.der, *party.chain])


def _attributes_as_content(data, digest, party):
    signed = workshop.attributes(digest, party)
    info = workshop.signer_info(party, signed, data)
    honest = cms.CMSAttributes(signed).dump()
    del info["signed_attrs"]
    return workshop.container([info], [party.der, *party.chain], content=core.OctetString(honest).native)


def _two_signers(data, digest, party):
    leader = authority.usual().leader
    infos = [workshop.signer_info(one, workshop.attributes(digest, one), data) for one in (party, leader)]
    return workshop.container(infos, [party.der, leader.der, *party.chain])


def _no_signer(data, digest, party):
    return workshop.container([], [party.der, *party.chain])


def _no_certificate(data, digest, party):
    return workshop.container([workshop.signer_info(party, workshop.attributes(digest, party), data)], [])


def _stranger_inside(data, digest, party):
    """The certificate of the seal, the key of somebody else."""
    stranger = authority.Party(party.certificate, authority.key("p256", "stranger"), party.issuer)
    return workshop.plain(data, digest, stranger)


def _same_name(data, digest, party):
    """A certificate of the seal's name and number with the attacker's key, before and after the true one."""
    fake = authority.issue(authority.AGENCY, secret=authority.key("p256", "stranger"))
    own = x509.TbsCertificate.load(fake.certificate["tbs_certificate"].dump())
    own["serial_number"], own["issuer"] = party.serial, party.certificate.issuer
    made = {
        "tbs_certificate": own,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature_value": authority.sign(fake.secret, own.dump()),
    }
    forged = authority.Party(x509.Certificate.load(x509.Certificate(made).dump()), fake.secret)
    info = workshop.signer_info(forged, workshop.attributes(digest, forged), data)
    return workshop.container([info], [forged.der, party.der, *party.chain])


def _enveloped(data, digest, party):
    return cms.ContentInfo(
        {"content_type": "data", "content": core.OctetString(workshop.plain(data, digest, party))}
    ).dump()


@attack("containers", DAMAGED | INTACT, EITHER)
def containers():
    for name, write in (
        ("digest signed without attributes", _digest_only), ("attributes as content", _attributes_as_content),
        ("no signer", _no_signer), ("key of a stranger", _stranger_inside), ("certificate of the same name", _same_name),
        ("plain data", _enveloped), ("no certificate", _no_certificate), ("two signers", _two_signers),
    ):  # fmt: skip
        yield name, sealed_with(write)
    yield (
        "rubbish behind",
        sealed_with(lambda *all_: workshop.plain(*all_) + b"\x04\x02hi"),
        {"verdicts": {"invalid", "look"}},
    )


def stamped(pdf, token):
    """The file with this time stamp in its last signature."""
    content = cms.ContentInfo.load(workshop.taken(pdf))
    info = content["content"]["signer_infos"][0]
    info["unsigned_attrs"] = cms.CMSAttributes(
        [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
    )
    return workshop.put(pdf, content.dump())


def token(pdf, at, party=None, imprint=None):
    """A time stamp for the last signature of the file."""
    cast = authority.usual()
    maker = authority.stamper(party or cast.tsa, at)
    info = cms.ContentInfo.load(workshop.taken(pdf))["content"]["signer_infos"][0]
    digest = imprint or hashlib.sha256(info["signature"].native).digest()
    return asyncio.run(maker.async_timestamp(digest, "sha256"))


@attack("time stamps", INTACT | DAMAGED, ("invalid", "look", "unchecked"))
def time_stamps():
    """A stamp is believed only when it is of this signature and of an authority we trust."""
    cast, pdf = authority.usual(), workshop.sealed()
    after = cast.moment + workshop.SEALED_AFTER
    yield "of another signature", stamped(pdf, token(pdf, after, imprint=bytes(32)))
    yield "of another day", stamped(pdf, token(pdf, after + timedelta(days=2)))
    broken = token(pdf, after).dump()
    yield "broken", stamped(pdf, cms.ContentInfo.load(broken[:-6] + bytes(6)))
