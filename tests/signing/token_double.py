"""A PKCS#11 library that is not one: it speaks python-pkcs11's calls, as far as the agent makes them, and misbehaves on order.

SoftHSM knows no last attempt, no lock, no PIN pad and cannot be pulled out between two signatures; this one can.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.x509.oid import NameOID
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag, exceptions

PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
NONE = TokenFlag(0)
PLAIN = TokenFlag.TOKEN_INITIALIZED | TokenFlag.USER_PIN_INITIALIZED | TokenFlag.LOGIN_REQUIRED


def made(key, name="Trần Thử Nghiệm", organisation="Sở Kiểm thử", days=(-1, 300)):
    """A certificate (DER) for this key; good from `days[0]` to `days[1]` from now."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        ]
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    )
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(
        now + timedelta(days=days[0])
    )
    return builder.not_valid_after(now + timedelta(days=days[1])).sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER
    )  # fmt: skip


class Item(dict):
    """An object on the token: its attributes; asking for one it has not is refused as PKCS#11 does."""

    def __missing__(self, key):
        raise exceptions.AttributeTypeInvalid


class PrivateKey(Item):
    """A private key that signs for who is logged in."""

    def __init__(self, token, key, **attributes):
        is_rsa = isinstance(key, rsa.RSAPrivateKey)
        super().__init__(
            {
                Attribute.CLASS: ObjectClass.PRIVATE_KEY,
                Attribute.KEY_TYPE: KeyType.RSA if is_rsa else KeyType.EC,
            }
        )
        if is_rsa:
            self[Attribute.MODULUS] = key.public_key().public_numbers().n.to_bytes(key.key_size // 8, "big")
        self.update({Attribute[name]: value for name, value in attributes.items()})
        self.token, self.key, self.session = token, key, None

    def sign(self, data, mechanism, pin=None):
        self.token.signs += 1
        problem = self.token.at_sign.get(self.token.signs)
        if problem:
            raise problem
        if self.get(Attribute.ALWAYS_AUTHENTICATE):
            if pin is None:
                raise exceptions.UserNotLoggedIn
            self.token.check(pin)
        if mechanism == Mechanism.RSA_PKCS:
            assert data.startswith(PREFIX)
            return self.key.sign(data[len(PREFIX) :], padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        size = (self.key.curve.key_size + 7) // 8
        kind = {32: hashes.SHA256(), 48: hashes.SHA384()}[len(data)]
        r, s = decode_dss_signature(self.key.sign(data, ec.ECDSA(Prehashed(kind))))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


@dataclass
class Token:
    """A stick: `attempts` PINs left; `tells` whether its flags show that; `at_sign` {nth signature: error}."""

    pin: str = "135790"
    label: str = "the-thu"
    serial: bytes = b"0123456789abcdef"
    attempts: int = 3
    tells: bool = True
    extra: TokenFlag = NONE
    objects: list = field(default_factory=list)
    at_sign: dict = field(default_factory=dict)
    at_login: Exception | None = None
    gone: bool = False
    signs: int = 0
    logins: list = field(default_factory=list)
    slot: object = None

    @property
    def flags(self):
        found = PLAIN | self.extra
        if self.tells:
            low = {
                0: TokenFlag.USER_PIN_LOCKED,
                1: TokenFlag.USER_PIN_FINAL_TRY,
                2: TokenFlag.USER_PIN_COUNT_LOW,
            }
            found |= low.get(self.attempts, NONE)
        return found

    def put(self, key, identity=b"\x01", label="", der=None, private=True, **attributes):
        """A certificate and its key; returns the certificate."""
        der = der or made(key)
        self.objects.append(
            Item({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.VALUE: der, Attribute.ID: identity,
                  Attribute.LABEL: label})
        )  # fmt: skip
        if private:
            self.objects.append(PrivateKey(self, key, **{"ID": identity, "LABEL": label, **attributes}))
        return der

    def check(self, pin):
        self.logins.append(pin)
        if self.at_login:
            raise self.at_login
        if self.attempts == 0:
            raise exceptions.PinLocked
        if pin != self.pin and pin is not pkcs11.PROTECTED_AUTH:
            self.attempts -= 1
            raise exceptions.PinIncorrect
        self.attempts = 3

    def open(self, user_pin=None):
        if self.gone:
            raise exceptions.DeviceRemoved
        if user_pin is not None:
            self.check(user_pin)
        return Session(self, user_pin is not None)


class Session:
    """An open session; private keys are seen after a log-in."""

    def __init__(self, token, inside):
        self.token, self.inside, self.closed = token, inside, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closed = True
        if self.token.gone:
            raise exceptions.SessionHandleInvalid

    def get_objects(self, wanted):
        for item in self.token.objects:
            private = item[Attribute.CLASS] == ObjectClass.PRIVATE_KEY
            if (not private or self.inside) and all(item.get(key) == value for key, value in wanted.items()):
                yield item


class Slot:
    """Where a stick is plugged in."""

    def __init__(self, token):
        self.token = token
        token.slot = self

    def get_token(self):
        if self.token.gone:
            raise exceptions.TokenNotPresent
        return self.token


class Double:
    """The library; `tokens` are plugged in, `problem` is what every question to it raises."""

    def __init__(self, *tokens, problem=None):
        self.slots, self.problem = [Slot(token) for token in tokens], problem
        self.starts = 1

    def get_slots(self, token_present):
        assert token_present
        if self.problem:
            raise self.problem
        return [slot for slot in self.slots if not slot.token.gone]

    def finalize(self):
        pass

    def initialize(self):
        self.starts += 1
