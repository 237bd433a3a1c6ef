"""What can go wrong in signing, as sentences a clerk can act on."""


class SigningError(Exception):
    """A failure with a short machine word (`code`) and the Vietnamese sentence to show (`str(error)`)."""

    code = "signing"

    def __init__(self, sentence: str, code: str = ""):
        super().__init__(sentence)
        self.code = code or type(self).code


class UnreadablePdf(SigningError):
    """The bytes are not a PDF that can be signed (broken, encrypted, not a PDF)."""

    code = "unreadable"


class BlankNotFound(SigningError):
    """The page has no blank for the number, the date or the signer where Decree 30 puts it."""

    code = "blank"


class WrongOrder(SigningError):
    """The seal before the signature, a field already filled, a field that is missing (Điều 12.1)."""

    code = "order"


class BadCertificate(SigningError):
    """The certificate cannot be used: unreadable, out of its time, key too short or of an unknown kind."""

    code = "certificate"


class BadSignature(SigningError):
    """The token's answer is no signature of this digest by this certificate; nothing was embedded."""

    code = "signature"


class MissingFont(SigningError):
    """The server lacks the serif font that numbers and dates are written in."""

    code = "font"
