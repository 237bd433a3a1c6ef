"""Bản lúc ký: the very bytes a signature signed, and the pages that look different since, side by side.

Drawn in the sandbox, kept with the previews of the file, made anew when they are gone.
"""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from jobs import render, sandbox
from models import errors, files, previews

CHILD = Path(__file__).parent / "child_revisions.py"
SECONDS, MEGABYTES = 60, 1024
NO_SUCH_FIELD = 6
NAMES = ("before", "after")
BROKEN = (
    "Không dựng được bản lúc ký: tệp hỏng hoặc quá phức tạp. Kết quả kiểm tra và tệp gốc không bị ảnh hưởng; "
    "hãy tải tệp về để xem."
)


def comparison(file: files.File, field: str) -> dict:
    """What changed to the eye since this signature: {"whole", "pages", "changed", "compared", …}.

    `whole`: nothing was added after it. Raises errors.NotFound for no such signature, Refused when it cannot be drawn.
    """
    folder = _folder(file, field)
    kept = folder / "said.json"
    if not kept.exists():
        _make(file, field, folder)
    return json.loads(kept.read_bytes())


def signed_bytes(file: files.File, field: str) -> bytes:
    """The file as it was when this signature was made: a PDF of its own. Raises as `comparison`."""
    comparison(file, field)
    return (_folder(file, field) / "signed.pdf").read_bytes()


def picture(file: files.File, field: str, which: str, number: int) -> Path:
    """One page before or after, with what differs outlined. Raises errors.NotFound, Refused."""
    comparison(file, field)
    found = _folder(file, field) / f"{which}-{number}.png"
    if which not in NAMES or not found.exists():
        raise errors.NotFound("Không có ảnh trang này.")
    return found


def _folder(file, field) -> Path:
    return (
        previews.folder(file.sha256)
        / f"signed-{hashlib.sha256(field.encode('utf-8', 'replace')).hexdigest()[:24]}"
    )


def _make(file, field, folder):
    file.read()  # a stored file that was changed is not drawn
    with tempfile.TemporaryDirectory(dir=files.spool().resolve(), prefix="box-") as made:
        with render.TURNS:
            result = sandbox.run(
                [*sandbox.PYTHON, CHILD, file.path(), made], stdin=field.encode("utf-8", "replace"), seconds=SECONDS, megabytes=MEGABYTES,
                readable=(CHILD, file.path()), writable=Path(made), output_cap=1 << 20,
            )  # fmt: skip
        if result.code == NO_SUCH_FIELD and result.reason == "failed":
            raise errors.NotFound("Tệp không có chữ ký này.")
        if not result.ok:
            raise errors.Refused(BROKEN)
        Path(made, "said.json").write_bytes(result.stdout)
        half = folder.with_name(f"{folder.name}-{os.getpid()}-{Path(made).name}")
        shutil.copytree(made, half)
        try:
            os.rename(half, folder)
        except OSError:  # another reader made the same meanwhile
            shutil.rmtree(half, ignore_errors=True)
