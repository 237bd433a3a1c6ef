"""Demonstration key tokens: SoftHSM2 slots in a folder, one a holder, with key and certificate.

SoftHSM reads SOFTHSM2_CONF once a process, so this runs as a program of its own (`python -m signing.demo make`).
"""

import ctypes
import os
import secrets
from pathlib import Path

import pkcs11
from certomancer.integrations.alchemist import Alchemist, DefaultAlchemistBackend
from certomancer.registry import CertLabel

from signing.demo.pki import Demo

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
CONFIG = "softhsm2.conf"
PIN = "246810"


def write_config(folder: Path) -> Path:
    """The configuration file to name in SOFTHSM2_CONF; its token folder lies beside it."""
    tokens = Path(folder).absolute() / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    path = Path(folder).absolute() / CONFIG
    path.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
    return path


def build(folder: Path, demo: Demo, labels) -> list[str]:
    """Make a token for each holder that has none yet; returns the new ones. The PIN of all of them is PIN."""
    os.environ["SOFTHSM2_CONF"] = str(write_config(folder))
    library = pkcs11.lib(SOFTHSM)
    known = {slot.get_token().label for slot in library.get_slots(token_present=True)}
    missing = [label for label in labels if label not in known]
    so_pin = secrets.token_hex(8)
    for label in missing:
        _initialise(label, so_pin)
    library.reinitialize()
    for label in missing:
        token = library.get_token(token_label=label)
        with token.open(rw=True, so_pin=so_pin) as session:
            session.init_pin(PIN)
        with token.open(rw=True, user_pin=PIN) as session:
            backend = DefaultAlchemistBackend(session)
            Alchemist(backend, demo.arch).store_key_bundles({CertLabel(label)}, include_chains=True)
    return missing


def _initialise(label, so_pin):
    """C_InitToken on the next free slot; python-pkcs11 has no call for it, so the library's own is used."""
    module = ctypes.CDLL(SOFTHSM)
    count = ctypes.c_ulong()
    module.C_GetSlotList(0, None, ctypes.byref(count))
    slots = (ctypes.c_ulong * count.value)()
    module.C_GetSlotList(0, slots, ctypes.byref(count))
    pin = so_pin.encode()
    code = module.C_InitToken(
        ctypes.c_ulong(slots[count.value - 1]), pin, ctypes.c_ulong(len(pin)), label.encode().ljust(32)
    )
    if code:
        raise RuntimeError(f"SoftHSM không tạo được thiết bị «{label}» (mã {code:#x}).")
