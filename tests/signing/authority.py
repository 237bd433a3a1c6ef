"""A certification authority in a box: certificates, lists, answers and time stamps of any shape, good and bad.

Written on bare ASN.1, so that it can also make what no honest authority would: weak hashes, wrong usages, forged
answers, dates out of order. Keys are made once for each process and shared by all that is signed in it.
"""

import functools
import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import core, crl, keys, ocsp, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from pyhanko.sign.timestamps import DummyTimeStamper

AGENCY, LEADER = "Sở Kiểm thử", "Trần Thử Nghiệm"
MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)  # when the corpora are signed; the letters are of 2026
SITE = "http://ca.thu-nghiem.example"
YEAR = timedelta(days=365)
HASHES = {
    "md5": hashes.MD5(), "sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}  # fmt: skip
_serials = itertools.count(1000)


@functools.cache
def key(kind: str, name: str = "one"):
    """A private key of this kind (rsa1024 … rsa4096, p256, p384, p521), the same one for the same name."""
    curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1, "p521": ec.SECP521R1}
    if kind in curves:
        return ec.generate_private_key(curves[kind]())
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def sign(secret, data: bytes, hash_name: str = "sha256") -> bytes:
    """PKCS#1 v1.5 or ECDSA, whatever the key is."""
    if isinstance(secret, rsa.RSAPrivateKey):
        return secret.sign(data, padding.PKCS1v15(), HASHES[hash_name])
    digest = hashlib.new(hash_name, data).digest()
    return secret.sign(digest, ec.ECDSA(Prehashed(HASHES[hash_name])))


def algorithm(secret, hash_name: str = "sha256") -> dict:
    """The name of the signature algorithm in ASN.1."""
    kind = "rsa" if isinstance(secret, rsa.RSAPrivateKey) else "ecdsa"
    return {"algorithm": f"{hash_name}_{kind}"}


@dataclass(frozen=True)
class Party:
    """Somebody with a certificate: `der` of it, its key, and who issued it (None: itself)."""

    certificate: x509.Certificate
    secret: object
    issuer: "Party | None" = None

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.dump()

    @property
    def serial(self) -> int:
        """The certificate's serial number."""
        return self.certificate.serial_number

    @property
    def chain(self) -> list[bytes]:
        """The authorities between this one and its root, which is left out."""
        found, above = [], self.issuer
        while above is not None and above.issuer is not None:
            found.append(above.der)
            above = above.issuer
        return found


def issue(
    name: str, issuer: Party | None = None, *, organisation: str = AGENCY, title: str = "", secret=None,
    start: datetime = MOMENT - YEAR, end: datetime = MOMENT + 2 * YEAR, ca: bool = False, depth: int | None = None,
    usage=None, purposes=(), hash_name: str = "sha256", lists=(), answers=(), issuers=(), more=(), subject=None,
) -> Party:  # fmt: skip
    """A certificate as described; `more` are further extensions as (id, critical, value)."""
    secret = secret or key("rsa2048", name)
    names = {"country_name": "VN", "organization_name": organisation, "common_name": name}
    if title:
        names["title"] = title
    public = secret.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    above = issuer.secret if issuer else secret
    own = subject or x509.Name.build(names)
    body = x509.TbsCertificate(
        {
            "version": "v3", "serial_number": next(_serials), "signature": algorithm(above, hash_name),
            "issuer": issuer.certificate.subject if issuer else own,
            "validity": {"not_before": _time(start), "not_after": _time(end)}, "subject": own,
            "subject_public_key_info": keys.PublicKeyInfo.load(public),
            "extensions": _extensions(
                public, ca, depth, usage, purposes, lists, answers, issuers, more, issuer
            ),
        }
    )  # fmt: skip
    made = {
        "tbs_certificate": body, "signature_algorithm": algorithm(above, hash_name),
        "signature_value": sign(above, body.dump(), hash_name),
    }  # fmt: skip
    return Party(x509.Certificate.load(x509.Certificate(made).dump()), secret, issuer)


def _extensions(public, ca, depth, usage, purposes, lists, answers, issuers, more, issuer):
    limits = {"ca": ca} | ({"path_len_constraint": depth} if depth is not None else {})
    usage = usage or ({"key_cert_sign", "crl_sign"} if ca else {"digital_signature", "non_repudiation"})
    found = [
        ("basic_constraints", True, limits),
        ("key_usage", True, set(usage)),
        ("key_identifier", False, _identifier(public)),
    ]
    if issuer is not None:
        above = issuer.certificate.key_identifier_value
        found.append(("authority_key_identifier", False, {"key_identifier": above.native}))
    if purposes:
        found.append(("extended_key_usage", "time_stamping" in purposes, list(purposes)))
    if lists:
        found.append(("crl_distribution_points", False, [_point(url) for url in lists]))
    access = [("ocsp", url) for url in answers] + [("ca_issuers", url) for url in issuers]
    if access:
        described = [{"access_method": method, "access_location": _address(url)} for method, url in access]
        found.append(("authority_information_access", False, described))
    found += more
    return [{"extn_id": name, "critical": critical, "extn_value": value} for name, critical, value in found]


def _identifier(public):
    return keys.PublicKeyInfo.load(public).sha1


def _address(url):
    return x509.GeneralName("uniform_resource_identifier", url)


def _point(url):
    return {"distribution_point": x509.DistributionPointName("full_name", [_address(url)])}


def _time(moment):
    kind = "utc_time" if moment.year < 2050 else "general_time"
    return x509.Time({kind: moment})


def revocation_list(
    issuer: Party, revoked=(), *, made: datetime = MOMENT, until: datetime | None = None, number: int = 1,
    hash_name: str = "sha256", secret=None, reason: str = "key_compromise",
) -> bytes:  # fmt: skip
    """A list of `issuer`: `revoked` are (serial, moment); signed by `secret` when another key is meant to forge it."""
    until = until or made + timedelta(days=7)
    secret = secret or issuer.secret
    entries = [
        {
            "user_certificate": serial, "revocation_date": _time(moment),
            "crl_entry_extensions": [{"extn_id": "crl_reason", "critical": False, "extn_value": reason}],
        }
        for serial, moment in revoked
    ]  # fmt: skip
    body = crl.TbsCertList(
        {
            "version": "v2", "signature": algorithm(secret, hash_name), "issuer": issuer.certificate.subject,
            "this_update": _time(made), "next_update": _time(until),
            **({"revoked_certificates": entries} if entries else {}),
            "crl_extensions": [
                {"extn_id": "crl_number", "critical": False, "extn_value": number},
                {
                    "extn_id": "authority_key_identifier", "critical": False,
                    "extn_value": {"key_identifier": issuer.certificate.key_identifier_value.native},
                },
            ],
        }
    )  # fmt: skip
    made_list = {
        "tbs_cert_list": body, "signature_algorithm": algorithm(secret, hash_name),
        "signature": sign(secret, body.dump(), hash_name),
    }  # fmt: skip
    return crl.CertificateList(made_list).dump()


def answer(
    subject: Party, responder: Party, status: str = "good", *, made: datetime = MOMENT,
    until: datetime | None = None, revoked_at: datetime | None = None, secret=None, serial: int | None = None,
) -> bytes:  # fmt: skip
    """An OCSP answer about `subject` (or another serial) by `responder`."""
    issuer, secret = subject.issuer.certificate, secret or responder.secret
    about = {
        "hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": issuer.subject.sha1,
        "issuer_key_hash": hashlib.sha1(bytes(issuer.public_key["public_key"])).digest(),
        "serial_number": subject.serial if serial is None else serial,
    }  # fmt: skip
    told = {
        "good": ("good", core.Null()), "unknown": ("unknown", core.Null()),
        "revoked": ("revoked", {"revocation_time": revoked_at, "revocation_reason": "key_compromise"}),
    }[status]  # fmt: skip
    single = {
        "cert_id": about, "cert_status": ocsp.CertStatus(*told), "this_update": made,
        "next_update": until or made + timedelta(days=1),
    }  # fmt: skip
    body = ocsp.ResponseData(
        {
            "responder_id": ocsp.ResponderId("by_key", _key_hash(responder)),
            "produced_at": made, "responses": [single],
        }
    )  # fmt: skip
    basic = ocsp.BasicOCSPResponse(
        {
            "tbs_response_data": body, "signature_algorithm": algorithm(secret),
            "signature": sign(secret, body.dump()), "certs": [responder.certificate],
        }
    )  # fmt: skip
    wrapped = {"response_type": "basic_ocsp_response", "response": basic}
    return ocsp.OCSPResponse({"response_status": "successful", "response_bytes": wrapped}).dump()


def _key_hash(party):
    return hashlib.sha1(bytes(party.certificate.public_key["public_key"])).digest()


def stamper(party: Party, moment: datetime) -> DummyTimeStamper:
    """A time-stamping authority whose clock stands at `moment`."""
    secret = party.secret.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    above = [x509.Certificate.load(der) for der in party.chain]
    return DummyTimeStamper(party.certificate, keys.PrivateKeyInfo.load(secret), above, fixed_dt=moment)


class Authority:
    """The usual cast under one root: issuer, time stamps, OCSP, a leader, a seal, and the lists that clear them."""

    def __init__(self, moment: datetime = MOMENT, name: str = "CA gốc thử nghiệm"):
        self.moment, points = moment, {"lists": [f"{SITE}/issuer.crl"], "answers": [f"{SITE}/ocsp"]}
        self.root = issue(
            name, organisation="Thử nghiệm", ca=True, start=moment - 5 * YEAR, end=moment + 15 * YEAR
        )
        self.issuer = issue(
            f"{name} cấp dưới", self.root, organisation="Thử nghiệm", ca=True, depth=0, lists=[f"{SITE}/root.crl"],
            start=moment - 3 * YEAR, end=moment + 10 * YEAR,
        )  # fmt: skip
        self.points = points
        self.tsa = self.issue("Dấu thời gian thử nghiệm", purposes=["time_stamping"])
        self.responder = self.issue(
            "OCSP thử nghiệm", purposes=["ocsp_signing"], more=[("ocsp_no_check", False, core.Null())]
        )
        self.leader = self.issue(LEADER, title="Phó Giám đốc")
        self.leader_ec = self.issue("Lê Thử Nghiệm", title="Giám đốc", secret=key("p384", "leader"))
        self.seal = self.issue(AGENCY, secret=key("p256", "seal"))

    def issue(self, name: str, **shape) -> Party:
        """A certificate of the issuing authority, with its usual places of revocation data unless told otherwise."""
        times = {"start": self.moment - YEAR, "end": self.moment + 2 * YEAR}
        return issue(name, shape.pop("issuer", self.issuer), **{**self.points, **times, **shape})

    def lists(
        self, revoked=(), made: datetime | None = None, until: datetime | None = None
    ) -> tuple[bytes, ...]:
        """Both lists, good for signatures of the corpora's moment."""
        made, until = made or self.moment + timedelta(hours=1), until or self.moment + timedelta(days=9)
        return (
            revocation_list(self.root, made=made, until=until),
            revocation_list(self.issuer, revoked, made=made, until=until),
        )


@functools.cache
def usual() -> Authority:
    """The authority of the corpora, made once for each process."""
    return Authority()
