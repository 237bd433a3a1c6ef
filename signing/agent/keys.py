"""The tokens of this PC: certificates on them and signatures by them, one call at a time.

python-pkcs11 lets go of the interpreter during a call while the library is not told of threads, so one lock stands
round everything. A session is opened for each signing and closed after it: on an open one a second log-in does not
check the PIN at all. A PIN goes to the token once for each log-in the token asks for, and never a second time after a
no; before it goes, the token's own flags are read, and the last attempt is not spent.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag, exceptions
from pkcs11.util.ec import encode_ecdsa_signature

from signing.agent import faults, modules
from signing.agent.certificates import Entry
from signing.agent.library import Held, Library
from signing.protocol import ProtocolError

# DER of DigestInfo up to the digest itself (RFC 8017, 9.2)
_PREFIXES = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
}
_SPENT = {
    1: "Mã PIN không đúng. Chưa ký gì. Thiết bị chỉ còn MỘT lần nhập: đừng thử nữa, hãy liên hệ nơi cấp thiết bị.",
    0: "Mã PIN không đúng và thiết bị đã bị khóa. Chưa ký gì. Hãy liên hệ nơi cấp thiết bị để mở khóa.",
}


@dataclass
class Outcome:
    """What a batch came to: a signature or None for each item, and why it stopped early."""

    signatures: list[bytes | None]
    error: ProtocolError | None = None


@dataclass
class Seen:
    """What is plugged in now; `problems` of the libraries that could not tell."""

    held: list[Held] = field(default_factory=list)
    problems: list[tuple[str, ProtocolError]] = field(default_factory=list)

    @property
    def entries(self) -> list[tuple[Held, Entry]]:
        """Each certificate once, though two libraries may show the same token."""
        found = {}
        for held in self.held:
            for entry in held.entries:
                found.setdefault(entry.sha256, (held, entry))
        return list(found.values())

    def get(self, sha256: str) -> tuple[Held, Entry] | None:
        """The token with this certificate."""
        return next((pair for pair in self.entries if pair[1].sha256 == sha256), None)


class Keys:
    """The tokens behind the libraries of this PC; `search` looks for libraries when there are none yet."""

    def __init__(self, libraries: list[Library], search: Callable[[], list[Library]] = list):
        self.libraries, self._search = libraries, search
        self._lock = threading.Lock()

    def look(self) -> Seen:
        """Read every token, without a PIN. Never raises; a library that fails is told about and hides no other."""
        with self._lock:
            self.libraries = self.libraries or self._search()
            seen = Seen()
            for library in self.libraries:
                try:
                    seen.held += library.tokens()
                except ProtocolError as problem:
                    seen.problems.append((library.path, problem))
            return seen

    def lacking(self, seen: Seen) -> ProtocolError | None:
        """What is missing when there is nothing to sign with: a driver, a token, a certificate; None else."""
        if seen.entries:
            return None
        if not self.libraries:
            return ProtocolError("no_driver")
        if seen.held:
            return ProtocolError("empty_token")
        return seen.problems[0][1] if len(seen.problems) == len(self.libraries) else ProtocolError("no_token")

    def find(self, sha256: str) -> tuple[Held, Entry]:
        """The token with this certificate. Raises ProtocolError no_certificate, or what is missing altogether."""
        seen = self.look()
        found = seen.get(sha256)
        if found is None:
            raise self.lacking(seen) or ProtocolError("no_certificate")
        return found

    def sign(
        self, held: Held, entry: Entry, pin: str | None, items: list[dict], after: Callable[[int], None] = lambda done: None
    ) -> Outcome:  # fmt: skip
        """Sign these digests under one log-in; `pin` None: it is typed on the token. `after(n)` is called when n are done.

        Raises ProtocolError for what fails before the first signature; later failures come with what was signed.
        """
        with self._lock:
            token = self._same(held, entry)
            require_attempt(token)
            session = self._log_in(held, token, pin)
            made: list[bytes | None] = [None] * len(items)
            try:
                key = _private_key(session, entry)
                each = _wants_each(key)
                if each and pin is None:
                    raise ProtocolError("pad_each")
                for number, item in enumerate(items):
                    made[number] = _sign(key, item, pin if each else None)
                    after(number + 1)
            except (exceptions.PKCS11Error, ProtocolError) as problem:
                error = self._failure(held, problem, token)
                if not any(made):
                    raise error from problem
                return Outcome(made, _half(error, made))
            finally:
                with suppress(exceptions.PKCS11Error):
                    session.close()
            return Outcome(made)

    def _same(self, held, entry):
        """The token as it is now; it may have been changed for another while the person was reading."""
        try:
            token = held.token.slot.get_token()
            with token.open() as session:
                found = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
                if not any(bytes(item[Attribute.VALUE]) == entry.der for item in list(found)):
                    raise ProtocolError("no_certificate")
        except exceptions.PKCS11Error as problem:
            held.library.stumbled = True
            raise faults.told(problem) from problem
        return token

    def _log_in(self, held, token, pin):
        try:
            return token.open(user_pin=pkcs11.PROTECTED_AUTH if pin is None else pin)
        except exceptions.PKCS11Error as problem:
            raise self._failure(held, problem, token) from problem

    def _failure(self, held, problem, token):
        """The failure with the attempts that are left, as far as the token tells."""
        if isinstance(problem, ProtocolError):
            return problem
        held.library.stumbled = True  # a session may be left open: start afresh before the next use
        error = faults.told(problem)
        if error.code != "wrong_pin":
            return error
        left = attempts_left(token)
        if left is None:
            return error
        return ProtocolError("locked" if left == 0 else "wrong_pin", error.detail, left, _SPENT[left])


def _half(error, made):
    """The failure of a batch that got somewhere: how far, and no word of nothing being signed."""
    text = (
        str(error)
        .replace("Chưa ký gì; h", "H")
        .replace("Chưa ký gì. ", "")
        .replace(" Văn bản chưa bị thay đổi.", "")
    )
    done = sum(raw is not None for raw in made)
    sentence = f"Đã ký {done}/{len(made)} tệp thì dừng. {text}"
    return ProtocolError(error.code, error.detail, error.attempts_left, sentence)


def attempts_left(token) -> int | None:
    """0 or 1 where the token's flags say so after a wrong PIN; None where they do not tell."""
    try:
        flags = token.slot.get_token().flags
    except exceptions.PKCS11Error:
        return None
    if flags & TokenFlag.USER_PIN_LOCKED:
        return 0
    return 1 if flags & TokenFlag.USER_PIN_FINAL_TRY else None


def require_attempt(token) -> None:
    """Raises ProtocolError locked or last_attempt when the flags say so: the last attempt is never spent."""
    if token.flags & TokenFlag.USER_PIN_LOCKED:
        raise ProtocolError("locked", attempts_left=0)
    if token.flags & TokenFlag.USER_PIN_FINAL_TRY:
        raise ProtocolError("last_attempt", attempts_left=1)


def has_pad(token) -> bool:
    """True when the PIN is typed on the token's own keys."""
    return bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)


def notes(token, entry: Entry) -> list[str]:
    """What the person should know before typing the PIN."""
    found = []
    if token.flags & TokenFlag.USER_PIN_COUNT_LOW:
        found.append("Lần trước đã nhập sai mã PIN. Nhập sai thêm nữa thiết bị có thể bị khóa.")
    if token.flags & TokenFlag.USER_PIN_TO_BE_CHANGED:
        found.append("Thiết bị đang dùng mã PIN mặc định. Hãy đổi mã PIN bằng phần mềm đi kèm thiết bị.")
    if not entry.is_in_force:
        found.append(f"Chứng thư này không còn (hoặc chưa) có hiệu lực; hạn dùng đến {entry.until}.")
    return found


def load(paths: dict[str, str], trusted: tuple[str, ...] = ()) -> tuple[list[Library], dict[str, str]]:
    """(libraries to use, {path: why it was left out}); one alone or named by hand is taken at its word."""
    tried = [path for path in paths if path not in trusted] if len(paths) > 1 else []
    bad = {path: reason for path, reason in modules.sound(tried).items() if reason}
    libraries = [Library(path, device) for path, device in paths.items() if path not in bad]
    narrow = "chỉ có bản 32 bit; hãy cài trình điều khiển 64 bit"
    return libraries, bad | {path: f"{device}: {narrow}" for path, device in modules.of_other_width().items()}


def _private_key(session, entry):
    """The key of this certificate: by CKA_ID, by RSA modulus, by label. Raises ProtocolError no_key, unfit_key."""
    keys = list(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))
    public = entry.certificate.public_key
    matches = [key for key in keys if entry.identity and _of(key, Attribute.ID) == entry.identity]
    if not matches and public.algorithm == "rsa":
        modulus = public.native["public_key"]["modulus"].to_bytes(public.byte_size, "big")
        matches = [key for key in keys if bytes(_of(key, Attribute.MODULUS) or b"").lstrip(b"\0") == modulus]
    if not matches:
        matches = [key for key in keys if entry.label and _of(key, Attribute.LABEL) == entry.label]
    if not matches:
        raise ProtocolError("no_key")
    kind = KeyType.RSA if public.algorithm == "rsa" else KeyType.EC
    fit = next(
        (key for key in matches if _of(key, Attribute.KEY_TYPE) == kind and hasattr(key, "sign")), None
    )
    if fit is None:
        raise ProtocolError("unfit_key")
    return fit


def _of(item, attribute):
    """An attribute, or None where the token does not give it."""
    try:
        return item[attribute]
    except (
        exceptions.AttributeTypeInvalid,
        exceptions.AttributeSensitive,
        exceptions.FunctionFailed,
        KeyError,
    ):
        return None


def _wants_each(key):
    return bool(_of(key, Attribute.ALWAYS_AUTHENTICATE))


def _sign(key, item, pin):
    """One digest; `pin` where the token wants it for each signature (CKA_ALWAYS_AUTHENTICATE)."""
    digest = bytes.fromhex(item["digest"])
    once_more = {} if pin is None else {"pin": pin}
    if item["mechanism"] == "rsa":
        return key.sign(_PREFIXES[item["hash"]] + digest, mechanism=Mechanism.RSA_PKCS, **once_more)
    return encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA, **once_more))
