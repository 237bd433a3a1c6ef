"""Settings of the installation, read once from the environment.

An unknown VANTHU_ variable or a bad value stops the start with a sentence: a misspelt setting that is
silently ignored is worse than none. What an administrator changes while the system runs is a row, not a setting.
"""

import os
from dataclasses import dataclass, field, fields
from pathlib import Path


class ConfigError(Exception):
    """The environment holds a setting that cannot be used; the message says which and why."""


def _setting(default, help_text):
    return field(default=default, metadata={"help": help_text})


@dataclass(frozen=True)
class Config:
    """One field a setting; VANTHU_<NAME> in the environment, VANTHU_<NAME>_FILE for a secret kept in a file."""

    data: Path = field(
        default=Path("data"), metadata={"help": "Folder of the database, the files and the keys."}
    )
    host: str = _setting("127.0.0.1", "Address to listen on; a reverse proxy with TLS stands in front.")
    port: int = _setting(8000, "Port to listen on.")
    mode: str = _setting("real", "real, or demo: demonstration keys and agencies, never beside real ones.")
    base_url: str = _setting("", "Address people type, for links and the signing agent's origin check.")
    hub_path: str = _setting("/vxp", "Where the axis endpoints are mounted when this installation is a hub.")
    hub: bool = _setting(False, "true: other installations may connect to this one as their axis.")
    tsa_url: str = _setting("", "Time-stamp authority (RFC 3161); empty: signatures carry no time stamp.")
    agent_url: str = _setting(
        "ws://127.0.0.1:9447 ws://127.0.0.1:9448 ws://127.0.0.1:9449",
        "Where the page looks for the signing agent on the person's PC; several addresses with a blank between.",
    )
    vgca_url: str = _setting(
        "wss://127.0.0.1:8987", "Where the page finds VGCA Sign Service on the person's PC."
    )
    print_mark: str = _setting(
        "", "A line at the foot of prints of signed documents, «{số}» is the number; empty: none."
    )
    threads: int = _setting(8, "Worker threads for pages.")
    workers: int = _setting(2, "Worker threads for background orders.")
    upload_megabytes: int = _setting(100, "Largest file accepted, in megabytes.")
    intake: str = _setting(
        "",
        "Folders under which scanners' folders may lie, ':' between several; empty: intake/ in the data folder.",
    )
    collect_seconds: int = _setting(30, "How often the axis is asked for new packets, in seconds.")
    idle_minutes: int = _setting(30, "Minutes without a click after which a session ends.")


PREFIX = "VANTHU_"
_INNER = {"VANTHU_FAILPOINT"}
_current = Config()


def current() -> Config:
    """The settings in force."""
    return _current


def use(config: Config) -> Config:
    """Put settings in force (start-up and tests)."""
    global _current
    _current = config
    return config


def load(environ=None) -> Config:
    """Read the environment. Raises ConfigError for an unknown name or a value of the wrong kind."""
    environ = dict(os.environ if environ is None else environ)
    known = {item.name: item for item in fields(Config)}
    values = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in _INNER:
            continue
        key = name.removeprefix(PREFIX).lower()
        if key.endswith("_file") and key.removesuffix("_file") in known:
            key, text = key.removesuffix("_file"), Path(text).read_text().strip()
        if key not in known:
            raise ConfigError(f"Không có thiết đặt tên {name}. Xem danh sách trong README, mục Settings.")
        values[key] = _parse(name, type(known[key].default), text)
    config = Config(**values)
    if config.mode not in ("real", "demo"):
        raise ConfigError("VANTHU_MODE chỉ nhận real hoặc demo.")
    return config


def _parse(name, kind, text):
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"{name} chỉ nhận true hoặc false.")
        return text.lower() == "true"
    if kind is int:
        if not text.isdecimal():
            raise ConfigError(f"{name} phải là một số nguyên không âm, không phải «{text}».")
        return int(text)
    return Path(text).absolute() if issubclass(kind, Path) else text
