"""The token: certificates on it and signatures by it, through PKCS#11, one call at a time.

python-pkcs11 lets go of the interpreter during a call while the library is not told of threads, so one lock stands
round everything. A session is opened for each signing and closed after it: on an open one a second log-in does not
check the PIN at all.
"""

import base64
import hashlib
import threading
from contextlib import contextmanager

import pkcs11
from asn1crypto import x509
from pkcs11 import Attribute, Mechanism, ObjectClass, exceptions
from pkcs11.util.ec import encode_ecdsa_signature

from signing.protocol import ProtocolError

# DER of DigestInfo up to the digest itself (RFC 8017, 9.2)
_PREFIXES = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
}
_CODES = (
    (exceptions.PinLocked, "locked"),
    (exceptions.PinIncorrect, "wrong_pin"),
    (exceptions.PinInvalid, "wrong_pin"),
    (exceptions.PinLenRange, "wrong_pin"),
    (exceptions.DeviceRemoved, "removed"),
    (exceptions.SessionClosed, "removed"),
    (exceptions.SessionHandleInvalid, "removed"),
    (exceptions.TokenNotPresent, "no_token"),
    (exceptions.NoSuchToken, "no_token"),
    (exceptions.TokenNotRecognised, "no_token"),
    (exceptions.NoSuchKey, "no_certificate"),
)


class Keys:
    """The tokens behind one PKCS#11 module."""

    def __init__(self, module: str):
        self.module = module
        self._lock = threading.Lock()
        self._library = None

    def certificates(self) -> list[dict]:
        """What can sign, as the page is told. Raises ProtocolError no_module, no_token, token_error."""
        with self._calls() as library:
            found = [entry for token in _tokens(library) for entry in _entries(token)]
        if not found:
            raise ProtocolError("no_token")
        return found

    def sign(self, sha256: str, pin: str, items: list[dict]) -> list[bytes]:
        """Sign these digests with the key of the certificate with this SHA-256, under one log-in.

        Raises ProtocolError wrong_pin, locked, removed, no_token, no_certificate, token_error; then nothing is signed.
        """
        with self._calls() as library:
            tokens = list(_tokens(library))
            if not tokens:
                raise ProtocolError("no_token")
            for token in tokens:
                identity = _identity(token, sha256)
                if identity is not None:
                    with token.open(user_pin=pin) as session:
                        key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=identity)
                        return [_sign(key, item) for item in items]
        raise ProtocolError("no_certificate")

    @contextmanager
    def _calls(self):
        with self._lock:
            try:
                if self._library is None:
                    self._library = pkcs11.lib(self.module)
                else:
                    self._library.reinitialize()  # a token plugged in since is seen
                yield self._library
            except exceptions.PKCS11Error as problem:
                code = next((code for kind, code in _CODES if isinstance(problem, kind)), "token_error")
                code = code if self._library else "no_module"
                raise ProtocolError(code, type(problem).__name__) from problem
            except (RuntimeError, OSError) as problem:
                raise ProtocolError("no_module", str(problem)) from problem


def _tokens(library):
    for slot in library.get_slots(token_present=True):
        token = slot.get_token()
        if token.label.strip():
            yield token


def _read(token):
    with token.open() as session:
        for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            der = item[Attribute.VALUE]
            yield item[Attribute.ID], der, x509.Certificate.load(der)


def _identity(token, sha256):
    return next((i for i, der, _ in _read(token) if hashlib.sha256(der).hexdigest() == sha256), None)


def _entries(token):
    found = list(_read(token))
    chain = [base64.b64encode(der).decode() for _, der, certificate in found if certificate.ca]
    for _, der, certificate in found:
        if certificate.ca:
            continue
        subject = certificate.subject.native
        name, organisation = subject.get("common_name", ""), subject.get("organization_name", "")
        yield {
            "token": token.label.strip(),
            "serial": f"{certificate.serial_number:x}",
            "subject": certificate.subject.human_friendly,
            "name": name,
            "organisation": organisation,
            "not_after": certificate.not_valid_after.isoformat(),
            "sha256": hashlib.sha256(der).hexdigest(),
            "certificate": base64.b64encode(der).decode(),
            "chain": chain,
        }


def _sign(key, item):
    digest = bytes.fromhex(item["digest"])
    if item["mechanism"] == "rsa":
        return key.sign(_PREFIXES[item["hash"]] + digest, mechanism=Mechanism.RSA_PKCS)
    return encode_ecdsa_signature(key.sign(digest, mechanism=Mechanism.ECDSA))
