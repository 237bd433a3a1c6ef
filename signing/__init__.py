"""Ký số và kiểm tra chữ ký số: the face of the package, bytes in and bytes out, no table, no clock, no key.

How a document is signed (Quy chế 102 Điều 12.1), every step a pure function of its arguments:

    prepared = prepare_draft(pdf)                                    the empty fields so/ngay/thang(/nam), both signatures
    pending  = begin_signature(prepared.pdf, certificate_der, chain, signing_time, image=None)      the leader's half
    signed   = finish_signature(pending.work, pending.state, raw_signature, tsa_url="")             -> Signed(pdf, …)
    pending  = begin_seal(signed.pdf, number, notation, day, certificate_der, chain, signing_time,
                          image=None, diameter_mm=36)                fill and seal in ONE revision
    sealed   = finish_signature(pending.work, pending.state, raw_signature, tsa_url="")
    paper    = print_copy(sealed.pdf)                                numbered, without the red seal's picture

    pending  = begin_attachment_seal(pdf, number, notation, certificate_der, chain, signing_time)   an annex (6.2.b)

    report   = verify(pdf, trust, moment=now, online=True, expect=Expectation(...))                 never raises
    info     = read_certificate(der)

`signing_time` and `moment` are aware datetimes; `day` is a date; certificates are DER bytes. `pending.digest` goes to
the agent (`signing/agent`), `pending.state` into a row. Everything that a person can act on is a SigningError with a
Vietnamese sentence. Files nobody here has made are checked in a child process: `python -m signing.check`.
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
    "BadCertificate", "BadSignature", "BlankNotFound", "CertificateInfo", "Line", "MissingFont", "Pending", "Place",
    "Prepared", "Report", "SignatureReport", "Signed", "SigningError", "Trust", "UnreadablePdf", "WrongOrder",
]  # fmt: skip
