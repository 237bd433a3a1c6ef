"""Tokens as offices have them: PIN guard, PIN pads, keys that ask each time, two libraries for one stick, pulled out half-way."""

import hashlib

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from pkcs11 import TokenFlag, exceptions

from signing import protocol
from signing.agent import consent, faults, keys
from signing.agent.keys import Keys
from signing.agent.library import Library
from signing.protocol import ProtocolError
from tests.signing import token_double
from tests.signing.token_double import Double, Token

RIGHT, WRONG = "135790", "000000"
DIGEST = hashlib.sha256(b"van ban").hexdigest()
ITEM = {"name": "a.pdf", "document": "A", "pages": 1, "mechanism": "rsa", "hash": "sha256", "digest": DIGEST}


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def der(rsa_key):
    return token_double.made(rsa_key)


@pytest.fixture
def token(rsa_key, der):
    found = Token()
    found.put(rsa_key, der=der)
    return found


def keys_of(*doubles):
    return Keys(
        [
            Library(f"/lib/{number}.so", f"Thư viện {number}", open=lambda _path, d=d: d)
            for number, d in enumerate(doubles)
        ]
    )


def sign(found, der, pin=RIGHT, items=(ITEM,), after=lambda done: None):
    held, entry = found.find(hashlib.sha256(der).hexdigest())
    return found.sign(held, entry, pin, list(items), after)


def refused(found, der, **how):
    with pytest.raises(ProtocolError) as failure:
        sign(found, der, **how)
    return failure.value


def test_it_signs(token, der, rsa_key):
    outcome = sign(keys_of(Double(token)), der)
    assert outcome.error is None
    rsa_key.public_key().verify(
        outcome.signatures[0], bytes.fromhex(DIGEST), padding.PKCS1v15(), Prehashed(hashes.SHA256())
    )
    assert token.logins == [RIGHT]


@pytest.mark.parametrize(("curve", "kind", "name"), [(ec.SECP256R1(), hashes.SHA256(), "sha256"),
                                                     (ec.SECP384R1(), hashes.SHA384(), "sha384")])  # fmt: skip
def test_elliptic_curves(curve, kind, name):
    key = ec.generate_private_key(curve)
    token = Token()
    der = token.put(key)
    digest = hashlib.new(name, b"x")
    item = ITEM | {"mechanism": "ecdsa", "hash": name, "digest": digest.hexdigest()}
    outcome = sign(keys_of(Double(token)), der, items=[item])
    key.public_key().verify(outcome.signatures[0], digest.digest(), ec.ECDSA(Prehashed(kind)))


# ---- the PIN guard (H4) ------------------------------------------------------------------------------------------


def test_h4_a_wrong_pin_goes_to_the_token_once_and_ends_the_batch(token, der):
    error = refused(keys_of(Double(token)), der, pin=WRONG, items=[ITEM] * 30)
    assert (error.code, error.attempts_left) == ("wrong_pin", None)
    assert token.logins == [WRONG]
    assert token.signs == 0


def test_h4_after_the_second_wrong_pin_one_attempt_is_left_and_said(token, der):
    found = keys_of(Double(token))
    refused(found, der, pin=WRONG)
    error = refused(found, der, pin=WRONG)
    assert (error.code, error.attempts_left) == ("wrong_pin", 1)
    assert "MỘT" in str(error)
    assert "liên hệ" in str(error)


def test_h4_the_last_attempt_is_not_spent_even_with_the_right_pin(token, der):
    token.attempts = 1
    error = refused(keys_of(Double(token)), der)
    assert (error.code, error.attempts_left) == ("last_attempt", 1)
    assert token.logins == []


def test_h4_a_locked_token_is_not_asked(token, der):
    token.attempts = 0
    error = refused(keys_of(Double(token)), der)
    assert (error.code, error.attempts_left) == ("locked", 0)
    assert token.logins == []


def test_h4_a_token_that_locks_itself_without_warning(token, der):
    """Its flags said nothing before; the lock is told after."""
    token.tells, token.attempts = False, 1
    found = keys_of(Double(token))
    assert refused(found, der, pin=WRONG).attempts_left is None
    assert refused(found, der).code == "locked"


def test_h4_attempts_spent_while_the_person_was_reading(token, der):
    found = keys_of(Double(token))
    held, entry = found.find(hashlib.sha256(der).hexdigest())
    token.attempts = 1
    with pytest.raises(ProtocolError) as failure:
        found.sign(held, entry, RIGHT, [ITEM])
    assert failure.value.code == "last_attempt"
    assert token.logins == []


def test_an_earlier_wrong_pin_is_told_before_the_next(token, der):
    token.attempts = 2
    found = keys_of(Double(token))
    held, entry = found.find(hashlib.sha256(der).hexdigest())
    assert any("sai mã PIN" in note for note in keys.notes(held.token, entry))
    token.attempts, token.extra = 3, TokenFlag.USER_PIN_TO_BE_CHANGED
    assert any("mặc định" in note for note in keys.notes(held.token, entry))


# ---- kinds of keys and tokens ------------------------------------------------------------------------------------


def test_a_pin_pad_is_asked_without_a_pin(token, der):
    token.extra = TokenFlag.PROTECTED_AUTHENTICATION_PATH
    found = keys_of(Double(token))
    held, entry = found.find(hashlib.sha256(der).hexdigest())
    ticket = {"purpose": "leader", "title": "A", "person": "B", "agency": "C", "items": [ITEM]}
    assert consent.question("http://x", ticket, held, entry).pad
    assert found.sign(held, entry, None, [ITEM]).signatures[0]
    assert token.logins == [pkcs11.PROTECTED_AUTH]


def test_a_key_that_wants_the_pin_for_each_signature(rsa_key, der):
    token = Token()
    token.put(rsa_key, der=der, ALWAYS_AUTHENTICATE=True)
    outcome = sign(keys_of(Double(token)), der, items=[ITEM] * 3)
    assert all(outcome.signatures)
    assert token.logins == [RIGHT] * 4


def test_a_pin_pad_that_wants_each_signature_is_refused_with_a_sentence(rsa_key, der):
    token = Token(extra=TokenFlag.PROTECTED_AUTHENTICATION_PATH)
    token.put(rsa_key, der=der, ALWAYS_AUTHENTICATE=True)
    assert refused(keys_of(Double(token)), der, pin=None).code == "pad_each"


@pytest.mark.parametrize("attributes", [{"ID": b"\x09"}, {"ID": b"\x09", "MODULUS": b"", "LABEL": "ky"}])
def test_the_key_is_found_though_its_number_differs(rsa_key, der, attributes):
    token = Token()
    token.put(rsa_key, der=der, label="ky", **attributes)
    assert sign(keys_of(Double(token)), der).signatures[0]


def test_a_certificate_without_its_key(rsa_key, der):
    token = Token()
    token.put(rsa_key, der=der, private=False)
    assert refused(keys_of(Double(token)), der).code == "no_key"


def test_a_key_of_another_kind(rsa_key, der):
    token = Token()
    token.put(rsa_key, der=der, private=False)
    token.objects.append(token_double.PrivateKey(token, ec.generate_private_key(ec.SECP256R1()), ID=b"\x01"))
    assert refused(keys_of(Double(token)), der).code == "unfit_key"


@pytest.mark.parametrize(("make", "mechanism", "name", "fits"), [
    (lambda: rsa.generate_private_key(65537, 1024), "rsa", "sha256", False),
    (lambda: rsa.generate_private_key(65537, 2048), "rsa", "sha384", True),
    (lambda: rsa.generate_private_key(65537, 2048), "ecdsa", "sha256", False),
    (lambda: ec.generate_private_key(ec.SECP256R1()), "ecdsa", "sha256", True),
    (lambda: ec.generate_private_key(ec.SECP256R1()), "ecdsa", "sha384", False),
    (lambda: ec.generate_private_key(ec.SECP384R1()), "ecdsa", "sha384", True),
    (lambda: ec.generate_private_key(ec.SECP521R1()), "ecdsa", "sha384", False),
])  # fmt: skip
def test_which_keys_sign(make, mechanism, name, fits):
    token = Token()
    token.put(make())
    ((_, entry),) = keys_of(Double(token)).look().entries
    assert entry.takes(mechanism, name) is fits


# ---- several libraries and tokens --------------------------------------------------------------------------------


def test_h3_two_tokens_in_one_pc(token, der):
    other = Token(label="co-quan", serial=b"2")
    key = ec.generate_private_key(ec.SECP256R1())
    seal = other.put(key, der=token_double.made(key, "Sở Kiểm thử"))
    found = keys_of(Double(token), Double(other))
    listed = [entry.listed(held) for held, entry in found.look().entries]
    assert [
        (one["name"], one["kind"], one["token"], one["token_serial"], one["module"]) for one in listed
    ] == [
        ("Trần Thử Nghiệm", "person", "the-thu", "0123456789abcdef", "Thư viện 0"),
        ("Sở Kiểm thử", "organisation", "co-quan", "2", "Thư viện 1"),
    ]
    held, _ = found.find(hashlib.sha256(seal).hexdigest())
    assert held.label == "co-quan"


def test_one_token_seen_through_two_libraries_is_listed_once(token, der):
    found = keys_of(Double(token), Double(token))
    assert len(found.look().entries) == 1
    assert sign(found, der).signatures[0]
    assert token.logins == [RIGHT]


def test_a_broken_library_hides_no_other(token, der):
    found = keys_of(Double(problem=exceptions.GeneralError()), Double(token))
    seen = found.look()
    assert len(seen.entries) == 1
    assert [(path, problem.code) for path, problem in seen.problems] == [("/lib/0.so", "token_error")]
    assert sign(found, der).signatures[0]


def test_a_broken_certificate_hides_no_other(token, rsa_key, der):
    token.put(rsa_key, identity=b"\x02", der=b"\x30\x03abc")
    assert [entry.sha256 for _, entry in keys_of(Double(token)).look().entries] == [
        hashlib.sha256(der).hexdigest()
    ]


def test_what_is_missing_is_said(token, der):
    assert Keys([]).lacking(Keys([]).look()).code == "no_driver"
    for doubles, code in [((Double(),), "no_token"), ((Double(Token()),), "empty_token"),
                          ((Double(problem=exceptions.DeviceError()),), "device"), ((Double(token),), None)]:  # fmt: skip
        found = keys_of(*doubles)
        lacking = found.lacking(found.look())
        assert (lacking and lacking.code) == code


def test_a_library_installed_later_is_found(token):
    found = Keys([], lambda: keys_of(Double(token)).libraries)
    assert len(found.look().entries) == 1


def test_a_library_is_not_started_again_while_it_works(token, der):
    double = Double(token)
    found = keys_of(double)
    for _ in range(3):
        sign(found, der)
    assert double.starts == 1
    refused(found, der, pin=WRONG)
    sign(found, der)
    assert double.starts == 2


def test_the_token_was_changed_while_the_person_was_reading(token, der, rsa_key):
    found = keys_of(Double(token))
    held, entry = found.find(hashlib.sha256(der).hexdigest())
    token.objects.clear()
    token.put(rsa_key, der=token_double.made(rsa_key, "Người Khác"))
    with pytest.raises(ProtocolError) as failure:
        found.sign(held, entry, RIGHT, [ITEM])
    assert failure.value.code == "no_certificate"
    assert token.logins == []


# ---- a batch that ends half-way (H5) -----------------------------------------------------------------------------


def test_h5_pulled_out_at_item_17_of_30(token, der):
    def after(done):
        token.gone = done == 16

    token.at_sign = {17: exceptions.DeviceRemoved()}
    outcome = sign(keys_of(Double(token)), der, items=[ITEM] * 30, after=after)
    assert outcome.error.code == "removed"
    assert str(outcome.error).startswith("Đã ký 16/30 tệp thì dừng. Thiết bị ký bị rút ra")
    assert [raw is not None for raw in outcome.signatures] == [True] * 16 + [False] * 14


def test_h5_what_was_signed_is_not_denied(token, der):
    token.at_sign = {2: exceptions.DeviceError()}
    outcome = sign(keys_of(Double(token)), der, items=[ITEM] * 3)
    assert "Chưa ký gì" not in str(outcome.error)
    assert "Hãy rút thiết bị ra" in str(outcome.error)


def test_h5_the_page_goes_away_half_way(token, der):
    def after(done):
        if done == 3:
            raise ProtocolError("closed")

    outcome = sign(keys_of(Double(token)), der, items=[ITEM] * 5, after=after)
    assert outcome.error.code == "closed"
    assert sum(raw is not None for raw in outcome.signatures) == 3
    assert token.signs == 3


def test_progress_is_told(token, der):
    told = []
    sign(keys_of(Double(token)), der, items=[ITEM] * 4, after=told.append)
    assert told == [1, 2, 3, 4]


# ---- every answer of a library has a sentence --------------------------------------------------------------------


@pytest.mark.parametrize(("problem", "code"), [
    (exceptions.PinIncorrect, "wrong_pin"), (exceptions.PinLocked, "locked"), (exceptions.PinExpired, "pin_expired"),
    (exceptions.PinLenRange, "pin_length"), (exceptions.UserPinNotInitialized, "pin_missing"),
    (exceptions.DeviceRemoved, "removed"), (exceptions.TokenNotPresent, "removed"), (exceptions.DeviceError, "device"),
    (exceptions.UserNotLoggedIn, "logged_out"), (exceptions.MechanismInvalid, "mechanism"),
    (exceptions.SessionHandleInvalid, "session"), (exceptions.FunctionFailed, "token_error"),
    (exceptions.GeneralError, "token_error"), (exceptions.NoSuchKey, "no_key"), (exceptions.KeyHandleInvalid, "no_key"),
    (exceptions.UserAlreadyLoggedIn, "session"), (exceptions.AnotherUserAlreadyLoggedIn, "in_use"),
    (exceptions.DeviceMemory, "memory"), (exceptions.FunctionCancelled, "cancelled"), (exceptions.KeySizeRange, "unfit_key"),
    (exceptions.PKCS11Error, "token_error"),
])  # fmt: skip
def test_every_return_code_has_a_sentence(token, der, problem, code):
    error = faults.told(problem("135790 đã nhập"))
    assert error.code == code
    assert str(error) == protocol.SENTENCES[code]
    assert (
        "135790" not in error.detail
    )  # the library's words are not passed on, they might repeat what was typed
    token.at_sign = {1: problem()}
    assert refused(keys_of(Double(token)), der).code == code


def test_sentences_say_what_is_safe_and_what_to_do():
    for code, sentence in protocol.SENTENCES.items():
        assert sentence.endswith((".", "ký.")), code
        assert len(sentence) > 20, code


def test_a_second_log_in_is_never_taken_for_a_checked_pin(token, der):
    token.at_login = exceptions.UserAlreadyLoggedIn()
    assert refused(keys_of(Double(token)), der, pin=WRONG).code == "session"
    assert token.signs == 0
