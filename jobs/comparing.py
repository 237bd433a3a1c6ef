"""Is a signed file that somebody brought our document? Looked at in the sandbox, page by page.

A valid signature does not say so: a program (or a thief of a token) could change the page and sign in the same stroke.
"""

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from jobs import sandbox
from models import errors, files

CHILD = Path(__file__).parent / "child_compare.py"
SECONDS, MEGABYTES = 90, 1536
WHY = {
    "pages": "số trang khác",
    "size": "khổ giấy của trang {page} khác",
    "content": "nội dung trang {page} khác",
    "annotation": "trang {page} có ghi chú hoặc ô bị thêm, bớt hay sửa",
    "active": "có mã lệnh hoặc tệp đính kèm bị thêm vào",
    "signatures": "có nhiều hơn một chữ ký mới",
}
OTHER = (
    "Tệp đã ký không phải văn bản đã giao ký: {why}. Không ghi chữ ký này; văn bản chưa bị thay đổi. "
    "Hãy ký đúng tệp hệ thống giao."
)
BROKEN = "Không đọc được tệp đã ký (tệp hỏng, quá lớn hoặc được làm để phá phần mềm). Văn bản chưa bị thay đổi; hãy ký lại."


def require_same_pages(given: bytes, brought: bytes) -> None:
    """Raises errors.Refused unless `brought` shows what `given` shows, with at most one signature more."""
    with _file(given) as first, _file(brought) as second:
        result = sandbox.run(
            [*sandbox.PYTHON, CHILD, first, second], seconds=SECONDS, megabytes=MEGABYTES,
            readable=(CHILD, first, second), output_cap=1 << 16,
        )  # fmt: skip
    try:
        said = json.loads(result.stdout) if result.ok else None
    except ValueError:
        said = None
    if said is None:
        raise errors.Refused(BROKEN)
    if not said["same"]:
        raise errors.Refused(OTHER.format(why=WHY[said["why"]].format(page=said["page"])))


@contextmanager
def _file(content: bytes):
    handle, name = tempfile.mkstemp(dir=files.spool().resolve(), prefix="so-", suffix=".pdf")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
