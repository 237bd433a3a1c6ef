"""Ký số và kiểm tra chữ ký số: bytes in and bytes out, no table, no clock, no key of anybody.

How a document is signed (Quy chế 102 Điều 12.1), every step a pure function of its arguments:

    draft   = prepare_draft(pdf, signer_name="", diameter_mm=36.0, picture_size=None, marks=(), placed=None)
                                                                                     -> Prepared(pdf, places, page_amount, …)
    pending = begin_signature(draft.pdf, certificate_der, chain, signing_time, image=None)          the leader's half
    signed  = finish_signature(pending.work, pending.state, raw_signature, tsa_url="")               -> Signed(pdf, …)
    pending = begin_seal(signed.pdf, number, notation, day, certificate_der, chain, signing_time, image=None)
    sealed  = finish_signature(pending.work, pending.state, raw_signature, tsa_url="")    fill and seal, ONE revision
    kept    = extend(sealed.pdf, trust, evidence, tsa_url, moment)      long-term data and document time stamp (B-LTA)
    paper   = print_copy(sealed.pdf)                                          numbered, without the red seal's picture
    pending = begin_attachment_seal(pdf, number, notation, certificate_der, chain, signing_time)      an annex (6.2.b)
    report  = verify.verify(pdf, trust, moment=now, online=True, expect=Expectation(…))              never raises
    report  = verdict.combine(report, [("PL1.pdf", annex_report), …])
    info    = read_certificate(der)

`signing_time` and `moment` are aware datetimes; `day` is a date; certificates are DER bytes, pictures PNG bytes.
`pending.digest` goes to the agent (`signing/agent`, messages in `protocol.py`), `pending.state` into a row. What a person
can act on is a SigningError with a Vietnamese sentence. Files nobody here has made are checked in a child process
(`check.py`). The functions are loaded when they are first used: the agent imports this package with nothing but the
standard library.
"""

import importlib

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

_HOMES = {
    "prepare_draft": "signing.prepare",
    "begin_signature": "signing.begin",
    "begin_seal": "signing.begin",
    "begin_attachment_seal": "signing.begin",
    "finish_signature": "signing.embed",
    "print_copy": "signing.printing",
    "read_certificate": "signing.certificates",
    "extend": "signing.archive",
    "fill_number": "signing.begin",
}


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module 'signing' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
