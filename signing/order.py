"""Who must have signed before the agency seals (Quy chế 102 Điều 12.1): a person, with our software or with another."""

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import CMSExtractionError, CMSStructuralError
from pyhanko.sign.general import SigningError as LibrarySigningError

from signing import certificates
from signing.errors import SigningError, WrongOrder
from signing.records import FILLED_FIELDS, SEAL_FIELD

_FAULTS = (
    PdfError, CMSExtractionError, CMSStructuralError, LibrarySigningError, SigningError, ValueError, KeyError, TypeError,
    IndexError, AttributeError,
)  # fmt: skip
_UNSIGNED = "Lãnh đạo chưa ký số, nên chưa được cấp số và đóng dấu (Quy chế 102, Điều 12.1)."


def require_leader(reader) -> None:
    """A personal signature is in the file and leaves our fields open. Raises WrongOrder.

    Whether it is valid is not judged here (`verify`), only that the number and the seal may come after it.
    """
    people = []
    for signature in _signatures(reader):
        kind = _kind(signature)
        if kind == "organisation":
            raise WrongOrder(
                "Cơ quan đã ký số trên văn bản này; không làm lại lần nữa (Quy chế 102, Điều 12.1)."
            )
        if kind:
            people.append(signature)
    if not people:
        raise WrongOrder(_UNSIGNED)
    if any(_shuts(signature) for signature in people):
        raise WrongOrder(
            "Phần mềm mà lãnh đạo dùng để ký đã khóa toàn bộ văn bản, ghi số và đóng dấu sẽ làm hỏng chữ ký ấy. "
            "Hãy trình ký lại và ký bằng nút «Ký số» của hệ thống, hoặc bỏ chọn khóa văn bản trong phần mềm ký."
        )


def seals(reader) -> list[str]:
    """Names of the fields that an organisation has signed."""
    return [str(item.field_name) for item in _signatures(reader) if _kind(item) == "organisation"]


def _signatures(reader):
    try:
        return list(reader.embedded_regular_signatures)
    except _FAULTS:
        return []


def _kind(signature):
    """person, organisation or other; "" for a field with nothing usable in it."""
    try:
        return certificates.read_certificate(signature.signer_cert.dump()).kind
    except _FAULTS:
        return ""


def _shuts(signature) -> bool:
    """Whether a signature forbids what we are about to write."""
    try:
        level, lock = signature.docmdp_level, signature.fieldmdp
        if level is not None and level.value < 2:  # no change at all, or archive data only
            return True
        return lock is not None and any(lock.is_locked(name) for name in (*FILLED_FIELDS, SEAL_FIELD))
    except _FAULTS:
        return False
