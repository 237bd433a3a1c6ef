"""What Chờ lưu trữ shows of one document or scan: pages with boxes, the form with what was read, who it may go to."""

from datetime import date

from models import checks as signature_checks
from models import desk, documents, doubles, incoming, lookups, readings, registers, routing, scans, workflow
from views import incoming_page, scans_pages, verification, web

FORM_NAMES = {"type_name": "type_code", "due_date": "asked_due_date", "recipients": "to_places"}
LABELS = {
    "organ_name": "Cơ quan", "parent_organ_name": "Cơ quan chủ quản", "code_number": "Số", "code_notation": "Ký hiệu",
    "issued_date": "Ngày", "place": "Địa danh", "type_code": "Tên loại", "subject": "Trích yếu", "to_places": "Nơi nhận",
    "signer_position": "Chức vụ", "signer_name": "Người ký", "urgency": "Độ khẩn", "asked_due_date": "Hạn trả lời",
}  # fmt: skip
ORDER = (
    "reason", "parent_organ_name", "organ_name", "code_number", "code_notation", "issued_date", "type_code", "subject",
    "signer_position", "signer_name", "urgency", "asked_due_date", "page_amount", "to_places", "place",
)  # fmt: skip
A4 = (595, 842)
MUST = ("organ_name", "issued_date", "subject")
SOURCES = {"header": "gói tin", "page": "trang", "name": "tên tệp", "signature": "chữ ký"}
REASONS = (
    "Đã gọi điện, nơi gửi xác nhận.", "Nội dung rõ, nơi gửi sẽ gửi bản thay thế.", "Cần giải quyết ngay, theo dõi sau.",
)  # fmt: skip
UNREAD, DOUBTFUL = "Chưa đọc được.", "Hãy xem lại."


def of(actor, item: desk.Item | None, tab: str, form=None, refusal=None) -> dict:
    """The context of `incoming/_item.html` and its parts; `form`, `refusal` are posted forms to show again."""
    if item is None:
        return _nothing(actor, tab)
    make = _of_doc if item.kind == desk.DOC else _of_scan
    return make(actor, item, tab, form, refusal)


def _nothing(actor, tab) -> dict:
    return {
        "item": None, "desk": tab, "doc": None, "scan": None, "strip": None, "registered_today": desk.registered_today(actor),
    }  # fmt: skip


def _of_doc(actor, item, tab, form, refusal) -> dict:
    doc = item.row
    scan, leaders = desk.scan_of(doc), incoming.leaders(doc.agency_id)
    looked = readings.of_scan(scan) if scan else readings.of_doc(doc)
    routes = _routes(actor, leaders, doc.organ_name, doc.type_code, doc.subject, doc.parent_organ_name)
    waits, missing = doc.state == "arrived", signature_checks.needs_reason(doc)
    found = doubles.of(actor, form.fields if form and form.ok else None, doc=doc) if waits else []
    return {
        "scan": scan, "doc": doc, "state": workflow.label(doc), "say": _say(looked, doc, waits, missing), "doubles": found,
        "form": form or incoming_page.RegistrationForm.of(doc, leaders, routes, looked),
        "refusal": refusal or incoming_page.RefusalForm(None, reason=verification.return_words(doc)),
        "offers": incoming_page.offers(doc, actor), "reason_needed": missing,
        "source": None, "record": None, "sheets": _sheets(_picture(doc), looked, doc.page_amount),
        "files": incoming_page.files(doc), "clock": incoming_page.presenting(doc), "job": None, "strip": None,
        **verification.card(doc), **_common(item, tab, routes),
    }  # fmt: skip


def _of_scan(actor, item, tab, form, refusal) -> dict:
    scan = item.row
    leaders, looked, values = incoming.leaders(scan.agency_id), readings.of_scan(scan), scans.proposed(scan)
    routes = _routes(
        actor, leaders, values.get("organ_name", ""), values.get("type_code", ""), values.get("subject", ""),
        values.get("parent_organ_name", ""),
    )  # fmt: skip
    readable = scan.state == "read" or (scan.state == "reading" and scan.pages_done > 0)
    found = doubles.of(actor, form.fields if form and form.ok else None, scan=scan) if readable else []
    said = (
        incoming_page.RefusalForm(None, reason=doubles.refusal_words(found[0]))
        if found
        else incoming_page.RefusalForm(None)
    )
    address = f"/scans/{scan.id}/pages/{{}}.png?{scan.tries}.{len(scan.arrangement)}" if scan.shown else ""
    return {
        "scan": scan, "doc": None, "state": scan.label, "say": _say(looked, scan, readable), "doubles": found,
        "form": form or incoming_page.ScanForm.read_from(scan, leaders, routes), "refusal": refusal or said,
        "offers": {}, "reason_needed": "", "source": None, "record": None, "files": [], "clock": None,
        "sheets": _sheets(address, looked, scan.pages_total), "job": job_of(scan), "strip": scans_pages.strip_of(actor, scan),
        "check": None, "lines": [], "found": [], "reasons": [], "waiting": None, "alias": "", "default": "",
        **_common(item, tab, routes),
    }  # fmt: skip


def _common(item, tab, routes) -> dict:
    base = f"/incoming/{item.row.id}" if item.kind == desk.DOC else f"/scans/{item.row.id}"
    return {
        "item": item, "desk": tab, "base": base, "types": incoming_page.TYPES, "routes": routes, "registered_today": 0,
        "coming": registers.coming(registers.of(item.row.agency_id, "incoming")),
    }  # fmt: skip


def _routes(actor, leaders, organ_name, type_code, subject, parent) -> list[dict]:
    """To whom the letter goes: the proposals first, each saying why, then the other leaders in their order."""
    found = {}
    if organ_name or type_code:
        for route in routing.propose(actor, organ_name, type_code, subject, parent):
            if route.straight:
                found[route.key] = {"id": route.key, "name": f"Chuyển thẳng {route.name}", "why": route.why}
            elif route.post and route.post.has(lookups.LEADER):
                found[route.post.id] = {"id": route.post.id, "name": route.name, "why": route.why}
    for post in leaders:
        found.setdefault(post.id, {"id": post.id, "name": post.person.full_name, "why": ""})
    return list(found.values())[:9]


def _say(looked, row, waits: bool, missing: str = "") -> dict:
    """What stands at the fields: why one is amber, how sure each reading is, proposals to choose; which comes first."""
    read = {FORM_NAMES.get(name, name): one for name, one in looked.fields.items()}
    unsure = {FORM_NAMES.get(name, name) for name in readings.unsure(looked)} if waits else set()
    amber = {name: DOUBTFUL if name in read else UNREAD for name in unsure if name != "asked_due_date"}
    if (
        getattr(row, "flow", "") == "incoming"
    ):  # what its sender did not write, and nothing else is asked of it
        disagreed = {FORM_NAMES.get(one.field, one.field) for one in looked.disagreements}
        compared = {name for name in read if name in disagreed or looked.state == "read"}
        amber = {
            name: words
            for name, words in amber.items()
            if name in compared or (name in MUST and name not in read)
        }
    chips = _chips(looked, "issued_date" in amber)
    if missing:
        amber["reason"] = missing
        chips["reason"] = [{"value": words, "words": words, "into": ""} for words in REASONS]
    marks = {
        name: {"sure": one["sure"], "percent": round(one["confidence"] * 100), "words": _read_at(one)}
        for name, one in read.items() if one.get("box")
    }  # fmt: skip
    first = next((name for name in ORDER if name in amber), "")
    sentences = [one.words for one in looked.disagreements] + _replies(looked)
    return {"amber": amber, "marks": marks, "chips": chips, "first": first, "sentences": sentences if waits else [],
            "standard": getattr(row, "standard", [])}  # fmt: skip


def _read_at(one) -> str:
    also = [SOURCES[name] for name in one.get("sources", ()) if name in SOURCES and name != "page"]
    return f"Đọc ở trang {one['page']}: «{one['value']}»" + (f"; khớp {', '.join(also)}" if also else "")


def _replies(looked) -> list[str]:
    """«Phúc đáp công văn số …» of ours, said in a sentence."""
    found = []
    for one in looked.extras.get("reply_reference") or ():
        if one.get("document"):
            found.append(f"{one['words']}: trả lời văn bản đi {one['document'].number_text} của cơ quan ta.")
    return found[:2]


def _chips(looked, shows_days: bool) -> dict:
    """Proposals under a field, chosen with Alt+1…9: a deadline or meeting in the text, days the letter may be of."""
    extras, chips = looked.extras, {}
    due, meeting = extras.get("due") or looked.fields.get("due_date"), extras.get("meeting")
    if due:
        day = web.show_day(date.fromisoformat(due["value"]))
        chips["asked_due_date"] = [
            {"value": day, "words": f"«{due.get('words') or 'hạn trong văn bản'}» → {day}", "into": ""}
        ]
    if meeting:
        day = web.show_day(date.fromisoformat(meeting["day"]))
        words = f"Họp {meeting['time']} {day}" + (f", {meeting['where']}" if meeting["where"] else "")
        chips.setdefault("asked_due_date", []).append(
            {"value": words[:500], "words": f"{words} → ghi chú", "into": "description"}
        )
    days = [
        web.show_day(date.fromisoformat(day))
        for day in extras.get("days") or ()
        if day != (looked.fields.get("issued_date") or {}).get("value")
    ]
    if days and shows_days:
        chips["issued_date"] = [{"value": day, "words": day, "into": ""} for day in days]
    return chips


def _picture(doc) -> str:
    main = None if doc.is_recalled else documents.main_file(doc)
    return f"/files/{main.id}/pages/{{}}.png" if main else ""


def _sheets(address: str, looked, pages: int) -> list[dict]:
    """Pages as pictures, with the boxes where fields were read, in points."""
    if not address:
        return []
    count = min(max(pages, len(looked.sizes), 1), incoming_page.MOST_PAGES)
    sizes = [*map(tuple, looked.sizes), *[A4] * (count - len(looked.sizes))][:count]
    found = [
        {"number": n, "url": address.format(n), "label": f"Trang {n}/{count}", "width": width, "height": height, "boxes": []}
        for n, (width, height) in enumerate(sizes, 1)
    ]  # fmt: skip
    for name, one in looked.fields.items():
        if one.get("box") and 0 < one["page"] <= count:
            x0, y0, x1, y1 = one["box"]
            shown = FORM_NAMES.get(name, name)
            box = {"x": x0 - 2, "y": y0 - 2, "width": x1 - x0 + 4, "height": y1 - y0 + 4}
            more = {
                "field": shown,
                "sure": one["sure"],
                "words": f"{LABELS.get(shown, shown)}: {one['value']}",
            }
            found[one["page"] - 1]["boxes"].append(box | more)
    return found


def job_of(scan) -> dict:
    """The progress box of a scan that is being read."""
    running = scan.state in ("waiting", "reading")
    return {
        "words": f"{scan.label}. Có thể làm việc khác, trang này tự mở khi đọc xong.", "done": scan.pages_done,
        "total": scan.pages_total, "wait": f"/scans/{scan.id}/progress" if running else "",
    }  # fmt: skip
