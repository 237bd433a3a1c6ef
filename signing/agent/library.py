"""One PKCS#11 library: loaded once, asked for its tokens, started afresh when it stumbles.

Some vendors' libraries do not like to be ended and started again, others (and SoftHSM) see a token that went or came
only then. So a library is asked as it is, and started afresh only when it fails or shows no certificate at all.
"""

from dataclasses import dataclass, field

import pkcs11
from pkcs11 import exceptions

from signing.agent import certificates, faults
from signing.protocol import ProtocolError


@dataclass
class Held:
    """A token with what is on it: `entries` that may sign, `serial` and `label` as the token tells them."""

    library: "Library"
    token: object
    entries: list[certificates.Entry] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The token's name."""
        return self.token.label.strip()

    @property
    def serial(self) -> str:
        """The token's serial number."""
        return bytes(self.token.serial).decode("ascii", "replace").strip("\0 ")


class Library:
    """The library at `path` for devices called `device`; `open` is pkcs11.lib (tests put a stand-in)."""

    def __init__(self, path: str, device: str = "", open=pkcs11.lib):
        self.path, self.device, self._open = path, device, open
        self._loaded = None
        self.stumbled = False

    def tokens(self) -> list[Held]:
        """The tokens plugged in, read without a PIN. Raises ProtocolError no_module, token_error and their like."""
        afresh = self._load()
        if self.stumbled:
            self._restart()
            afresh = True
        try:
            found = self._read()
        except ProtocolError:
            if afresh:
                raise
            found = []
        if not afresh and not any(held.entries for held in found):
            self._restart()
            found = self._read()
        return found

    def _load(self):
        """True when it was loaded just now."""
        if self._loaded is not None:
            return False
        try:
            self._loaded = self._open(self.path)
        except (exceptions.PKCS11Error, RuntimeError, OSError) as problem:
            raise ProtocolError("no_module", str(problem)) from problem
        return True

    def _restart(self):
        try:
            self._loaded.finalize()
        except exceptions.PKCS11Error:
            pass  # it had ended by itself; starting it is what counts
        try:
            self._loaded.initialize()
        except exceptions.PKCS11Error as problem:
            raise faults.told(problem) from problem
        self.stumbled = False

    def _read(self):
        try:
            slots = self._loaded.get_slots(token_present=True)
        except exceptions.PKCS11Error as problem:
            self.stumbled = True
            raise faults.told(problem) from problem
        found, failure = [], None
        for slot in slots:
            try:
                held = Held(self, slot.get_token())
                if not held.label and not _is_initialised(held.token):
                    continue
                held.entries = certificates.read(held.token)
                found.append(held)
            except exceptions.PKCS11Error as problem:
                failure = faults.told(problem)
        if failure and not found and failure.code != "removed":
            self.stumbled = True
            raise failure
        return found


def _is_initialised(token):
    return bool(token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED)
