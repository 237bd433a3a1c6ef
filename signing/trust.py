"""Whom we believe: chains, revocation lists and answers, time stamps. The only file here that opens a socket to ask.

The check itself never fetches. It names what it needs as wishes; whoever may use the network answers them and the check
runs again. So the child process that reads hostile files has no network at all.
"""

import asyncio
import base64
import functools
import hashlib
import ipaddress
import itertools
import socket
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from asn1crypto import crl, ocsp, x509
from cryptography.x509 import load_der_x509_crl
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

from signing.records import Trust

SECONDS, WHOLE_SECONDS = 10, 60  # for each step of an answer, and for all of it
LARGEST_LIST, LARGEST_ANSWER = 30_000_000, 200_000
_NOBODY = ValidationContext(trust_roots=[])
WEAK = ("md2", "md5", "sha1")
PARSER_FAULTS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


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
    `is_authority`: not the signer's certificate is revoked but one above it.
    """

    trust: str = "unknown"
    revocation: str = "unchecked"
    at: datetime | None = None
    source: str = ""
    as_of: datetime | None = None
    root: str = ""
    weak: bool = False
    is_authority: bool = False
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

    1. path and dates without revocation, 2. the places of revocation data on the path, 3. again with that data,
    every certificate below the root needing a list or an answer (hard fail).
    """
    chain = Chain()
    roots = [_certificate(der) for der in trust.roots if _counts(der, trust.periods, moment)]
    pool = [*others, *map(_certificate, trust.intermediates)]
    if not roots:
        return chain
    path = _validate(chain, certificate, pool, roots, moment, (), (), usage)
    if path is None:
        return chain
    chain.trust = "trusted"
    root = path.first
    chain.root = root.subject.native.get("common_name") or root.subject.human_friendly
    chain.evidence += [("certificate", c.dump()) for c in path.iter_certs(include_root=True)]
    chain.weak = any(c.hash_algo in WEAK for c in path.iter_certs(include_root=False))
    lists, replies = _collect(chain, path, trust, answers)
    if not lists and not replies:
        return chain
    after = _validate(chain, certificate, pool, roots, moment, lists, replies, usage, revocation=True)
    if after is not None:
        chain.revocation = "good"
        chain.wishes = []
    return chain


def _validate(chain, certificate, pool, roots, moment, lists, replies, usage, revocation=False):
    context = ValidationContext(
        trust_roots=roots,
        other_certs=pool,
        moment=moment,
        crls=lists,
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
        chain.revocation = "unchecked"
    except PathBuildingError:
        chain.trust = "unknown"
    except InvalidCertificateError:
        chain.trust = "unknown" if certificate.self_signed != "no" else "invalid"
    except (DisallowedAlgorithmError, PathValidationError, ValidationError):
        chain.trust = "invalid"
    except PARSER_FAULTS:
        chain.trust = "unclear"
    return None


@functools.lru_cache(1024)
def _certificate(der):
    return x509.Certificate.load(der)


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


def _collect(chain, path, trust, answers):
    """Lists and answers that may speak for this path; what is not there becomes a wish."""
    lists, replies = (
        list(_parsed(crl.CertificateList, trust.crls)),
        list(_parsed(ocsp.OCSPResponse, trust.ocsps)),
    )
    certificates = list(path.iter_certs(include_root=True))
    end = certificates[-1].not_valid_after
    for issuer, certificate in itertools.pairwise(certificates):
        _ask_in_turn(chain, issuer, certificate, answers, lists, replies)
    lists = [item for item in lists if _before_expiry(item["tbs_cert_list"], end)]
    replies = [item for item in replies if _answered_before(item, end)]
    _name_source(chain, lists, replies)
    return lists, replies


def _ask_in_turn(chain, issuer, certificate, answers, lists, replies):
    """One place after the other, lists first (one serves many certificates); an empty answer is a place that failed."""
    for wish in _places(issuer, certificate):
        if wish.key not in answers:
            chain.wishes.append(wish)
            return
        kind, into = (crl.CertificateList, lists) if wish.kind == "crl" else (ocsp.OCSPResponse, replies)
        found = list(_parsed(kind, (answers[wish.key],)))
        into.extend(found)
        if found:
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


def _parsed(kind, blobs):
    for blob in blobs:
        item = _loaded(kind, blob)
        if item is not None:
            yield item


@functools.lru_cache(128)
def _loaded(kind, blob):
    """A list or answer, None when it cannot be read: each is read once, however many certificates it speaks of."""
    try:
        item = kind.load(blob, strict=True)
        if kind is crl.CertificateList:
            contents = item["tbs_cert_list"]
            _ = (
                contents["this_update"].native,
                contents["next_update"].native,
                item.issuer.native,
                item.critical_extensions,
            )
            load_der_x509_crl(blob)
        else:
            _ = item.native
    except PARSER_FAULTS:
        return None
    return item


def _before_expiry(contents, end):
    """A list made after the certificate's end may have dropped it, so it proves nothing (unless it keeps expired ones)."""
    kept = any(e["extn_id"].dotted == "2.5.29.60" for e in contents["crl_extensions"] or ())
    return kept or contents["this_update"].native <= end


def _answered_before(reply, end):
    if reply["response_status"].native != "successful":
        return False
    responses = reply.response_data["responses"]
    return all(item["this_update"].native <= end for item in responses)


def _name_source(chain, lists, replies):
    for item in lists:
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
