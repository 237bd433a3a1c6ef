"""The words and trees of Kiểm tra ký số: plain data of a report turned into what a clerk, a sender and an expert read."""

from datetime import datetime

from models import clock
from signing.reasons import REASONS

OTHER_AGENCY = frozenset({"sender_mismatch"})
NOTHING_TO_DO = {"", REASONS["revocation_unchecked"].remedy, REASONS["issuer_unknown"].remedy}
LONGEST_RETURN = 2000
KINDS = {
    "person": "Cá nhân",
    "organisation": "Cơ quan, tổ chức",
    "stamp": "Dấu thời gian",
    "other": "Chưa rõ loại",
}
INTEGRITY = {
    "intact": ("ok", "Chữ ký khớp với nội dung đã ký"),
    "broken": ("bad", "Chữ ký không khớp: nội dung đã ký bị sửa hoặc chữ ký hỏng"),
    "partial": ("bad", "Chữ ký bỏ ra ngoài một phần tệp"),
    "unverifiable": ("bad", "Không kiểm được khối chữ ký"),
}
CHANGES = {
    "none": ("ok", "Không có gì thêm sau chữ ký này"),
    "archive": ("ok", "Chỉ thêm dấu thời gian, dữ liệu lưu trữ lâu dài"),
    "signed": ("ok", "Chỉ thêm chữ ký sau"),
    "filled": ("ok", "Chỉ ghi số, ngày vào ô đã dành sẵn và thêm chữ ký sau"),
    "foreign": ("warn", "Có phần được thêm bằng phần mềm khác"),
    "harmless": ("warn", "Có phần được ghi thêm, không thấy trên trang"),
    "changed": ("bad", "Nội dung đã bị thay đổi"),
}
TRUST = {
    "trusted": ("ok", "Nối được tới gốc trong danh sách tin cậy lúc ký"),
    "unknown": ("warn", "Chưa nối được tới gốc nào trong danh sách tin cậy"),
    "expired": ("bad", "Chứng thư hết hạn trước khi ký"),
    "not_yet": ("bad", "Chứng thư chưa có hiệu lực lúc ký"),
    "revoked": ("bad", "Chứng thư đã bị thu hồi trước khi ký"),
    "invalid": ("bad", "Chuỗi chứng thư sai"),
    "unclear": ("warn", "Chưa dựng được chuỗi chứng thư"),
    "stamp": ("ok", "Dấu thời gian của tệp"),
}
REVOCATION = {
    "good": ("ok", "Không bị thu hồi lúc ký"),
    "revoked": ("bad", "Đã bị thu hồi"),
    "unchecked": ("warn", "Chưa kiểm được thu hồi"),
    "stale": ("warn", "Danh sách thu hồi cũ hơn lúc ký"),
    "stamp": ("none", "Không xét với dấu thời gian của tệp"),
}
MARKS = {"ok": "ok", "none": "none", "look": "warn", "bad": "bad"}
VERDICT_MARK = {"valid": "ok", "look": "warn", "unchecked": "warn", "invalid": "bad"}


def explained(facts: dict) -> list[dict]:
    """The eight lines for the page; one that is not green says why and what to do, if need be by its signature."""
    lines = []
    for line in facts["lines"]:
        shown = {**line, "kind": MARKS[line["mark"]], "title": line["name"]}
        if shown["kind"] in ("warn", "bad") and not line["why"]:
            kinds = {"Người ký": ("person", "other"), "Cơ quan": ("organisation",)}.get(line["name"], ())
            causes = [one for item in facts["signatures"] if item["kind"] in kinds for one in item["reasons"]]
            if causes:
                shown |= {"why": causes[0]["message"], "remedy": line["remedy"] or causes[0]["remedy"]}
        lines.append(shown)
    return lines


def default_act(verdict: str, codes: set[str], reason_needed: str) -> str:
    """What Enter does for this finding: accept, reason, return, ask, wait or decide (ux 5)."""
    if verdict == "valid" or not verdict:
        return "accept"
    if verdict == "invalid":
        return "return"
    if verdict == "unchecked":
        return "decide" if reason_needed else "wait"
    return (
        "ask" if codes & {"issuer_unknown"} and not codes - {"issuer_unknown", "annex_waiting"} else "reason"
    )


def return_text(report: dict, note: str = "") -> str:
    """The return's reason: each cause with what the sender must do, in one paragraph a sender can act on."""
    causes, told = [], set()
    for reason in report["reasons"]:
        if reason["message"] in told:
            continue
        told.add(reason["message"])
        remedy = "" if reason["remedy"] in NOTHING_TO_DO or reason["remedy"] in told else reason["remedy"]
        told.add(remedy)
        causes.append(" ".join(part for part in (reason["message"], remedy) if part))
    if not causes:
        return note
    words = causes[0] if len(causes) == 1 else " ".join(f"({n}) {words}" for n, words in enumerate(causes, 1))
    return words if len(words) <= LONGEST_RETURN else f"{words[: LONGEST_RETURN - 1]}…"


def signature(one: dict, number: int) -> dict:
    """One signature for the page: who, when, and the tree of its checks (as DSS shows them)."""
    return {
        **one, "number": number, "kind_label": KINDS.get(one["kind"], one["kind"]),
        "at": moment(one["signed_at"]), "mark": VERDICT_MARK.get(one["verdict"], "bad"),
        "who": one["signer"] or one["organisation"] or "không đọc được tên", "tree": tree(one),
    }  # fmt: skip


def tree(one: dict) -> list[dict]:
    """[{"mark", "name", "words"}] of one signature: format, integrity, coverage, later changes, certificate, chain,
    revocation, time, policy."""
    found = [_format(one), _integrity(one), _coverage(one), _later(one)]
    if one["kind"] != "stamp" or one["certificate_sha256"]:
        found += [
            _certificate(one),
            _pair("Chuỗi tin cậy", one["trust"], TRUST, one["issuer"]),
            _revocation(one),
        ]
    return [*found, _time(one), _policy(one)]


def moment(iso: str) -> str:
    """«14/07/2026 08:01:12 +07» of an ISO moment; what cannot be read is shown as it is."""
    try:
        return f"{clock.local(datetime.fromisoformat(iso)):%d/%m/%Y %H:%M:%S} +07" if iso else ""
    except ValueError:
        return iso


def comparison(before: dict, after: dict) -> list[dict]:
    """What two checks of the same document say side by side: [{"name", "before", "after", "same"}]."""
    rows = [
        ("Kết quả", before["verdict"], after["verdict"]),
        ("Nguyên vẹn", before["integrity"], after["integrity"]),
    ]
    pairs = max(len(before["signatures"]), len(after["signatures"]))
    for number in range(pairs):
        old = before["signatures"][number] if number < len(before["signatures"]) else {}
        new = after["signatures"][number] if number < len(after["signatures"]) else {}
        for name, key in (("người ký", "signer"), ("thời gian ký", "signed_at"), ("toàn vẹn", "integrity"),
                          ("tin cậy", "trust"), ("thu hồi", "revocation"), ("sau khi ký", "changes")):  # fmt: skip
            rows.append((f"Chữ ký {number + 1}: {name}", old.get(key, "—"), new.get(key, "—")))
    return [{"name": n, "before": _word(b), "after": _word(a), "same": b == a} for n, b, a in rows]


WORDS = {
    "valid": "HỢP LỆ", "look": "CẦN XEM", "invalid": "KHÔNG HỢP LỆ", "unchecked": "CHƯA KIỂM ĐƯỢC", "intact": "nguyên vẹn",
    "intact_later_allowed": "nguyên vẹn, chỉ thêm phần được phép", "changed": "đã thay đổi", "broken": "hỏng",
    "partial": "không bao trùm hết", "unverifiable": "không kiểm được", "unsigned": "không có chữ ký", "trusted": "tin cậy",
    "unknown": "chưa biết nơi cấp", "good": "không bị thu hồi", "revoked": "bị thu hồi", "none": "không có gì thêm",
    "filled": "ghi số, ngày", "signed": "thêm chữ ký", "archive": "thêm dữ liệu lưu trữ", "stamp": "dấu thời gian",
    "expired": "hết hạn",
}  # fmt: skip


def _word(value) -> str:
    return WORDS.get(value) or moment(value) or "—"


def _line(mark, name, words):
    return {"mark": mark, "name": name, "words": words}


def _pair(name, value, table, more=""):
    mark, words = table.get(value, ("warn", value or "Không xét tới"))
    return _line(mark, name, f"{words}{': ' + more if more else ''}")


def _format(one):
    broken = one["integrity"] == "unverifiable"
    words = (
        "Không đọc được khối chữ ký"
        if broken
        else f"Đọc được, ô «{one['field_name']}», lần ghi {one['revision']}"
    )
    return _line("bad" if broken else "ok", "Định dạng", words)


def _integrity(one):
    return _pair("Toàn vẹn", one["integrity"], INTEGRITY)


def _coverage(one):
    if one["integrity"] == "partial":
        return _line("bad", "Bao trùm", "Có phần của tệp nằm ngoài chữ ký")
    words = (
        "Toàn bộ tệp hiện nay" if one["covers_whole_file"] else "Toàn bộ tệp lúc ký; sau đó tệp được ghi thêm"
    )
    return _line("ok", "Bao trùm", words)


def _later(one):
    mark, words = CHANGES.get(one["changes"], ("warn", one["changes"] or "Không xét được"))
    where = f", trang {', '.join(map(str, one['changed_pages']))}" if one["changed_pages"] else ""
    fields = f" (ô {', '.join(one['changed_fields'])})" if one["changed_fields"] else ""
    return _line(mark, "Sau khi ký", f"{words}{where}{fields}")


def _certificate(one):
    if not one["certificate_sha256"]:
        return _line("warn", "Chứng thư", "Không có chứng thư của người ký trong chữ ký")
    period = f"có hạn {moment(one['not_before'])[:10]} – {moment(one['not_after'])[:10]}"
    words = f"{KINDS.get(one['kind'], one['kind'])}, số {one['serial']}, {period}"
    out = one["trust"] in ("expired", "not_yet")
    return _line("bad" if out else "ok", "Chứng thư", words)


def _revocation(one):
    source = ""
    if one["revocation_as_of"]:
        source = f"{one['revocation_source']} {moment(one['revocation_as_of'])[:16]}"
    if one["revoked_at"]:
        source = f"ngày {moment(one['revoked_at'])[:10]}"
    return _pair("Thu hồi", one["revocation"], REVOCATION, source)


def _time(one):
    if one["stamped_at"]:
        return _line(
            "ok", "Thời gian", f"{moment(one['stamped_at'])}, theo dấu thời gian của nơi cấp dấu thời gian"
        )
    if one["claimed_at"]:
        return _line(
            "none",
            "Thời gian",
            f"{moment(one['claimed_at'])}, theo đồng hồ máy người ký (không có dấu thời gian)",
        )
    return _line("warn", "Thời gian", "Không ghi thời gian ký")


def _policy(one):
    mark = VERDICT_MARK.get(one["verdict"], "bad")
    why = "; ".join(reason["message"] for reason in one["reasons"])
    code = f" [{one['sub_indication']}]" if one["sub_indication"] else ""
    return _line(mark, "Quy tắc", f"{why or 'Đạt các quy tắc về thuật toán, thứ tự, ngày ký'}{code}")
