"""The eight lines of the card Kiểm tra ký số: content, signer, agency, day, certificates, issuers, attachments, later.

A line that is not green carries the code of its reason, with why it matters and what the sender must do.
"""

from datetime import datetime

from signing.names import is_sender
from signing.reasons import REASONS, reason
from signing.records import Expectation, Line, Report
from signing.words import date_of, day, moment

_MARKS = {"valid": "ok", "look": "look", "unchecked": "look", "invalid": "bad"}
_GRAVITY = ("ok", "none", "look", "bad")
_CONTENT_CODES = (
    "changed_after", "signature_broken", "signature_forged", "signature_malformed", "signature_unsupported",
    "signer_not_found", "signature_covers_part", "signature_removed", "stamp_broken", "certificate_swapped", "not_compared", "container_rubbish", "certificate_not_named",
)  # fmt: skip
_CHAIN_CODES = (
    "certificate_revoked", "certificate_expired", "certificate_not_yet", "chain_invalid", "wrong_usage", "revoked_later",
    "authority_revoked", "revocation_unchecked", "revocation_stale", "revocation_out_of_bounds", "chain_unclear",
)  # fmt: skip


def lines(report: Report, expect: Expectation) -> list[Line]:
    """The eight lines of a file's report, its signatures judged."""
    return [
        _content(report),
        _signer(report, expect),
        _agency(report, expect),
        _dates(report, expect),
        _certificates(report),
        _issuers(report),
        Line("Phụ lục", "none", "Không kiểm tra phụ lục cùng tệp này.", "Điều 6.2.b"),
        _later(report),
    ]


def annexes(attachments: list[tuple[str, Report | None]]) -> Line:
    """The line of the separate attachments: (name, report or None for a file that can hold no signature)."""
    bare = [name for name, found in attachments if found is None or found.integrity == "unsigned"]
    bad = [name for name, found in attachments if found and found.verdict == "invalid" and name not in bare]
    waiting = [name for name, found in attachments if found and found.verdict in ("unchecked", "look")]
    for code, names in (("annex_invalid", bad), ("annex_unsigned", bare), ("annex_waiting", waiting)):
        if names:
            return _line("Phụ lục", reason(code, names=", ".join(names)))
    if not attachments:
        return Line("Phụ lục", "none", "Không có tệp kèm riêng.", "Điều 6.2.b")
    return Line("Phụ lục", "ok", f"{len(attachments)} tệp kèm có chữ ký số của cơ quan.", "Điều 6.2.b")


def _line(name, found):
    meaning = REASONS[found.code]
    mark = _MARKS[meaning.verdict]
    return Line(name, mark, found.message, meaning.law, meaning.why, found.remedy, found.code)


def _first(report, codes):
    """The gravest reason of those codes among the file's and its signatures'."""
    found = [item for item in report.reasons if item.code in codes]
    found += [item for signature in report.signatures for item in signature.reasons if item.code in codes]
    return min(found, key=lambda item: codes.index(item.code), default=None)


def _content(report):
    own = [item for item in report.reasons if item.code in REASONS]
    if not report.signatures and own:
        return _line("Nội dung", own[0])
    wrong = _first(report, _CONTENT_CODES)
    if wrong or own:
        return _line("Nội dung", wrong or own[0])
    count = sum(item.kind != "stamp" for item in report.signatures)
    return Line("Nội dung", "ok", f"Nguyên vẹn từ khi ký. {report.page_amount} trang, {count} chữ ký.")


def _signer(report, expect):
    people = [item for item in report.signatures if item.kind in ("person", "other")]
    if not report.signatures:
        return Line("Người ký", "none", "Không có.")
    if expect.attachment:
        return Line("Người ký", "none", "Tệp kèm chỉ cần chữ ký số của cơ quan.", "Điều 6.2.b")
    if expect.copy and not people:
        return Line("Người ký", "ok", "Bản sao: chỉ cần chữ ký số của cơ quan sao.", "Điều 12.5")
    if not people:
        return _line("Người ký", reason("no_person"))
    named = "; ".join(
        f"{' – '.join(p for p in (i.signer, i.title, i.organisation) if p)} {moment(i.signed_at)}"
        for i in people
    )
    mark = max((_MARKS[item.verdict] for item in people), key=_GRAVITY.index)
    return Line("Người ký", mark, named, "Điều 12.1")


def _agency(report, expect):
    seals = [item for item in report.signatures if item.kind == "organisation"]
    if not report.signatures:
        return Line("Cơ quan", "none", "Không có.")
    if not seals and expect.leader_only:
        return Line("Cơ quan", "none", "Chưa đến bước đóng dấu.", "Điều 12.1")
    if not seals:
        return _line("Cơ quan", reason("no_seal" if expect.issued or expect.attachment else "seal_not_found"))
    last = max(item.revision for item in report.signatures if item.kind != "stamp")
    seal = seals[-1]
    if seal.revision != last and not expect.attachment:
        return _line("Cơ quan", reason("order" if expect.issued else "order_unusual"))
    name = seal.signer or seal.organisation
    if expect.organisations and not is_sender(seal, expect):
        return _line("Cơ quan", reason("sender_mismatch", sender=expect.organisations[0], signer=name))
    same = " = nơi gửi" if expect.organisations else ""
    return Line("Cơ quan", _MARKS[seal.verdict], f"{name}{same} {moment(seal.signed_at)}", "Điều 6.1.b")


def _dates(report, expect):
    days = {date_of(item.signed_at) for item in report.signatures if item.signed_at and item.kind != "stamp"}
    if not days:
        return Line("Ngày ký", "none", "Không đọc được ngày ký.", "Điều 12.2")
    written = expect.issued_day or _written_day(report)
    shown = ", ".join(f"{one:%d/%m/%Y}" for one in sorted(days))
    if expect.attachment:
        return Line("Ngày ký", "ok", f"Ký số ngày {shown}.", "Điều 6.2.b")
    if expect.copy:
        return Line("Ngày ký", "ok", f"Bản sao ký ngày {shown}.", "Điều 12.5")
    if written and days != {written}:
        off = max(abs((one - written).days) for one in days)
        return _line("Ngày ký", reason("date_mismatch", signed=shown, written=f"{written:%d/%m/%Y}", off=off))
    if len(days) > 1:
        return _line("Ngày ký", reason("two_days", signed=shown))
    if (
        expect.number
        and report.number
        and report.number.split("/")[0].strip().lstrip("0") != str(expect.number)
    ):
        return _line("Ngày ký", reason("number_mismatch", written=report.number, sent=expect.number))
    same = " = ngày văn bản" if written else ""
    count = sum(bool(item.signed_at) and item.kind != "stamp" for item in report.signatures)
    return Line("Ngày ký", "ok", f"{shown}{same} ({'cả ' if count > 1 else ''}{count} chữ ký).", "Điều 12.2")


def _certificates(report):
    if not report.signatures:
        return Line("Chứng thư", "none", "Không có.")
    wrong = _first(report, _CHAIN_CODES)
    if wrong:
        return _line("Chứng thư", wrong)
    weak = _first(report, ("weak_algorithm", "weak_key"))
    if weak:
        return _line("Chứng thư", weak)
    if any(item.trust != "trusted" for item in report.signatures if item.kind != "stamp"):
        return Line("Chứng thư", "look", "Chưa kiểm tra được thu hồi vì chưa biết nơi cấp.")
    signers = [item for item in report.signatures if item.kind != "stamp"]
    as_of = min(
        (item.revocation_as_of for item in signers if item.revocation_as_of), default=""
    )  # the oldest
    source = next((item.revocation_source for item in signers if item.revocation_as_of == as_of), "")
    return Line(
        "Chứng thư", "ok", f"Còn hạn lúc ký. Không bị thu hồi ({source} {day(as_of)}{_age(as_of, report)})."
    )


def _age(as_of, report):
    if not as_of or not report.checked_at:
        return ""
    days = (date_of(report.checked_at) - date_of(as_of)).days
    return f", {days} ngày trước" if days > 0 else ""


def _issuers(report):
    if not report.signatures:
        return Line("Nơi cấp", "none", "Không có.")
    unknown = sorted({item.issuer for item in report.signatures if item.trust == "unknown"})
    if unknown:
        return _line("Nơi cấp", reason("issuer_unknown", issuer=", ".join(unknown)))
    issuers = sorted(
        {item.issuer for item in report.signatures if item.kind != "stamp" and item.trust == "trusted"}
    )
    if not issuers:
        return Line("Nơi cấp", "none", "Chưa xét đến nơi cấp.")
    return Line("Nơi cấp", "ok", f"{', '.join(issuers)} – trong danh sách tin cậy.")


def _later(report):
    after = [item.changes for item in report.signatures]
    if not after:
        return Line("Sau khi ký", "none", "Không có.")
    changed = _first(report, ("changed_after",))
    if changed:
        pages = sorted({page for item in report.signatures for page in item.changed_pages})
        if pages:
            changed = reason("changed_after", pages=f" (trang {', '.join(map(str, pages))})")
        return _line("Sau khi ký", changed)
    if report.integrity not in ("intact", "intact_later_allowed"):
        return Line("Sau khi ký", "bad", "Chữ ký hỏng nên không xét được phần sau khi ký.")
    added = _first(report, ("added_foreign", "added_harmless"))
    if added:
        return _line("Sau khi ký", added)
    words = {"filled": "Chỉ ghi số, ngày và thêm chữ ký cơ quan.", "signed": "Chỉ thêm chữ ký sau."}
    words["archive"] = "Chỉ thêm dấu thời gian và dữ liệu chứng thực lâu dài."
    text = next((words[kind] for kind in words if kind in after), "Không có gì thêm.")
    return Line("Sau khi ký", "ok", f"{text} Không thay đổi khác.", "Điều 12.1")


def _written_day(report):
    try:
        return datetime.strptime(report.day, "%d/%m/%Y").date()
    except ValueError:
        return None
