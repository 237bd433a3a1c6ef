"""Revocation lists and answers at hand: read once each, whatever their makers wrote into them, and what they may prove."""

import functools

from asn1crypto import crl, ocsp, x509
from cryptography.x509 import load_der_x509_crl

from signing.records import Trust

PARSER_FAULTS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


@functools.lru_cache(1024)
def certificate_of(der: bytes) -> x509.Certificate:
    """A certificate of the list of authorities, read once."""
    return x509.Certificate.load(der)


def may_be_revoked(certificate, others, trusted: Trust, answers: dict[str, bytes]) -> bool:
    """True when any list or answer at hand, whoever made it, speaks of a revoked certificate of this chain."""
    serials = {c.serial_number for c in (certificate, *others, *map(certificate_of, trusted.intermediates))}
    for body in (*trusted.crls, *_bodies(answers, "crl")):
        if _loaded(crl.CertificateList, body) is not None and serials & _revoked(body):
            return True
    replies = parsed(ocsp.OCSPResponse, (*trusted.ocsps, *_bodies(answers, "ocsp")))
    return any(not _is_good(reply) for reply in replies)


@functools.lru_cache(128)
def _revoked(body):
    try:
        return frozenset(entry.serial_number for entry in load_der_x509_crl(body))
    except PARSER_FAULTS:
        return frozenset()


def _is_good(reply):
    try:
        return all(one["cert_status"].name == "good" for one in reply.response_data["responses"])
    except PARSER_FAULTS:
        return True  # it says nothing


def times_of_revoked(replies) -> list:
    """When the answers that speak of a revoked certificate were made."""
    found = []
    for reply in replies:
        try:
            one = [item["this_update"].native for item in reply.response_data["responses"]]
        except PARSER_FAULTS:
            continue
        found += one if not _is_good(reply) else []
    return found


def at_hand(certificate, trusted: Trust, answers: dict[str, bytes]) -> tuple[list, list]:
    """Lists and answers that may speak for a chain, without those made after the certificate's end."""
    end = certificate.not_valid_after
    lists = parsed(crl.CertificateList, (*trusted.crls, *_bodies(answers, "crl")))
    replies = parsed(ocsp.OCSPResponse, (*trusted.ocsps, *_bodies(answers, "ocsp")))
    return (
        [item for item in lists if _before_expiry(item["tbs_cert_list"], end)],
        [item for item in replies if _answered_before(item, end)],
    )


def lack_of(path, trusted: Trust, answers: dict[str, bytes], moment) -> str:
    """Why the lists at hand are not enough: made after the certificate's end, or outdated at `moment`; else ""."""
    certificates = list(path.iter_certs(include_root=True))
    issuer, end = certificates[-2 if len(certificates) > 1 else -1], certificates[-1].not_valid_after
    found = parsed(crl.CertificateList, (*trusted.crls, *_bodies(answers, "crl")))
    own = [item["tbs_cert_list"] for item in found if item.issuer.hashable == issuer.subject.hashable]
    if own and not any(_before_expiry(item, end) for item in own):
        return "revocation_out_of_bounds"
    due = [item["next_update"].native for item in own if _before_expiry(item, end)]
    return "revocation_stale" if due and all(one is not None and one < moment for one in due) else ""


def _bodies(answers, kind):
    return [body for key, body in answers.items() if body and key.startswith(f"{kind}:")]


def parsed(kind, blobs):
    """Those of the lists or answers (`kind` of asn1crypto) that can be read."""
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
    try:
        kept = any(e["extn_id"].dotted == "2.5.29.60" for e in contents["crl_extensions"] or ())
        return kept or contents["this_update"].native <= end
    except PARSER_FAULTS:
        return False


def _answered_before(reply, end):
    try:
        if reply["response_status"].native != "successful":
            return False
        return all(item["this_update"].native <= end for item in reply.response_data["responses"])
    except PARSER_FAULTS:
        return False
