"""When a signature was made and whether its certificate was good then: claimed time, time stamps, chain, revocation.

The best proof of existence counts: a time stamp on the signature, else a time stamp of the whole document made later,
else what the signer's machine wrote. Revocation data is taken from the file too (DSS, Adobe's archival attribute), so
that a file with its proofs inside is checked decades later without any network.
"""

from datetime import datetime, timedelta

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.generic import parse_pdf_date
from pyhanko.sign.general import find_unique_cms_attribute
from pyhanko.sign.validation.generic_cms import (
    extract_self_reported_ts,
    extract_tst_data_iter,
    message_imprint_checker,
)

from signing import certificates, graph, lists, trust
from signing.reading import FAULTS
from signing.reasons import reason
from signing.records import Trust
from signing.words import day, who

SKEW = timedelta(minutes=10)  # between the clocks of a PC, an authority and this machine
MOST_BLOBS, LARGEST_BLOB = 400, 30_000_000


class Judge:
    """Judges the certificates and times of the signatures of one file."""

    def __init__(self, reader, trusted: Trust, moment: datetime, answers: dict, found):
        self.moment, self.answers, self.found = moment, answers, found
        certificates_inside, lists, replies = _inside(reader)
        self.trusted = Trust(
            trusted.roots, (*trusted.intermediates, *certificates_inside), trusted.tsa_roots,
            (*trusted.crls, *lists), (*trusted.ocsps, *replies), trusted.periods,
        )  # fmt: skip
        self.stamps: list[
            tuple[int, datetime]
        ] = []  # (revision it covers, moment) of proven time stamps of the document

    def judge_stamp(self, report, item) -> None:
        """A time stamp of the document: whose, and what it proves the existence of."""
        status = trust.read_stamp(item.signed_data, item.compute_digest)
        at = status["timestamp"]
        report.signed_at = report.stamped_at = at.isoformat()
        chain = self._stamp_chain(item.signer_cert, item.other_embedded_certs, at)
        _note_chain(report, chain)
        if chain.trust == "trusted" and chain.revocation == "good":
            self.stamps.append((int(item.signed_revision), at))

    def judge_signer(self, report, item) -> None:
        """A signature of a person or an office."""
        claimed, stamped = claimed_at(item), self._stamped(report, item)
        if report.integrity != "intact":
            return
        later = [at for revision, at in self.stamps if revision > int(item.signed_revision)]
        proven = stamped or min(later, default=None)
        signed_at = stamped or (
            min(claimed, *later) if claimed and later else claimed or min(later, default=None)
        )
        report.stamped_at = proven.isoformat() if proven else ""
        report.signed_at = signed_at.isoformat() if signed_at else ""
        self._doubt_clocks(report, claimed, stamped)
        certificate, others = item.signer_cert, list(item.other_embedded_certs)
        trusted = self._with_archival(item)
        chain = trust.check_chain(certificate, others, trusted, signed_at or self.moment, self.answers)
        self._take(chain)
        _note_chain(report, chain)
        report.weak = report.weak or chain.weak
        if chain.weak and not any(r.code == "weak_algorithm" for r in report.reasons):
            report.reasons.append(reason("weak_algorithm", who=who(report), algorithm="SHA-1"))
        an_authority = chain.trust != "unknown" and certificate.self_signed == "no" and certificate.ca
        if an_authority or not certificates.may_sign(certificate.dump()):
            report.reasons.append(reason("wrong_usage", who=who(report)))
        if chain.lack:
            facts = {"who": who(report), "day": day(report.revocation_as_of)}
            report.reasons.append(reason(chain.lack, **facts))
        if not proven and chain.trust == "trusted" and chain.revocation != "revoked":
            self._doubt_claimed_time(report, certificate, others, trusted)
        if chain.trust == "revoked" and not proven and chain.at and signed_at and chain.at > signed_at:
            report.trust, report.revocation = "trusted", "good"
            self._revoked_later(report, chain)

    def _doubt_clocks(self, report, claimed, stamped):
        if claimed and claimed > self.moment + SKEW and not stamped:
            report.reasons.append(reason("time_in_future", who=who(report), day=day(claimed.isoformat())))
        if claimed and stamped and claimed > stamped + timedelta(hours=1):
            report.reasons.append(reason("stamp_order", who=who(report)))
        if claimed and stamped and stamped > claimed + timedelta(days=1):
            days = day(claimed.isoformat()), day(stamped.isoformat())
            report.reasons.append(reason("stamp_late", who=who(report), claimed=days[0], stamped=days[1]))

    def _doubt_claimed_time(self, report, certificate, others, trusted):
        """Without a time stamp a revoked key could sign for yesterday: a later revocation makes a person look."""
        if not lists.may_be_revoked(certificate, others, trusted, self.answers):
            return
        at = min(self.moment, certificate.not_valid_after)
        later = trust.check_chain(certificate, others, trusted, at, self.answers)
        if later.revocation == "revoked":
            self._revoked_later(report, later)

    def _revoked_later(self, report, chain):
        report.revoked_at = chain.at.isoformat() if chain.at else ""
        code = "authority_revoked" if chain.is_authority else "revoked_later"
        report.note = "revoked_later"
        report.reasons.append(reason(code, who=who(report), day=day(report.revoked_at)))

    def _stamped(self, report, item):
        """The moment of a signature time stamp whose authority is trusted, else None."""
        for token in extract_tst_data_iter(item.signer_info, signed=False):
            try:
                status = trust.read_stamp(token, message_imprint_checker(item.signer_info))
                sound = status["intact"] and status["valid"]
            except FAULTS:
                sound = False
            if not sound:
                report.integrity, report.note = "broken", "stamp_broken"
                report.reasons.append(reason("stamp_broken", who=who(report)))
                return None
            pool = [c.chosen for c in token["certificates"] if c.name == "certificate"]
            chain = self._stamp_chain(status["signing_cert"], pool, status["timestamp"])
            if chain.trust == "trusted" and chain.revocation == "good":
                return status["timestamp"]
            report.note = "stamp_unproven"
        return None

    def _stamp_chain(self, authority, pool, at):
        believed = Trust(
            (*self.trusted.roots, *self.trusted.tsa_roots), self.trusted.intermediates, (), self.trusted.crls,
            self.trusted.ocsps, self.trusted.periods,
        )  # fmt: skip
        chain = trust.check_chain(authority, list(pool), believed, at, self.answers, {"time_stamping"})
        self._take(chain)
        return chain

    def _take(self, chain):
        self.found.wishes += chain.wishes
        self.found.evidence += chain.evidence

    def _with_archival(self, item):
        """The trust with the revocation data a signer put into his signature (Adobe's archival attribute)."""
        try:
            kept = find_unique_cms_attribute(
                item.signer_info["signed_attrs"], "adobe_revocation_info_archival"
            )
            lists = tuple(one.dump() for one in kept["crl"] or ())
            replies = tuple(one.dump() for one in kept["ocsp"] or ())
        except FAULTS:
            return self.trusted
        t = self.trusted
        return Trust(
            t.roots, t.intermediates, t.tsa_roots, (*t.crls, *lists), (*t.ocsps, *replies), t.periods
        )


def claimed_at(item):
    """The time the signer's machine wrote; /M first, since some programs label local time as UTC in the CMS."""
    try:
        stated = parse_pdf_date(item.sig_object["/M"], strict=False)
        if stated.tzinfo is not None:
            return stated
    except FAULTS:
        pass
    try:
        return extract_self_reported_ts(item.signer_info)
    except FAULTS:
        return None


def _note_chain(report, chain):
    report.trust, report.revocation = chain.trust, chain.revocation
    report.revoked_at = chain.at.isoformat() if chain.at and chain.trust == "revoked" else ""
    report.revocation_source = chain.source
    report.revocation_as_of = chain.as_of.isoformat() if chain.as_of else ""
    if chain.root:
        report.issuer = report.issuer or chain.root


def _inside(reader):
    """(certificates, lists, answers) of the document's security store, each readable, DER."""
    try:
        store = reader.root["/DSS"]
    except FAULTS:
        return (), (), ()
    kinds = (("/Certs", x509.Certificate), ("/CRLs", crl.CertificateList), ("/OCSPs", ocsp.OCSPResponse))
    return tuple(tuple(_blobs(store, key, kind)) for key, kind in kinds)


def _blobs(store, key, kind):
    try:
        items = graph.resolved(store.raw_get(key)) if key in store else ()
        for index in range(min(len(items), MOST_BLOBS)):
            body = graph.resolved(items.raw_get(index)).data
            if len(body) <= LARGEST_BLOB and _is_readable(kind, body):
                yield body
    except FAULTS:
        return


def _is_readable(kind, body):
    try:
        kind.load(body, strict=True)
    except FAULTS:
        return False
    return True
