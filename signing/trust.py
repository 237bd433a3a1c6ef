"""Whom we believe: chains, revocation lists and answers, time stamps. The only file here that opens a socket to ask.

The check itself never fetches. It names what it needs as wishes; whoever may use the network answers them and the check
runs again. So the child process that reads hostile files has no network at all.
"""

import asyncio
import base64
import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from asn1crypto import crl, ocsp, x509
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
    ValidationError,
)
from pyhanko_certvalidator.fetchers.common_utils import format_ocsp_request
from pyhanko_certvalidator.policy_decl import AcceptAllAlgorithms

from signing.records import Trust

SECONDS = 10
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

    `trust`: trusted, unknown (no root of ours), expired, not_yet, revoked, invalid.
    `revocation`: good, revoked, unchecked. `source` names list or answer and its day; `wishes` what is missing.
    """

    trust: str = "unknown"
    revocation: str = "unchecked"
    at: datetime | None = None
    source: str = ""
    as_of: datetime | None = None
    root: str = ""
    weak: bool = False
    wishes: list[Wish] = field(default_factory=list)
    evidence: list[tuple[str, bytes]] = field(default_factory=list)


def trust_of(rows) -> Trust:
    """The authorities of an installation: rows with `der` and `role` (root, intermediate, tsa)."""
    by_role = {"root": [], "intermediate": [], "tsa": []}
    for row in rows:
        by_role[row.role].append(bytes(row.der))
    return Trust(tuple(by_role["root"]), tuple(by_role["intermediate"]), tuple(by_role["tsa"]))


def check_chain(
    certificate, others, trust: Trust, moment: datetime, answers: dict[str, bytes], usage=None
) -> Chain:
    """Check `certificate` as of `moment` against the trusted roots, with what has been fetched so far.

    1. path and dates without revocation, 2. the places of revocation data on the path, 3. again with that data,
    every certificate below the root needing a list or an answer (hard fail).
    """
    chain = Chain()
    roots = [x509.Certificate.load(der) for der in trust.roots]
    pool = [*others, *(x509.Certificate.load(der) for der in trust.intermediates)]
    if not roots:
        return chain
    path = _validate(chain, certificate, pool, roots, moment, (), (), usage)
    if path is None:
        return chain
    chain.trust = "trusted"
    root = path.first
    chain.root = root.subject.native.get("common_name") or root.subject.human_friendly
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
        return asyncio.run(validator.async_validate_usage(set(), usage))
    except RevokedError as problem:
        chain.trust, chain.revocation, chain.at = "revoked", "revoked", problem.revocation_dt
    except ExpiredError as problem:
        chain.trust, chain.at = "expired", problem.expired_dt
    except NotYetValidError as problem:
        chain.trust, chain.at = "not_yet", problem.valid_from
    except InsufficientRevinfoError:
        chain.revocation = "unchecked"
    except PathBuildingError:
        chain.trust = "unknown"
    except (DisallowedAlgorithmError, PathValidationError, ValidationError):
        chain.trust = "invalid"
    except PARSER_FAULTS:
        chain.trust = "invalid"
    return None


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
        try:
            item = kind.load(blob, strict=True)
            _ = item.native
        except PARSER_FAULTS:
            continue
        yield item


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
    return asyncio.run(validate_tst_signed_data(token, _NOBODY, imprint))


def fetch_all(wishes, answers: dict[str, bytes]) -> dict[str, bytes]:
    """Answers to the wishes that have none yet, by key; an empty one for a place that cannot be reached."""
    missing = {wish.key: wish for wish in wishes if wish.key not in answers}
    return {key: fetch(wish) or b"" for key, wish in missing.items()}


def fetch(wish: Wish) -> bytes | None:
    """The answer to a wish, within limits of time and size; None when the place cannot be reached."""
    limit = LARGEST_LIST if wish.kind == "crl" else LARGEST_ANSWER
    headers = {"Content-Type": "application/ocsp-request"} if wish.kind == "ocsp" else {}
    method, content = ("POST", wish.request) if wish.kind == "ocsp" else ("GET", None)
    try:
        with (
            httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
            client.stream(method, wish.url, content=content, headers=headers) as answer,
        ):
            if answer.status_code != 200:
                return None
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > limit:
                    return None
            return body
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return None
