"""The second half of a signature: the token's answer is checked, time-stamped and put into the hole."""

import asyncio
import base64
import hashlib
import io
import logging

import httpx
from asn1crypto import cms, tsp, x509
from pyhanko.sign.general import SigningError as LibrarySigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signing import certificates
from signing.errors import SigningError, WrongOrder
from signing.records import Signed

STAMP_SECONDS = 8
_LARGEST_ANSWER = 64_000
_UNSTAMPED = "Không lấy được dấu thời gian (máy chủ cấp dấu thời gian không trả lời); chữ ký vẫn có giá trị."
STAMP_FAULTS = (
    OSError, httpx.HTTPError, TimestampRequestError, LibrarySigningError, ValueError, KeyError, TypeError,
)  # fmt: skip
log = logging.getLogger("vanthu.signing")
_HOLE = 512  # bytes that stand for a signature while there is none


class HttpStamper(TimeStamper):
    """RFC 3161 over HTTP with a time limit and a size cap."""

    def __init__(self, url):
        super().__init__()
        self.url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        async with httpx.AsyncClient(timeout=STAMP_SECONDS, trust_env=False) as client:
            answer = await client.post(self.url, content=req.dump(), headers=headers)
        if answer.status_code != 200 or len(answer.content) > _LARGEST_ANSWER:
            raise OSError(f"time stamp answer {answer.status_code}, {len(answer.content)} bytes")
        return tsp.TimeStampResp.load(answer.content)


def finish_signature(work: bytes, state: dict, signature: bytes, tsa_url: str = "") -> Signed:
    """Put the token's signature into the file.

    1. the file must be the one the digest was made of, 2. the signature must fit certificate and attributes,
    3. a time stamp is asked for when `tsa_url` is given; without an answer the signature stands, and `note` says so,
    4. the hole is filled. Raises WrongOrder, BadSignature.
    """
    if hashlib.sha256(work).hexdigest() != state["work_sha256"]:
        raise WrongOrder(
            "Tệp đã bị người khác thay đổi trong lúc chờ ký, nên chữ ký không được ghi. Hãy ký lại từ đầu."
        )
    certificate = base64.b64decode(state["certificate"])
    attributes = base64.b64decode(state["attributes"])
    certificates.require_signature(certificate, signature, attributes, state["hash"])
    content, stamped = _stamped_content(state, certificate, attributes, signature, tsa_url)
    out = io.BytesIO(work)
    start, end = state["region"]
    try:
        PreparedByteRangeDigest(bytes.fromhex(state["document_digest"]), start, end).fill_with_cms(
            out, content
        )
    except (ValueError, LibrarySigningError) as problem:
        raise SigningError(
            "Chứng thư và dấu thời gian lớn hơn chỗ đã dành trong tệp. Hãy ký lại.", "size"
        ) from problem
    return Signed(out.getvalue(), stamped, _UNSTAMPED if tsa_url and not stamped else "")


def _stamped_content(state, certificate, attributes, signature, tsa_url):
    """The CMS, with a time stamp where one can be had; (content, whether it is stamped)."""
    if tsa_url:
        try:
            return asyncio.run(
                _content(state, certificate, attributes, signature, HttpStamper(tsa_url))
            ), True
        except STAMP_FAULTS as problem:
            log.warning("no time stamp from %s: %s", tsa_url, problem)
    return asyncio.run(_content(state, certificate, attributes, signature, None)), False


def signed_attributes(certificate: bytes, chain, document_digest: bytes, hash_name: str) -> bytes:
    """The DER of what a signature over this digest of a file signs (PAdES: content type, digest, certificate)."""
    signer = _signer(certificate, chain, bytes(_HOLE))
    return asyncio.run(signer.signed_attrs(document_digest, hash_name, use_pades=True)).dump()


def _signer(certificate, chain, signature):
    """The library's signer for a signature made elsewhere, with the certificates that go into the file."""
    store = SimpleCertificateStore()
    store.register_multiple([x509.Certificate.load(der) for der in chain])
    return ExternalSigner(
        signing_cert=x509.Certificate.load(certificate),
        cert_registry=store,
        signature_value=signature,
        embed_roots=False,
    )


async def _content(state, certificate, attributes, signature, stamper):
    signer = _signer(certificate, [base64.b64decode(der) for der in state["chain"]], signature)
    return await signer.async_sign_prescribed_attributes(
        state["hash"], cms.CMSAttributes.load(attributes), timestamper=stamper
    )
