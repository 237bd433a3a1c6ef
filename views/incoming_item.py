"""What Chờ lưu trữ shows of one document or scan: pages with boxes, the form with what was read, who it may go to."""

from models import checks as signature_checks
from models import desk, documents, doubles, incoming, lookups, registers, routing, scans, workflow
from views import incoming_page, verification

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
UNREAD, DOUBTFUL = "Chưa đọc được.", "Hãy xem lại."


def of(actor, item: desk.Item | None, tab: str, form=None, refusal=None) -> dict:
    """The context of `incoming/_item.html` and its parts; `form`, `refusal` are posted forms to show again."""
    if item is None:
        return _nothing(actor, tab)
    make = _of_doc if item.kind == desk.DOC else _of_scan
    return make(actor, item, tab, form, refusal)


def _nothing(actor, tab) -> dict:
    return {
        "item": None,
        "desk": tab,
        "doc": None,
        "scan": None,
        "registered_today": desk.registered_today(actor),
    }


def _of_doc(actor, item, tab, form, refusal) -> dict:
    doc = item.row
    scan = desk.scan_of(doc)
    leaders = incoming.leaders(doc.agency_id)
    routes = _routes(actor, leaders, doc.organ_name, doc.type_code, doc.subject, doc.parent_organ_name)
    read = {name: field for name, field in (scan.fields if scan else {}).items() if field}
    amber = _missing(doc) if doc.state == "arrived" else {}
    card = verification.card(doc)
    return {
        "scan": scan, "doc": doc, "say": say(amber, read), "state": workflow.label(doc),
        "form": form or incoming_page.RegistrationForm.of(doc, leaders, routes),
        "refusal": refusal or incoming_page.RefusalForm(None, reason=verification.return_words(doc)),
        "offers": incoming_page.offers(doc, actor),
        "reason_needed": signature_checks.needs_reason(doc), "source": None, "record": None,
        "doubles": doubles.of(actor, form.fields if form and form.ok else None, doc=doc) if doc.state == "arrived" else [],
        "sheets": _sheets(_picture(doc), doc.page_amount, scan.page_sizes if scan else [], read),
        "files": incoming_page.files(doc), "clock": incoming_page.presenting(doc),
        "job": None, **card, **_common(item, tab, leaders, routes),
    }  # fmt: skip


def _of_scan(actor, item, tab, form, refusal) -> dict:
    scan = item.row
    leaders = incoming.leaders(scan.agency_id)
    values = scans.proposed(scan)
    routes = _routes(
        actor, leaders, values.get("organ_name", ""), values.get("type_code", ""), values.get("subject", ""),
        values.get("parent_organ_name", ""),
    )  # fmt: skip
    read = {name: field for name, field in scan.fields.items() if field}
    unsure = scans.unsure(scan) if scan.state == "read" else set()
    amber = {FORM_NAMES.get(name, name): DOUBTFUL if name in read else UNREAD for name in unsure}
    posted = form.fields if form and form.ok else None
    return {
        "scan": scan, "doc": None, "say": say(amber, read), "state": scan.label,
        "form": form or incoming_page.ScanForm.read_from(scan, leaders, routes),
        "refusal": refusal or incoming_page.RefusalForm(None), "offers": {}, "reason_needed": "", "source": None,
        "record": None, "doubles": doubles.of(actor, posted, scan=scan) if scan.state == "read" else [],
        "sheets": _sheets(f"/scans/{scan.id}/pages/{{}}.png" if scan.shown else "", scan.pages_total, scan.page_sizes, read),
        "files": [], "clock": None, "job": job_of(scan),
        "check": None, "lines": [], "found": [], "reasons": [], "waiting": None, "alias": "", "default": "",
        **_common(item, tab, leaders, routes),
    }  # fmt: skip


def _common(item, tab, leaders, routes) -> dict:
    base = f"/incoming/{item.row.id}" if item.kind == desk.DOC else f"/scans/{item.row.id}"
    return {
        "item": item, "desk": tab, "base": base, "types": incoming_page.TYPES, "routes": routes, "strip": None, "registered_today": 0,
        "leaders": [(post.id, post.label) for post in leaders],
        "coming": registers.coming(registers.of(item.row.agency_id, "incoming")),
    }  # fmt: skip


def _routes(actor, leaders, organ_name, type_code, subject, parent) -> list[dict]:
    """To which leader the letter goes: the proposals first, each saying why, then the others in their order."""
    found = {}
    if organ_name or type_code:
        for route in routing.propose(actor, organ_name, type_code, subject, parent):
            if route.post and route.post.has(lookups.LEADER):
                found[route.post.id] = {"id": route.post.id, "name": route.name, "why": route.why}
    for post in leaders:
        found.setdefault(post.id, {"id": post.id, "name": post.person.full_name, "why": ""})
    return list(found.values())[:9]


def _missing(doc) -> dict:
    """Fields of an arrival that its sender left empty though every letter has them."""
    needed = ("organ_name", "issued_date", "subject")
    return {name: "Gói tin không ghi." for name in needed if not getattr(doc, name)}


def say(amber=None, read=None, sentences=(), chips=None) -> dict:
    """What stands at the fields: why one is amber, how sure each reading is, proposals to choose; which comes first."""
    amber = amber or {}
    marks = {
        FORM_NAMES.get(name, name): {
            "sure": field["sure"], "percent": round(field["confidence"] * 100),
            "words": f"Đọc ở trang {field['page']}: «{field['value']}»",
        }
        for name, field in (read or {}).items() if field.get("box")
    }  # fmt: skip
    first = next((name for name in ORDER if name in amber), "")
    return {
        "amber": amber,
        "marks": marks,
        "chips": chips or {},
        "first": first,
        "sentences": list(sentences),
    }


def _picture(doc) -> str:
    main = None if doc.is_recalled else documents.main_file(doc)
    return f"/files/{main.id}/pages/{{}}.png" if main else ""


def _sheets(address: str, pages: int, sizes, read) -> list[dict]:
    """Pages as pictures, with the boxes where fields were read, in points."""
    if not address:
        return []
    count = min(max(pages, len(sizes), 1), incoming_page.MOST_PAGES)
    sizes = [*map(tuple, sizes), *[A4] * (count - len(sizes))][:count]
    found = [
        {"number": n, "url": address.format(n), "label": f"Trang {n}/{count}", "width": width, "height": height, "boxes": []}
        for n, (width, height) in enumerate(sizes, 1)
    ]  # fmt: skip
    for name, field in read.items():
        if field.get("box") and 0 < field["page"] <= count:
            x0, y0, x1, y1 = field["box"]
            shown = FORM_NAMES.get(name, name)
            box = {"x": x0 - 2, "y": y0 - 2, "width": x1 - x0 + 4, "height": y1 - y0 + 4}
            more = {
                "field": shown,
                "sure": field["sure"],
                "words": f"{LABELS.get(shown, shown)}: {field['value']}",
            }
            found[field["page"] - 1]["boxes"].append(box | more)
    return found


def job_of(scan) -> dict:
    """The progress box of a scan that is being read."""
    running = scan.state in ("waiting", "reading")
    return {
        "words": f"{scan.label}. Có thể làm việc khác, trang này tự mở khi đọc xong.", "done": scan.pages_done,
        "total": scan.pages_total, "wait": f"/scans/{scan.id}/progress" if running else "",
    }  # fmt: skip
