"""From findings to the verdict a clerk reads: HỢP LỆ, CẦN XEM, KHÔNG HỢP LỆ, or not yet checked.

The regulation's rules: two signatures in order (Quy chế 102 Điều 12.1), both dates equal the issue date (12.2),
separate attachments sealed (6.2.b). Sentences say what is wrong and where; `why` and `remedy` go to the sender too.
"""

import unicodedata
from datetime import datetime, timedelta, timezone

from signing.records import Expectation, Line, Report

VIETNAM = timezone(timedelta(hours=7), "+07")
WORDS = {"valid": "HỢP LỆ", "look": "CẦN XEM", "invalid": "KHÔNG HỢP LỆ", "unchecked": "CHƯA KIỂM TRA ĐƯỢC"}
_ORDER = ("valid", "unchecked", "look", "invalid")
_MARKS = {"valid": "ok", "look": "look", "unchecked": "look", "invalid": "bad"}


def conclude(report: Report, expect: Expectation, tolerant: bool) -> None:
    """Fill `verdict`, `sentence`, `reasons` and the eight lines of the card."""
    for item in report.signatures:
        _judge_signature(item)
    report.lines = [
        _content(report, tolerant),
        _signer(report, expect),
        _agency(report, expect),
        _dates(report, expect),
        _certificates(report),
        _issuers(report),
        Line("Phụ lục", "none", "Không kiểm tra phụ lục cùng tệp này.", "Điều 6.2.b"),
        _later(report),
    ]
    _sum_up(report)


def combine(report: Report, attachments: list[tuple[str, Report | None]]) -> Report:
    """The verdict of a document with its separate attachments: each must carry the agency's signature (6.2.b).

    A report of None is an attachment that can hold no signature we know (not a PDF).
    """
    bare = [name for name, found in attachments if found is None or found.integrity == "unsigned"]
    bad = [name for name, found in attachments if found and found.verdict == "invalid" and name not in bare]
    waiting = [name for name, found in attachments if found and found.verdict in ("unchecked", "look")]
    line = Line("Phụ lục", "ok", f"{len(attachments)} tệp kèm có chữ ký số của cơ quan.", "Điều 6.2.b")
    if not attachments:
        line = Line("Phụ lục", "none", "Không có tệp kèm riêng.", "Điều 6.2.b")
    elif bad:
        line.mark, line.text = "bad", f"Chữ ký trên {', '.join(bad)} không hợp lệ."
        line.remedy = "Đề nghị nơi gửi ký số lại tệp kèm và gửi lại."
    elif bare:
        line.mark, line.text = "look", f"{', '.join(bare)} chưa có chữ ký số của cơ quan (Điều 6.2.b)."
        line.why = "Tệp kèm riêng phải có chữ ký số của cơ quan thì mới biết nó thuộc văn bản này."
        line.remedy = "Đề nghị nơi gửi ký số tệp kèm bằng chứng thư của cơ quan và gửi lại."
    elif waiting:
        line.mark, line.text = "look", f"Chữ ký trên {', '.join(waiting)} cần xem lại."
    before = report.verdict
    report.lines = [line if item.name == "Phụ lục" else item for item in report.lines]
    report.retry = report.retry or any(found.retry for _, found in attachments if found)
    _sum_up(report)
    report.verdict = worst(before, report.verdict)  # attachments never make a document better
    return report


def worst(*verdicts: str) -> str:
    """The gravest of some verdicts."""
    return max(verdicts, key=_ORDER.index)


def _judge_signature(item):
    found, reasons = "valid", []
    for verdict, is_so, sentence in _signature_rules(item):
        if is_so:
            found = worst(found, verdict)
            reasons.append(sentence)
    item.verdict, item.reasons = found, reasons


def _signature_rules(item):
    """(verdict, whether it is so, sentence) of all that can be wrong with one signature."""
    return (*_file_rules(item), *_certificate_rules(item), *_time_rules(item))


def _file_rules(item):
    pages = f" (trang {', '.join(map(str, item.changed_pages))})" if item.changed_pages else ""
    fields = ", ".join(item.changed_fields)
    broken = f"Chữ ký của {_who(item)} không khớp với nội dung tệp: tệp đã bị sửa hoặc hỏng."
    added = f"Có phần được thêm sau khi ký{': ô ' + fields if fields else ''}."
    return (
        ("invalid", item.integrity != "intact", broken),
        ("invalid", item.changes == "changed", f"Nội dung đã bị thay đổi sau khi ký{pages}."),
        ("look", item.changes == "foreign", added),
    )


def _certificate_rules(item):
    who, end = _who(item), item.not_after and _day(item.not_after)
    unknown = item.integrity == "intact" and item.trust == "unknown"
    unchecked = item.trust == "trusted" and item.revocation == "unchecked"
    waiting = "Chưa kiểm được thu hồi chứng thư (không lấy được danh sách thu hồi). Hệ thống sẽ tự kiểm lại."
    return (
        (
            "invalid",
            item.trust == "revoked",
            f"Chứng thư của {who} đã bị thu hồi ngày {_day(item.revoked_at)}.",
        ),
        ("invalid", item.trust == "expired", f"Chứng thư của {who} đã hết hạn ngày {end}, trước khi ký."),
        ("invalid", item.trust == "not_yet", f"Chứng thư của {who} chưa có hiệu lực lúc ký."),
        ("invalid", item.trust == "invalid", f"Chuỗi chứng thư của {who} không hợp lệ."),
        ("look", unknown, f"Chưa có nơi cấp «{item.issuer}» trong danh sách tin cậy."),
        ("unchecked", unchecked, waiting),
        ("look", item.weak, f"Chữ ký của {who} dùng thuật toán SHA-1 đã lỗi thời."),
    )


def _time_rules(item):
    later = f"Chứng thư của {_who(item)} bị thu hồi ngày {_day(item.revoked_at)}, mà chữ ký không có dấu thời gian."
    timeless = not item.signed_at and item.integrity == "intact" and item.kind != "stamp"
    return (
        ("look", item.note == "revoked_later", later),
        ("invalid", item.note == "stamp_broken", f"Dấu thời gian trên chữ ký của {_who(item)} bị hỏng."),
        ("look", timeless, f"Chữ ký của {_who(item)} không ghi thời gian ký."),
    )


def _content(report, tolerant):
    count, pages = sum(item.kind != "stamp" for item in report.signatures), report.page_amount
    if report.integrity == "unreadable":
        why = "Tệp hỏng, có mật khẩu hoặc không phải PDF."
        return _bad(
            "Nội dung",
            "Không đọc được tệp để kiểm tra chữ ký.",
            "",
            why,
            "Đề nghị nơi gửi lập lại tệp và gửi lại.",
        )
    if report.integrity == "unsigned":
        why = "Hình con dấu hay chữ ký trên trang không phải là chữ ký số."
        return _bad(
            "Nội dung", "Văn bản không có chữ ký số.", "Điều 13.2", why, "Đề nghị nơi gửi ký số rồi gửi lại."
        )
    if report.integrity in ("broken", "changed"):
        reasons = [r for item in report.signatures for r in item.reasons if item.verdict == "invalid"]
        text = reasons[0] if reasons else "Chữ ký số trong tệp bị hỏng."
        why = "Từ khi ký, tệp đã khác đi, nên chữ ký không còn bảo đảm nội dung."
        return _bad("Nội dung", text, "", why, "Đề nghị nơi gửi gửi lại đúng tệp đã ký.")
    if tolerant:
        why = "Phần mềm chỉ mở được tệp bằng cách bỏ qua lỗi cấu trúc."
        return Line(
            "Nội dung", "look", "Chữ ký khớp, nhưng cấu trúc tệp có lỗi nên cần người xem.", "", why, ""
        )
    return Line("Nội dung", "ok", f"Nguyên vẹn từ khi ký. {pages} trang, {count} chữ ký.")


def _signer(report, expect):
    people = [item for item in report.signatures if item.kind in ("person", "other")]
    if expect.attachment:
        return Line("Người ký", "none", "Tệp kèm chỉ cần chữ ký số của cơ quan.", "Điều 6.2.b")
    if not report.signatures:
        return Line("Người ký", "none", "Không có.")
    if not people:
        text = "Chỉ có chữ ký số của cơ quan: đúng cho bản số hóa văn bản giấy hoặc bản sao (Điều 12.5)."
        why = "Văn bản điện tử gốc phải có chữ ký số của người có thẩm quyền rồi mới đến chữ ký số của cơ quan (Điều 12.1)."
        return Line("Người ký", "look", text, "Điều 12.1, 12.5", why, _RESEND)
    named = "; ".join(
        f"{' – '.join(p for p in (i.signer, i.title, i.organisation) if p)} {_moment(i)}" for i in people
    )
    mark = _MARKS[worst(*(item.verdict for item in people))]
    return Line("Người ký", mark, named, "Điều 12.1")


_RESEND = "Đề nghị nơi gửi ký đủ hai chữ ký số theo thứ tự rồi gửi lại."


def _agency(report, expect):
    seals = [item for item in report.signatures if item.kind == "organisation"]
    if not report.signatures:
        return Line("Cơ quan", "none", "Không có.")
    if not seals:
        why = "Chữ ký số của cơ quan thay cho con dấu; thiếu nó thì văn bản chưa được phát hành."
        return _bad("Cơ quan", "Thiếu chữ ký số của cơ quan (Điều 12.1).", "Điều 12.1", why, _RESEND)
    last = max(item.revision for item in report.signatures if item.kind != "stamp")
    if seals[-1].revision != last and not expect.attachment:
        why = "Cơ quan chỉ được ký sau người có thẩm quyền."
        return _bad(
            "Cơ quan", "Cơ quan đã ký trước người có thẩm quyền (Điều 12.1).", "Điều 12.1", why, _RESEND
        )
    seal = seals[-1]
    name = seal.signer or seal.organisation
    if expect.organisations and not _is_sender(seal, expect):
        text = f"Gửi từ {expect.organisations[0]} nhưng chữ ký số của {name}."
        return Line("Cơ quan", "look", text, "Điều 6.1.b", "Chữ ký số của cơ quan phải là của nơi gửi.", "")
    same = " = nơi gửi" if expect.organisations else ""
    return Line("Cơ quan", _MARKS[seal.verdict], f"{name}{same} {_moment(seal)}", "Điều 6.1.b")


def _dates(report, expect):
    days = {_date(item.signed_at) for item in report.signatures if item.signed_at}
    if not days:
        return Line("Ngày ký", "none", "Không đọc được ngày ký.", "Điều 12.2")
    written = expect.issued_day or _written_day(report)
    shown = ", ".join(f"{day:%d/%m/%Y}" for day in sorted(days))
    if expect.attachment:
        return Line("Ngày ký", "ok", f"Ký số ngày {shown}.", "Điều 6.2.b")
    if written and days != {written}:
        off = max(abs((day - written).days) for day in days)
        text = f"Ký số ngày {shown}, văn bản ghi {written:%d/%m/%Y} – lệch {off} ngày (Điều 12.2)."
        why = "Thời gian ký số của người có thẩm quyền và của cơ quan phải là ngày ban hành."
        return Line("Ngày ký", "look", text, "Điều 12.2", why, "Đề nghị nơi gửi ký lại đúng ngày ban hành.")
    if len(days) > 1:
        return Line("Ngày ký", "look", f"Hai chữ ký khác ngày: {shown} (Điều 12.2).", "Điều 12.2", "", "")
    if expect.number and report.number and report.number.split("/")[0].lstrip("0") != str(expect.number):
        text = f"Số ghi trong tệp là {report.number}, gói tin ghi số {expect.number}."
        return Line("Ngày ký", "look", text, "Điều 12.1", "", "Đề nghị nơi gửi kiểm tra lại số văn bản.")
    same = " = ngày văn bản" if written else ""
    return Line(
        "Ngày ký",
        "ok",
        f"{shown}{same} (cả {sum(bool(i.signed_at) for i in report.signatures)} chữ ký).",
        "Điều 12.2",
    )


def _certificates(report):
    if not report.signatures:
        return Line("Chứng thư", "none", "Không có.")
    for state in ("revoked", "expired", "not_yet", "invalid"):
        bad = [r for i in report.signatures if i.trust == state for r in i.reasons if "hứng thư" in r]
        if bad:
            remedy = "Đề nghị nơi gửi ký lại bằng chứng thư còn hiệu lực."
            return _bad("Chứng thư", bad[0], "", "Chứng thư phải còn hiệu lực lúc ký.", remedy)
    if any(item.note == "revoked_later" for item in report.signatures):
        text = next(
            r for i in report.signatures if i.note == "revoked_later" for r in i.reasons if "thu hồi" in r
        )
        return Line(
            "Chứng thư",
            "look",
            text,
            "",
            "Không có dấu thời gian thì không chứng minh được ký trước khi thu hồi.",
        )
    if any(item.trust == "trusted" and item.revocation == "unchecked" for item in report.signatures):
        text = "Còn hạn lúc ký. Chưa kiểm được thu hồi; hệ thống sẽ tự kiểm lại."
        return Line(
            "Chứng thư", "look", text, "", "Không lấy được danh sách thu hồi hay trả lời OCSP của nơi cấp."
        )
    if any(item.trust == "unknown" for item in report.signatures):
        return Line("Chứng thư", "look", "Chưa kiểm tra được thu hồi vì chưa biết nơi cấp.")
    as_of = max(item.revocation_as_of for item in report.signatures)
    source = next((i.revocation_source for i in report.signatures if i.revocation_as_of == as_of), "")
    return Line("Chứng thư", "ok", f"Còn hạn lúc ký. Không bị thu hồi ({source} {_day(as_of)}).")


def _issuers(report):
    if not report.signatures:
        return Line("Nơi cấp", "none", "Không có.")
    unknown = sorted({item.issuer for item in report.signatures if item.trust == "unknown"})
    if unknown:
        text = f"Chưa có nơi cấp «{', '.join(unknown)}» trong danh sách tin cậy."
        return Line(
            "Nơi cấp", "look", text, "", "Hệ thống chưa được báo là tin nơi cấp này.", "Hỏi quản trị viên."
        )
    issuers = ", ".join(sorted({item.issuer for item in report.signatures if item.kind != "stamp"}))
    return Line("Nơi cấp", "ok", f"{issuers} – trong danh sách tin cậy.")


def _later(report):
    after = [item.changes for item in report.signatures]
    if not after:
        return Line("Sau khi ký", "none", "Không có.")
    if "changed" in after or report.integrity == "broken":
        pages = sorted({page for item in report.signatures for page in item.changed_pages})
        where = f" (trang {', '.join(map(str, pages))})" if pages else ""
        return _bad("Sau khi ký", f"Nội dung đã bị thay đổi sau khi ký{where}.", "", "", "")
    if "foreign" in after:
        fields = sorted({name for item in report.signatures for name in item.changed_fields})
        text = f"Có phần được thêm sau khi ký{': ô ' + ', '.join(fields) if fields else ''}."
        return Line(
            "Sau khi ký",
            "look",
            text,
            "",
            "Phần mềm nơi gửi có thể đã ghi số sau khi ký; cần người xác nhận.",
        )
    words = {"filled": "Chỉ ghi số, ngày và thêm chữ ký cơ quan.", "signed": "Chỉ thêm chữ ký sau."}
    text = next((words[kind] for kind in ("filled", "signed") if kind in after), "Không có gì thêm.")
    return Line("Sau khi ký", "ok", f"{text} Không thay đổi khác.", "Điều 12.1")


def _sum_up(report):
    kinds = {"ok": "valid", "none": "valid", "look": "look", "bad": "invalid"}
    found = worst(
        "valid", *(kinds[line.mark] for line in report.lines), *(i.verdict for i in report.signatures)
    )
    if report.integrity not in ("intact", "extended"):
        found = "invalid"
    if found == "look" and _only_unchecked(report):
        found = "unchecked"
    report.verdict = found
    texts = [line.text for line in report.lines if line.mark in ("bad", "look")]
    texts += [reason for item in report.signatures for reason in item.reasons]
    bad = [line.text for line in report.lines if line.mark == "bad"]
    report.reasons = list(dict.fromkeys(texts))
    good = "Chữ ký hợp lệ, nội dung nguyên vẹn từ khi ký; tự động tiếp nhận được (Quy chế 102, Điều 10.2)."
    report.sentence = good if found == "valid" else (bad or report.reasons or ["Cần người xem lại."])[0]


def _only_unchecked(report):
    """True when nothing but missing revocation data keeps the file from being valid."""
    waiting = any(item.verdict == "unchecked" for item in report.signatures)
    settled = all(item.verdict in ("valid", "unchecked") for item in report.signatures)
    names = {line.name for line in report.lines if line.mark == "look"}
    people = {"Người ký", "Cơ quan", "Chứng thư"}
    return waiting and settled and names <= people and _named_well(report)


def _named_well(report):
    return not any(line.mark == "look" and line.text.startswith("Gửi từ") for line in report.lines)


def _bad(name, text, law, why, remedy):
    return Line(name, "bad", text, law, why, remedy)


def _who(item):
    return item.signer or item.organisation or "người ký"


def _is_sender(seal, expect):
    """True when the certificate names the sender: «Sở Y tế» of «Tỉnh X» is «Sở Y tế tỉnh X» and not that of tỉnh Y."""
    name, above = _plain(seal.signer or seal.organisation), _plain(seal.organisation)
    wanted = [_plain(other) for other in expect.organisations if other]
    parents = [_plain(parent) for parent in expect.parents if parent]
    context = " ".join([*wanted, *parents])
    fits_above = above == name or above.removeprefix("ubnd") in context
    for other in wanted if name else ():
        if other in name or (name in other and fits_above):
            return other != name or fits_above or not parents
    return False


def _plain(name):
    marks = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    plain = "".join(c for c in marks.replace("đ", "d").replace("Đ", "d").lower() if c.isalnum())
    return plain.replace("uybannhandan", "ubnd").replace("hoidongnhandan", "hdnd")


def _moment(item):
    return (
        f"{datetime.fromisoformat(item.signed_at).astimezone(VIETNAM):%d/%m/%Y %H:%M:%S +07}"
        if item.signed_at
        else ""
    )


def _date(text):
    return datetime.fromisoformat(text).astimezone(VIETNAM).date()


def _day(text):
    return f"{_date(text):%d/%m/%Y}" if text else "…"


def _written_day(report):
    try:
        return datetime.strptime(report.day, "%d/%m/%Y").date()
    except ValueError:
        return None
