"""What the agent is told: by its configuration file (TOML) and on the command line, which wins."""

import argparse
import os
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from signing.agent.consent import SECONDS
from signing.protocol import PORTS

LINK = "vanthu-ky:"  # a page starts the agent with this link; what follows the colon is not read
IDLE_BY_LINK = 30  # minutes


class BadSettings(Exception):
    """What is wrong, as a sentence."""


@dataclass(frozen=True)
class Settings:
    """`origins` may ask; `modules` are PKCS#11 libraries named by hand, `search` looks for more; minutes of `idle` (0:
    stay); `contact` is whom to call about a locked token."""

    origins: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    search: bool = True
    ports: tuple[int, ...] = PORTS
    ask: str = "auto"
    seconds: float = SECONDS
    idle: float = 0
    contact: str = ""


_KINDS = {"origins": list, "modules": list, "search": bool, "port": int, "ask": str, "seconds": (int, float),
          "idle": (int, float), "contact": str}  # fmt: skip


def read(arguments=None) -> Settings:
    """Command line over file over defaults. Raises BadSettings; SystemExit for --help and unknown options."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if any(text.startswith(LINK) for text in arguments[:-1]):
        # a page's link comes last on the command line it is put into; what follows it was smuggled in
        raise BadSettings("Liên kết mở phần mềm ký không được kèm tham số nào.")
    options = _parser().parse_args(arguments)
    if options.link and not options.link.startswith(LINK):
        raise BadSettings(f"Không hiểu «{options.link}». Hãy dùng --help để xem các tham số.")
    told = _file(options.config)
    if options.module:
        told.setdefault("search", False)
    given = {"origins": options.origin, "modules": options.module, "port": options.port, "ask": options.ask,
             "seconds": options.seconds, "idle": options.idle}  # fmt: skip
    told |= {name: value for name, value in given.items() if value is not None}
    if options.module and options.search:
        told["search"] = True
    if options.link:
        told.setdefault("idle", IDLE_BY_LINK)
    return _checked(told)


def places() -> list[Path]:
    """Where a configuration file is looked for, the person's before the PC's."""
    if os.name == "nt":
        roots = [os.environ.get("APPDATA", ""), os.environ.get("PROGRAMDATA", "")]
        return [Path(root, "VanThu", "agent.toml") for root in roots if root]
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return [Path(home, "vanthu", "agent.toml"), Path("/etc/vanthu/agent.toml")]


def _parser():
    parser = argparse.ArgumentParser(prog="vanthu-agent", description="Phần mềm ký số trên máy cá nhân.")
    parser.add_argument("link", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument(
        "--module", action="append", help="thư viện PKCS#11 (.so, .dll); có thể lặp lại; thiếu thì tự tìm"
    )
    parser.add_argument("--search", action="store_true", help="tự tìm thêm thư viện ngoài --module")
    parser.add_argument("--origin", action="append", help="địa chỉ hệ thống văn bản; có thể lặp lại")
    parser.add_argument(
        "--port", type=int, help=f"cổng trên máy này (mặc định thử {', '.join(map(str, PORTS))}; 0 = bất kỳ)"
    )
    parser.add_argument("--ask", choices=("auto", "console", "window"), help="hỏi mã PIN ở đâu")
    parser.add_argument("--seconds", type=float, help=f"thời gian chờ mã PIN (mặc định {SECONDS})")
    parser.add_argument(
        "--idle", type=float, help="tự thoát sau bấy nhiêu phút không dùng (mặc định không thoát)"
    )
    parser.add_argument("--config", type=Path, help=f"tệp cấu hình (mặc định {places()[0]})")
    return parser


def _file(path):
    path = path or next((place for place in places() if place.is_file()), None)
    if path is None:
        return {}
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadSettings(f"Không đọc được tệp cấu hình {path}: {problem.strerror}.") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadSettings(f"Tệp cấu hình {path} sai cú pháp: {problem}.") from problem
    for name, value in told.items():
        kind = _KINDS.get(name)
        if kind is None:
            raise BadSettings(f"Tệp cấu hình {path} có mục lạ «{name}». Các mục: {', '.join(_KINDS)}.")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadSettings(f"Tệp cấu hình {path}: mục «{name}» sai kiểu dữ liệu.")
    return told


def _checked(told):
    bad = [origin for origin in told.get("origins", ()) if not _is_origin(origin)]
    if bad:
        raise BadSettings(f"Địa chỉ không đúng dạng http(s)://tên-máy[:cổng]: {', '.join(map(str, bad))}")
    if not told.get("origins"):
        raise BadSettings(
            "Chưa cho biết địa chỉ hệ thống văn bản: dùng --origin hoặc mục origins trong tệp cấu hình."
        )
    if "port" in told:
        port = told.pop("port")
        if not 0 <= port < 65536:
            raise BadSettings(f"Cổng {port} không có thật; cổng từ 0 đến 65535.")
        told["ports"] = (port,)
    if told.get("ask", "auto") not in ("auto", "console", "window"):
        raise BadSettings("Mục ask chỉ nhận auto, console hoặc window.")
    if told.get("seconds", SECONDS) <= 0 or told.get("idle", 0) < 0:
        raise BadSettings("Thời gian chờ phải lớn hơn 0.")
    names = {one.name for one in fields(Settings)}
    return Settings(
        **{
            name: tuple(value) if isinstance(value, list) else value
            for name, value in told.items()
            if name in names
        }
    )


def _is_origin(text):
    if not isinstance(text, str):
        return False
    parts = urlsplit(text)
    plain = text == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc and text == text.lower()
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain
