"""`python app.py verify FILE…`: Kiểm tra ký số of files outside the register, with or without an installation.

Every file ends in an object, readable or not. The result is printed for people in Vietnamese or as JSON for programs.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import peewee

from jobs import checking, revocation
from models import clock, config, db, errors
from signing import Expectation, Trust, check, trust_folder, verdict, words
from signing.errors import SigningError

SHOWN_VERDICTS = {"valid": "valid", "look": "review", "unchecked": "review", "invalid": "invalid"}
SIGNS = {"valid": "✔", "review": "!", "invalid": "✖"}
TITLES = {"valid": "HỢP LỆ", "review": "CẦN XEM", "invalid": "KHÔNG HỢP LỆ"}
MARKS = {"ok": "✔", "look": "!", "bad": "✖", "none": "·"}
INTEGRITY = {
    "intact": "nguyên vẹn, không có gì thêm sau khi ký", "intact_later_allowed": "nguyên vẹn, có phần thêm được phép",
    "changed": "bị thay đổi sau khi ký", "broken": "chữ ký hỏng", "partial": "chữ ký không bao trùm hết tệp",
    "unverifiable": "không kiểm tra được", "unsigned": "không có chữ ký số",
}  # fmt: skip
KINDS = {
    "person": "cá nhân",
    "organisation": "cơ quan",
    "timestamp": "dấu thời gian",
    "other": "không rõ loại",
}
MODIFICATIONS = {
    "none": "không có", "archive": "dữ liệu chứng thực lâu dài", "signature": "chữ ký sau", "annotation": "ghi chú",
    "form_filling": "ghi ô biểu mẫu", "other": "thay đổi khác",
}  # fmt: skip
TRUST = {
    "trusted": "tin cậy", "unknown": "chưa biết nơi cấp", "expired": "hết hạn lúc ký", "not_yet": "chưa hiệu lực lúc ký",
    "revoked": "đã bị thu hồi", "invalid": "chuỗi không hợp lệ", "unclear": "chưa dựng được chuỗi", "": "chưa xét",
}  # fmt: skip
REVOCATION = {
    "good": "không bị thu hồi",
    "revoked": "bị thu hồi",
    "unchecked": "chưa kiểm được",
    "": "chưa xét",
}


def main(paths, attachments=(), trust=None, at="", offline=False, as_json=False) -> int:
    """Check the files and print the outcome; 0 when all are valid, 1 otherwise. Raises Refused for a wrong use."""
    if attachments and len(paths) != 1:
        raise errors.Refused("--attachment chỉ dùng khi kiểm tra một văn bản chính.")
    moment, (believed, allowed, ask) = _moment(at), surroundings(trust)
    jobs = [(path, Expectation()) for path in paths]
    jobs += [(path, Expectation(attachment=True)) for path in attachments]

    def examined(job):
        return _examine(*job, believed, moment, online=not offline, allowed=allowed, ask=ask)

    try:
        with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
            reports = list(pool.map(examined, jobs))
    finally:
        checking.stop()
    if attachments:
        names = [str(path) for path in attachments]
        verdict.combine(reports[0], list(zip(names, reports[1:], strict=True)))
    sys.stdout.reconfigure(errors="backslashreplace")
    found = [(str(job[0]), report) for job, report in zip(jobs, reports, strict=True)]
    if as_json:
        print(json.dumps([as_object(name, report) for name, report in found], ensure_ascii=False, indent=1))
    else:
        print("\n\n".join(as_text(name, report) for name, report in found))
    return 0 if all(report.verdict == "valid" for report in reports) else 1


def as_object(name: str, report) -> dict:
    """The outcome of one file for programs."""
    return {
        "file": name,
        "verdict": SHOWN_VERDICTS[report.verdict],
        "integrity": report.integrity,
        "reasons": [{"code": item.code, "message": item.message} for item in report.reasons],
        "signatures": [
            {
                "name": item.signer or item.organisation,
                "kind": _kind(item),
                "signing_time": item.signed_at or None,
                "intact": item.integrity == "intact",
                "covers_whole_file": item.covers_whole_file,
                "modification": item.modification,
                "trust": item.trust,
                "revocation": item.revocation,
            }
            for item in report.signatures
        ],
    }


def as_text(name: str, report) -> str:
    """The same for people."""
    word = SHOWN_VERDICTS[report.verdict]
    rows = [f"{SIGNS[word]} {TITLES[word]}  {name}", f"  {report.sentence}"]
    rows.append(f"  Tính toàn vẹn: {INTEGRITY[report.integrity]}")
    rows += [f"  {MARKS[line.mark]} {line.name}: {line.text}" for line in report.lines]
    for number, item in enumerate(report.signatures, 1):
        who = " – ".join(part for part in (item.signer, item.title, item.organisation) if part)
        time = words.moment(item.signed_at) or "không ghi thời gian"
        whole = "bao trùm toàn bộ tệp" if item.covers_whole_file else "không phải toàn bộ tệp hiện nay"
        rows.append(f"  Chữ ký {number}: {who or 'không rõ'} ({KINDS[_kind(item)]}), {time}")
        rows.append(f"    {'nguyên vẹn' if item.integrity == 'intact' else 'không nguyên vẹn'}, {whole}")
        rows.append(f"    thêm sau khi ký: {MODIFICATIONS[item.modification]}")
        rows.append(
            f"    chứng thư: {TRUST.get(item.trust, item.trust)}; {REVOCATION.get(item.revocation, '')}"
        )
    for item in report.reasons:
        rows.append(f"  - [{item.code}] {item.message}")
        if item.remedy:
            rows.append(f"      Cách xử lý: {item.remedy}")
    return "\n".join(rows)


def _kind(item):
    return "timestamp" if item.kind == "stamp" else item.kind


def _examine(path, expect, believed, moment, **how):
    try:
        if path.is_dir():
            return check.unreadable("", moment, "missing", what=f"{path} là thư mục")
        if path.exists() and not path.is_file():
            return check.unreadable("", moment, "missing", what=f"{path} không phải tệp thường")
        return checking.examine(path, believed, moment=moment, expect=expect, **how).report
    except (OSError, ValueError) as problem:
        what = getattr(problem, "strerror", None) or str(problem)
        return check.unreadable("", moment, "missing", what=f"{path} ({what})")


def _moment(text):
    if not text:
        return clock.now()
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise errors.Refused(
            f"Thời điểm «{text}» sai dạng; hãy ghi như 2026-11-24T08:00:00+07:00."
        ) from problem
    return found if found.tzinfo else found.replace(tzinfo=words.VIETNAM)


def surroundings(folder):
    """(trust, allowed hosts, who asks): of the folder, else of the installation where there is one, else nothing."""
    settings = config.load()
    installed = (settings.data / "vanthu.db").is_file()
    believed, allowed, ask = Trust(), None, revocation.ask_named
    if installed:
        believed, allowed, ask = _installation(settings)
    if folder is not None:
        try:
            believed, useless = trust_folder.read_folder(folder)
        except SigningError as problem:
            raise errors.Refused(str(problem)) from problem
        for name in useless:
            print(f"Bỏ qua {name}: không đọc được chứng thư hay danh sách thu hồi.", file=sys.stderr)
    return believed, allowed, ask


def _installation(settings):
    config.use(settings)
    try:
        db.open_database(settings.data / "vanthu.db")
        with db.connection():
            here = revocation.here()
    except (OSError, peewee.PeeweeException) as problem:
        raise errors.Refused(f"Không mở được dữ liệu ở {settings.data}: {problem}") from problem
    return here.trust, here.allowed, revocation.ask


def add_to(commands) -> None:
    """Add the command to the parser of app.py."""
    one = commands.add_parser(
        "verify", help="Kiểm tra ký số các tệp PDF.", description=__doc__.splitlines()[0]
    )
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="tệp PDF")
    one.add_argument(
        "--attachment",
        action="append",
        default=[],
        type=Path,
        help="tệp kèm riêng của văn bản (lặp lại được)",
    )
    one.add_argument(
        "--trust", type=Path, metavar="DIR", help="thư mục chứng thư gốc, trung gian và danh sách thu hồi"
    )
    one.add_argument("--at", default="", metavar="ISO-TIME", help="kiểm tra như ở thời điểm này")
    one.add_argument("--offline", action="store_true", help="không gọi ra mạng")
    one.add_argument("--json", action="store_true", help="in JSON cho phần mềm khác")
    one.set_defaults(run=carried_out)


def carried_out(arguments) -> int:
    """Kiểm tra ký số các tệp PDF."""
    return main(
        arguments.files,
        arguments.attachment,
        arguments.trust,
        arguments.at,
        arguments.offline,
        arguments.json,
    )
