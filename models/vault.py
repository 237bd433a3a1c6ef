"""Secrets kept in the database, locked with the installation's key file: a copy of the database alone opens none."""

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from models import config, errors


def key_path() -> Path:
    """Where the installation's key lies; to be saved with the backup, but apart from it."""
    return config.current().data / "keys" / "vault.key"


def lock(secret: str) -> str:
    """The secret as it may lie in a row."""
    return Fernet(_key()).encrypt(secret.encode()).decode()


def unlock(locked: str) -> str:
    """The secret again, "" for none. Raises Refused when the key file is not the one that locked it."""
    if not locked:
        return ""
    try:
        return Fernet(_key()).decrypt(locked.encode()).decode()
    except InvalidToken as error:
        raise errors.Refused(
            "Không mở được khóa bí mật đã lưu: tệp khóa của máy chủ (keys/vault.key) không còn đúng. "
            "Hãy khôi phục tệp khóa từ bản sao lưu, hoặc nhập lại khóa bí mật."
        ) from error


def digest(words: str) -> bytes:
    """HMAC-SHA-256 of words with the installation's key: only this installation can have made it."""
    return hmac.digest(_key(), words.encode(), hashlib.sha256)


def keep(path: Path, content: bytes) -> None:
    """Write a key file that only the service may read; the first writer wins, a key is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    new.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _key() -> bytes:
    path = key_path()
    if not path.exists():
        keep(path, Fernet.generate_key())
    return path.read_bytes()
