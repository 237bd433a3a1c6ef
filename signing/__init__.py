"""Ký số và kiểm tra chữ ký số: bytes in and bytes out, no table, no clock, no key of anybody.

How a document is signed (Quy chế 102 Điều 12.1), every step a pure function of its arguments. Import the module:

    draft   = prepare.prepare_draft(pdf, signer_name="", diameter_mm=36.0)            -> Prepared(pdf, places, page_amount)
    pending = begin.begin_signature(draft.pdf, certificate_der, chain, signing_time, image=None)     the leader's half
    signed  = embed.finish_signature(pending.work, pending.state, raw_signature, tsa_url="")         -> Signed(pdf, …)
    pending = begin.begin_seal(signed.pdf, number, notation, day, certificate_der, chain, signing_time, image=None)
    sealed  = embed.finish_signature(pending.work, pending.state, raw_signature, tsa_url="")   fill and seal, ONE revision
    paper   = embed.print_copy(sealed.pdf)                                       numbered, without the red seal's picture
    pending = begin.begin_attachment_seal(pdf, number, notation, certificate_der, chain, signing_time)  an annex (6.2.b)
    report  = verify.verify(pdf, trust, moment=now, online=True, expect=Expectation(…))               never raises
    report  = verdict.combine(report, [("PL1.pdf", annex_report), …])
    info    = certificates.read_certificate(der)

`signing_time` and `moment` are aware datetimes; `day` is a date; certificates are DER bytes, pictures PNG bytes.
`pending.digest` goes to the agent (`signing/agent`, messages in `protocol.py`), `pending.state` into a row. What a person
can act on is a SigningError with a Vietnamese sentence. Files nobody here has made are checked in a child process
(`check.py`). This face stays light, since the agent imports the package with nothing but the standard library.
"""

from signing.errors import (
    BadCertificate,
    BadSignature,
    BlankNotFound,
    MissingFont,
    SigningError,
    UnreadablePdf,
    WrongOrder,
)
from signing.records import (
    CertificateInfo,
    Expectation,
    Line,
    Pending,
    Place,
    Prepared,
    Report,
    SignatureReport,
    Signed,
    Trust,
)

__all__ = [
    "BadCertificate", "BadSignature", "BlankNotFound", "CertificateInfo", "Expectation", "Line", "MissingFont", "Pending", "Place",
    "Prepared", "Report", "SignatureReport", "Signed", "SigningError", "Trust", "UnreadablePdf", "WrongOrder",
]  # fmt: skip
