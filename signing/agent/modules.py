"""Which PKCS#11 libraries are on this PC: those of `modules.tsv`, those registered with p11-kit, those named by hand.

A library that was not named by hand is loaded in a process of its own first: one that crashes or never answers is
left out and told about, and does not take the agent down. p11-kit's own proxy is not loaded: it would open the same
libraries a second time in one process, which PKCS#11 does not allow.
"""

import os
import pkgutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PROBE_SECONDS = 15
PROBES_AT_ONCE = 4
SYSTEM = "windows" if os.name == "nt" else "linux"
FOLDERS = (
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/pkcs11", "/usr/lib/aarch64-linux-gnu", "/usr/lib64",
    "/usr/lib64/pkcs11", "/usr/lib", "/usr/lib/pkcs11", "/usr/local/lib", "/usr/local/lib/pkcs11",
)  # fmt: skip
REGISTERED = ("/usr/share/p11-kit/modules", "/etc/pkcs11/modules", "~/.config/pkcs11/modules")
NEVER = ("p11-kit-proxy", "p11-kit-trust", "pkcs11-spy", "onepin-opensc")


@dataclass(frozen=True)
class Known:
    """A library worth a look: `file` as in the list, `device` what it is for, `source` where the name is from."""

    system: str
    file: str
    device: str
    source: str


def known() -> list[Known]:
    """The list that comes with the agent (`modules.tsv`)."""
    lines = pkgutil.get_data(__package__, "modules.tsv").decode().splitlines()
    return [Known(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def find(search: bool = True, named: tuple[str, ...] = (), folders=None, registered=None) -> dict[str, str]:
    """{path: device} of the libraries there are, the named ones first. A named one is kept even when it is missing."""
    found = {_real(path) if os.path.exists(path) else path: Path(path).name for path in named}
    if not search:
        return found
    for one in known():
        if one.system != SYSTEM:
            continue
        for path in _places(one.file, folders):
            if path.is_file():
                found.setdefault(_real(path), one.device)
                break
    for path in _registered(REGISTERED if registered is None else registered, folders):
        found.setdefault(_real(path), path.name)
    return found


def of_other_width() -> dict[str, str]:
    """{path: device} of 32-bit libraries on Windows that stand where a 64-bit program cannot load them."""
    if SYSTEM != "windows" or sys.maxsize < 1 << 32:
        return {}
    folder, native = (
        Path(os.environ.get("SystemRoot", r"C:\Windows"), name) for name in ("SysWOW64", "System32")
    )
    names = [(one.file, one.device) for one in known() if one.system == SYSTEM and "\\" not in one.file]
    return {str(folder / name): device for name, device in names
            if (folder / name).is_file() and not (native / name).is_file()}  # fmt: skip


def sound(paths: list[str]) -> dict[str, str]:
    """{path: ""} for libraries that a process of its own could load and ask, else what went wrong."""
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        return dict(zip(paths, pool.map(_probe, paths), strict=True))


def _places(file, folders):
    if os.path.isabs(file):
        return [Path(file)]
    if SYSTEM == "windows":
        roots = [os.environ.get("ProgramFiles", r"C:\Program Files"), os.environ.get("ProgramFiles(x86)", "")]
        if "\\" in file:
            return [Path(root, *file.split("\\")) for root in roots if root]
        return [Path(os.environ.get("SystemRoot", r"C:\Windows"), "System32", file)]
    return [Path(folder, file) for folder in (FOLDERS if folders is None else folders)]


def _registered(directories, folders):
    """Paths in p11-kit's `module:` lines."""
    for directory in directories:
        for file in sorted(Path(directory).expanduser().glob("*.module")):
            for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
                name, _, value = line.partition(":")
                if name.strip() != "module" or not value.strip() or value.strip().startswith(NEVER):
                    continue
                path = next((p for p in _places(value.strip(), folders) if p.is_file()), None)
                if path and not path.name.startswith(NEVER):
                    yield path


def _probe(path):
    try:
        done = subprocess.run(
            [*_this_program(), "--probe", path], check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, timeout=PROBE_SECONDS, env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"không trả lời trong {PROBE_SECONDS} giây"
    except OSError as problem:
        return problem.strerror or "không chạy thử được"
    if done.returncode < 0 or done.returncode > 100:
        return f"làm hỏng chương trình nạp nó (mã {done.returncode})"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return "" if done.returncode == 0 else (lines[-1] if lines else "không nạp được")


def _this_program():
    if getattr(sys, "frozen", False):  # one file made by PyInstaller
        return [sys.executable]
    if sys.argv[0].endswith(".pyz"):
        return [sys.executable, sys.argv[0]]
    return [sys.executable, "-m", "signing.agent"]


def _environment():
    roots = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(root for root in roots if root)}


def _real(path):
    return str(Path(path).resolve())
