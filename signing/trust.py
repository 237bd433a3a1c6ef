"""Whom we believe: chains, revocation lists and answers, time stamps. The only file here that opens a socket to ask.

The check itself never fetches. It names what it needs as wishes; whoever may use the network answers them and the check
runs again. So the child process that reads hostile files has no network at all.
"""

import asyncio
import base64
import hashlib
import ipaddress
import itertools
import socket
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from asn1crypto import crl, ocsp
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers.common_utils import format_ocsp_request
from pyhanko_certvalidator.policy_decl import AcceptAllAlgorithms

from signing import lists
from signing.records import Trust

SECONDS, WHOLE_SECONDS = 10, 60  # for each step of an answer, and for all of it
LARGEST_LIST, LARGEST_ANSWER = 30_000_000, 200_000
_NOBODY = ValidationContext(trust_roots=[])
WEAK = ("md2", "md5", "sha1")


@dataclass(frozen=True)
class Wish:
    """Something to fetch: `kind` crl or ocsp, its address, and for ocsp the request to post."""

    kind: str
    url: str
    request: bytes = b""

    @property
    def key(self) -> str:
        """The name under which the answer is handed back."""
        return f"{self.kind}:{self.url}:{hashlib.sha256(self.request).hexdigest()[:16]}"

    def to_dict(self) -> dict:
        """Plain data for JSON."""
        return {"kind": self.kind, "url": self.url, "request": base64.b64encode(self.request).decode()}

    @classmethod
    def from_dict(cls, data: dict) -> "Wish":
        """The wish from its plain data."""
        return cls(data["kind"], data["url"], base64.b64decode(data["request"]))


@dataclass
class Chain:
    """What is known of one certificate's chain.

    `trust`: trusted, unknown (no root of ours), expired, not_yet, revoked, invalid, unclear (could not be built).
    `revocation`: good, revoked, unchecked. `source` names list or answer and its day; `wishes` what is missing;
    `is_authority`: not the signer's certificate is revoked but one above it; `lacks_proof`: the data at hand was not enough,
    `lack`: the code of why, where more is known than that there is none.
    """

    trust: str = "unknown"
    revocation: str = "unchecked"
    at: datetime | None = None
    source: str = ""
    as_of: datetime | None = None
    root: str = ""
    weak: bool = False
    is_authority: bool = False
    lacks_proof: bool = False
    lack: str = ""
    wishes: list[Wish] = field(default_factory=list)
    evidence: list[tuple[str, bytes]] = field(default_factory=list)


def trust_of(rows) -> Trust:
    """The authorities of an installation: rows with `der`, `sha256`, `role` (root, intermediate, tsa) and the period."""
    by_role, periods = {"root": [], "intermediate": [], "tsa": []}, []
    for row in rows:
        by_role[row.role].append(bytes(row.der))
        since, until = getattr(row, "valid_from", None), getattr(row, "valid_until", None)
        if since or until:
            periods.append(
                (row.sha256, since.isoformat() if since else "", until.isoformat() if until else "")
            )
    return Trust(
        tuple(by_role["root"]), tuple(by_role["intermediate"]), tuple(by_role["tsa"]), periods=tuple(periods)
    )


def check_chain(
    certificate, others, trust: Trust, moment: datetime, answers: dict[str, bytes], usage=None
) -> Chain:
    """Check `certificate` as of `moment` against the trusted roots, with what has been fetched so far.

    First with all revocation data at hand, every certificate below the root needing a list or an answer (hard fail).
    Where that is not enough: path and dates alone, the places of revocation data on the path as wishes, and once more.
    """
    chain = Chain()
    roots = [lists.certificate_of(der) for der in trust.roots if _counts(der, trust.periods, moment)]
    pool = [*others, *map(lists.certificate_of, trust.intermediates)]
    if not roots:
        return chain
    crls, replies = lists.at_hand(certificate, trust, answers)
    is_revoked_later = False
    if crls or replies:
        path = _validate(chain, certificate, pool, roots, moment, crls, replies, usage, revocation=True)
        if path is not None:
            chain.trust, chain.revocation = "trusted", "good"
            _note_path(chain, path, crls, replies)
        elif chain.revocation == "revoked":
            _name_source(chain, crls, replies)
        if path is not None or chain.trust != "unknown" or not chain.lacks_proof:
            return chain
        is_revoked_later = _is_revoked_later(certificate, pool, roots, moment, crls, replies, usage)
    path = _validate(chain, certificate, pool, roots, moment, (), (), usage)
    if path is None:
        return chain
    chain.trust = "trusted"
    _note_path(chain, path, crls, replies)
    if is_revoked_later:
        chain.revocation = "good"
        return chain
    chain.lack = lists.lack_of(path, trust, answers, moment)
    for issuer, one in itertools.pairwise(path.iter_certs(include_root=True)):
        _ask_in_turn(chain, issuer, one, answers)
    return chain


def _is_revoked_later(certificate, pool, roots, moment, crls, replies, usage):
    """True when an answer says the signer's certificate was revoked only after `moment`, so it was good then.

    The library takes such an answer for no answer; asked as of the answer's own time it checks and believes it.
    """
    found = [made for made in lists.times_of_revoked(replies) if made > moment]
    if not found:
        return False
    later = Chain()
    _validate(later, certificate, pool, roots, max(found), crls, replies, usage, revocation=True)
    return (
        later.revocation == "revoked"
        and not later.is_authority
        and later.at is not None
        and later.at > moment
    )


def _note_path(chain, path, crls, replies):
    """What the path tells of itself, and the data it rests on as evidence."""
    certificates = list(path.iter_certs(include_root=True))
    chain.root = path.first.subject.native.get("common_name") or path.first.subject.human_friendly
    chain.weak = any(c.hash_algo in WEAK for c in path.iter_certs(include_root=False))
    chain.evidence += [("certificate", c.dump()) for c in certificates]
    names = {c.subject.hashable for c in certificates}
    _name_source(chain, [item for item in crls if item.issuer.hashable in names], replies)


def _validate(chain, certificate, pool, roots, moment, crls, replies, usage, revocation=False):
    context = ValidationContext(
        trust_roots=roots,
        other_certs=pool,
        moment=moment,
        crls=crls,
        ocsps=replies,
        revocation_mode="require" if revocation else "soft-fail",
        retroactive_revinfo=True,
        algorithm_usage_policy=AcceptAllAlgorithms(),
    )
    validator = CertificateValidator(certificate, intermediate_certs=pool, validation_context=context)
    try:
        return _run(validator.async_validate_usage(set(), usage))
    except RevokedError as problem:
        chain.trust, chain.revocation, chain.at = "revoked", "revoked", problem.revocation_dt
        chain.is_authority = problem.is_ee_cert is False
    except ExpiredError as problem:
        chain.trust, chain.at = "expired", problem.expired_dt
    except NotYetValidError as problem:
        chain.trust, chain.at = "not_yet", problem.valid_from
    except InsufficientRevinfoError:
        chain.revocation, chain.lacks_proof = "unchecked", True
    except PathBuildingError:
        chain.trust = "unknown"
    except InvalidCertificateError:
        chain.trust = "unknown" if certificate.self_signed != "no" else "invalid"
    except (DisallowedAlgorithmError, PathValidationError, ValidationError):
        chain.trust = "invalid"
    except lists.PARSER_FAULTS:
        chain.trust = "unclear"
    return None


def _counts(der, periods, moment):
    """True unless the list of authorities trusts this root for other times only."""
    name = hashlib.sha256(der).hexdigest()
    for sha256, since, until in periods:
        if sha256 == name:
            begun = not since or datetime.fromisoformat(since) <= moment
            return begun and (not until or moment < datetime.fromisoformat(until))
    return True


def with_evidence(trust: Trust, evidence) -> Trust:
    """The trust together with what an earlier check rested on, to repeat it without any network."""
    kept = {"crl": [], "ocsp": [], "certificate": []}
    for kind, body in evidence:
        kept[kind].append(body)
    return replace(
        trust,
        intermediates=(*trust.intermediates, *kept["certificate"]),
        crls=(*trust.crls, *kept["crl"]),
        ocsps=(*trust.ocsps, *kept["ocsp"]),
    )


def _ask_in_turn(chain, issuer, certificate, answers):
    """One place after the other, lists first (one serves many certificates); an empty answer is a place that failed."""
    for wish in _places(issuer, certificate):
        if wish.key not in answers:
            chain.wishes.append(wish)
            return
        kind = crl.CertificateList if wish.kind == "crl" else ocsp.OCSPResponse
        if list(lists.parsed(kind, (answers[wish.key],))):
            return


def _places(issuer, certificate):
    for place in certificate.crl_distribution_points:
        if _is_web(place.url):
            yield Wish("crl", place.url)
    for url in certificate.ocsp_urls:
        if _is_web(url):
            request = format_ocsp_request(
                certificate, AuthorityWithCert(issuer), certid_hash_algo="sha1", request_nonces=False
            )
            yield Wish("ocsp", url, request.dump())


def _is_web(url):
    return isinstance(url, str) and url.lower().startswith(("http://", "https://")) and len(url) < 500


def _name_source(chain, crls, replies):
    for item in crls:
        chain.evidence.append(("crl", item.dump()))
        made = item["tbs_cert_list"]["this_update"].native
        if chain.as_of is None or made > chain.as_of:
            chain.as_of, chain.source = made, "danh sách thu hồi"
    for item in replies:
        chain.evidence.append(("ocsp", item.dump()))
        made = item.response_data["produced_at"].native
        if chain.as_of is None or made > chain.as_of:
            chain.as_of, chain.source = made, "trả lời OCSP"


def read_stamp(token, imprint) -> dict:
    """A time stamp token by itself: `intact`, `valid`, `timestamp`, `signing_cert`; trust is judged by check_chain."""
    return _run(validate_tst_signed_data(token, _NOBODY, imprint))


def _run(work):
    """The outcome of work that only looks asynchronous (nothing is fetched on the way), without a loop for each."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    return asyncio.run(_end(work))


async def _end(work):
    work.close()
    raise ValidationError("the check wanted to wait for something")


def fetch_all(wishes, answers: dict[str, bytes], allowed=None, inside=None) -> dict[str, bytes]:
    """Answers to the wishes that have none yet, by key; an empty one for a place that cannot be reached."""
    missing = {wish.key: wish for wish in wishes if wish.key not in answers}
    return {key: fetch(wish, allowed, inside) or b"" for key, wish in missing.items()}


def may_ask(url: str, allowed: frozenset[str] | None) -> bool:
    """True when the list (entries «host», «host:port», «host:*») holds this address; None is a list of everything."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https") or not host:
        return False
    if allowed is None:
        return True
    return f"{host}:{port}" in allowed or f"{host}:*" in allowed or (port in (80, 443) and host in allowed)


def fetch(
    wish: Wish, allowed: frozenset[str] | None = None, inside: frozenset[str] | None = None
) -> bytes | None:
    """The answer to a wish, within limits of time and size; None when the place cannot be reached.

    `allowed`: hosts that may be asked (None: any); `inside`: those of them that may stand in a network of our own, any
    other that turns out to be there is not asked (None: no difference is made).
    """
    if not may_ask(wish.url, allowed):
        return None
    limit = LARGEST_LIST if wish.kind == "crl" else LARGEST_ANSWER
    headers = {"Content-Type": "application/ocsp-request"} if wish.kind == "ocsp" else {}
    method, content = ("POST", wish.request) if wish.kind == "ocsp" else ("GET", None)
    try:
        if inside is not None and not may_ask(wish.url, inside) and _is_inside(wish.url):
            return None
        with (
            httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream(method, wish.url, content=content, headers=headers) as answer,
        ):
            return _body(answer, limit, time.monotonic() + WHOLE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return None


def _body(answer, limit, deadline):
    if answer.status_code != 200:
        return None
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > limit or time.monotonic() > deadline:
            return None
    return bytes(body)


def _is_inside(url):
    """True when the name of a host leads into a network of our own."""
    parts = urlsplit(url)
    found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    return any(not ipaddress.ip_address(entry[4][0].partition("%")[0]).is_global for entry in found)
