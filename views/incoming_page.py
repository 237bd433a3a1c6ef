"""What the pages of one incoming document show: one context for the page and each of its parts, and their forms."""

from datetime import date
from typing import NamedTuple

from models import (
    assignments,
    assignments_presets,
    carriers,
    checks,
    clock,
    deadlines,
    documents,
    doubles,
    incoming,
    incoming_corrections,
    journal,
    lookups,
    permissions,
    receivers,
    scans,
    unregistered,
    updates,
    workdays,
    workflow,
)
from views import exchange_history, forms, verification, web

TYPES = [("", "— chưa rõ —")] + [
    (kind.code, kind.name) for kind in (*lookups.DOCUMENT_TYPES, *lookups.ARRIVING_TYPES)
]
MOST_PAGES = 300
HISTORY_WORDS = {
    "paper_arrived": "Nhận bản giấy đến sau",
    "begin": "Đã đến Chờ lưu trữ",
    "take_arrival_number": "Lấy số đến",
    "assign": "Giao việc",
    "pass_on": "Giao tiếp trong đơn vị",
    "report": "Báo cáo tiến độ",
    "acknowledge": "Đã xem, đã biết",
    "give_back": "Trả lại để phân công lại",
    "register": "Vào sổ văn bản đến",
    "forward": "Trình lãnh đạo",
    "refuse": "Trả lại nơi gửi",
    "start": "Bắt đầu giải quyết",
    "complete": "Hoàn thành",
    "undo": "Hoàn tác vào sổ",
    "pass_straight": "Chuyển thẳng theo quy định",
    "join": "Ghép vào văn bản giấy đã vào sổ",
    "join_paper": "Ghép bản giấy",
    "join_electronic": "Ghép bản điện tử",
    "keep_apart": "Đăng ký riêng dù giống văn bản đã có",
    "move_paper": "Ghi nơi giữ bản giấy",
    "correct_entry": "Sửa dòng sổ",
    "pass_unregistered": "Không đăng ký",
    "hand_unregistered": "Chuyển người nhận, không đăng ký",
    "take_passed_on": "Đã nhận văn bản không đăng ký",
    "cancel_registration": "Hủy đăng ký",
    "answer": "Hoàn thành bằng văn bản trả lời",
    "recall": "Bị thu hồi theo yêu cầu nơi gửi",
    "recall_waits": "Nơi gửi yêu cầu thu hồi, nội dung đã đóng",
    "refuse_recall": "Thủ trưởng từ chối thu hồi (16)",
    "paper_given_back": "Gửi trả bản giấy",
    "agree_update": "Đồng ý cập nhật theo văn bản đính chính",
    "decline_update": "Từ chối cập nhật",
    "check": "Kiểm tra ký số",
    "check_signatures": "Kiểm tra ký số",
    "order_check": "Yêu cầu kiểm tra ký số lại",
    "check_window_over": "Hết thời gian tự kiểm tra ký số",
    "decide_unchecked": "Quyết định khi chưa kiểm được chữ ký",
    "approve_alias": "Chấp nhận tên trên chứng thư",
    "ask_about_issuer": "Hỏi quản trị về nơi cấp chữ ký",
    "view": "Mở xem",
}
BAD = ("refuse", "recall", "give_back", "cancel_registration")


class Line(NamedTuple):
    """One line of the history."""

    when: str
    who: str
    words: str
    note: str
    kind: str


class RegistrationForm(forms.Form):
    """The fields of an incoming document (ND30 PL VI), to whom it goes, and why it is taken when it must be looked at."""

    FIELDS = ("organ_name", "code_number", "code_notation", "issued_date", "type_code", "subject", "signer_position",
              "signer_name", "urgency", "asked_due_date", "page_amount", "description")  # fmt: skip

    def parse(self):
        self.fields = {
            "organ_name": self.text("organ_name", needed="Hãy nhập cơ quan ban hành.", longest=200),
            "code_number": self.text("code_number", longest=11),
            "code_notation": self.text("code_notation", longest=30),
            "issued_date": self.day("issued_date", needed="Hãy nhập ngày của văn bản, ví dụ 14/7."),
            "type_code": self.choice("type_code", dict(TYPES)),
            "subject": self.text("subject", needed="Hãy nhập trích yếu nội dung.", longest=500),
            "signer_position": self.text("signer_position", longest=100),
            "signer_name": self.text("signer_name", longest=50),
            "urgency": int(self.choice("urgency", lookups.URGENCIES) or 0),
            "asked_due_date": self.day("asked_due_date"),
            "page_amount": self.number("page_amount", most=9999) or 0,
            "description": self.text("description", longest=500),
        }
        day = self.fields["issued_date"]
        if day and day > clock.today():
            self.errors["issued_date"] = "Ngày văn bản không được sau hôm nay."
        if "parent_organ_name" in self.data:
            self.fields["parent_organ_name"] = self.text("parent_organ_name", longest=200)
        self.reason = self.text("reason", longest=500)
        self.known = self.yes("known")
        self.apart_reason = self.text("apart_reason", longest=500)
        self.note = self.text("note", longest=500)
        target = self.text("leader", longest=20)
        self.straight = (
            target if ":" in target else ""
        )  # a Route's key: where a rule lets the clerk pass it straight on
        self.leader_id = int(target) if target.isdecimal() else 0
        self.forwards = self.data.get("act", "forward") == "forward"

    @classmethod
    def of(cls, doc, leaders, routes=(), looked=None):
        """Filled with what the message said, else with what was read for certain; and the leader it most probably goes to."""
        values = {name: getattr(doc, name) for name in (*cls.FIELDS, "parent_organ_name")}
        for name, one in (looked.fields if looked else {}).items():
            if name in values and not values[name] and one["sure"]:
                values[name] = date.fromisoformat(one["value"]) if name == "issued_date" else one["value"]
        return cls(None, **values, leader=_proposed_leader(leaders, routes))


class ScanForm(RegistrationForm):
    """The fields of a paper letter, as read from its pages."""

    def parse(self):
        super().parse()
        self.fields["place"] = self.text("place", longest=100)
        self.fields["to_places"] = self.text("to_places", longest=1000)

    @classmethod
    def read_from(cls, scan, leaders, routes=()):
        """Filled with what was read from the page and what its separator sheet says."""
        names = {"type_name": "type_code", "recipients": "to_places"}
        values = {names.get(name, name): value for name, value in scans.proposed(scan).items()}
        preset = scan.preset_values
        chosen = preset.get("leader")
        leader = chosen if chosen in {post.id for post in leaders} else _proposed_leader(leaders, routes)
        if not values.get("organ_name") and preset.get("organ_name"):
            values["organ_name"] = preset["organ_name"]
        return cls(None, **values | {"page_amount": scan.pages_total, "leader": leader})


def _proposed_leader(leaders, routes):
    if routes:
        return routes[0]["id"]
    return leaders[0].id if leaders else ""


class WordsForm(forms.Form):
    """One field of words: a reason, a note, a result."""

    NAMES = ("reason", "note", "progress", "result")

    def parse(self):
        for name in self.NAMES:
            setattr(self, name, self.text(name, longest=2000))
        self.leader_id = self.number("leader") or 0


class RefusalForm(WordsForm):
    """The words of a return to the sender; it may stand beside the registration form."""

    prefix = "refusal-"


class CancellationForm(WordsForm):
    """The reason of hủy đăng ký; it may stand beside the form of presenting."""

    prefix = "cancelling-"


class AssignmentForm(forms.Form):
    """Lead, support, information, directive, deadline: as working days (5) or as a day (21/07)."""

    def parse(self):
        self.leads = [value for value in self.values("lead") if value]
        self.supports, self.informed = self.values("support"), self.values("informed")
        self.instruction = self.text("instruction", longest=2000)
        self.due = self._deadline("due")
        self.support_due = self._deadline("support_due")

    def _deadline(self, name):
        typed = (
            self._raw(name)
            .strip()
            .lower()
            .removesuffix("lv")
            .removesuffix("ngày")
            .removesuffix("ngày ")
            .strip()
        )
        if typed.isdecimal() and len(typed) <= 3:
            if not 0 < int(typed) <= 365:
                self.errors[name] = "Hãy nhập từ 1 đến 365 ngày làm việc, hoặc một ngày như 21/07."
            return int(typed)
        return self.day(name)

    def due_on(self, agency_id, name="due"):
        """The day meant; working days are counted in the agency's calendar."""
        value = getattr(self, name)
        return deadlines.in_working_days(agency_id, value) if isinstance(value, int) else value


class PassingForm(AssignmentForm):
    """The same within a unit; it may stand beside the leader's form."""

    prefix = "passing-"


def context(actor, doc, **forms_) -> dict:
    """Everything the document page and its parts need; `forms_` are posted forms to show again."""
    calendar = workdays.calendar(doc.agency_id)
    done = doc.state in ("completed", "recalled", "refused", "cancelled")
    return {
        "doc": doc,
        "source": exchange_history.source(actor, doc),
        "state": workflow.label(doc),
        "clock": None if done else deadlines.tell(doc.due_date, calendar) or _presenting(doc, calendar),
        "tasks": assignments.of(doc),
        "history": history(doc),
        "pages": pages(doc),
        "files": files(doc),
        "doubles": doubles.of(actor, doc=doc) if doc.state == "arrived" else [],
        "replies": replies(doc),
        "superseded": updates.superseded(doc),
        "supersedes": updates.replaces(doc),
        "types": TYPES,
        "record": record(actor, doc),
        "desk": "",
        "item": None,
        "scan": None,
        "base": f"/incoming/{doc.id}",
        "routes": [
            {"id": post.id, "name": post.person.full_name, "why": ""}
            for post in incoming.leaders(doc.agency_id)
        ],
        "say": {"amber": {}, "marks": {}, "chips": {}, "first": "", "sentences": [], "standard": []},
        **verification.card(doc),
        "reason_needed": checks.needs_reason(doc),
        **_acts(actor, doc, forms_),
    }


def _acts(actor, doc, posted) -> dict:
    """What this person may do with the document now, and the forms for it."""
    offers_ = offers(doc, actor)
    my_tasks = assignments.mine(doc, actor) if not doc.is_recalled else []
    givers = {task.id: task.given_by.label for task in my_tasks}
    leads = any(task.part == assignments.LEAD for task in my_tasks)
    if not leads:
        offers_ |= dict.fromkeys(("start", "complete", "give_back"))
    leaders = incoming.leaders(doc.agency_id)
    first = leaders[0].id if leaders else ""
    targets = receivers.of(actor) if offers_["assign"] else []
    forms_ = {
        "form": RegistrationForm.of(doc, leaders),
        "refusal": RefusalForm(None, reason=verification.return_words(doc)),
        "words": WordsForm(None, leader=first),
        "assigning": AssignmentForm(None, due=_proposed(doc)),
        "cancelling": CancellationForm(None),
        "passing": PassingForm(None, due=my_tasks[0].due_on if my_tasks else None),
    }
    return {
        "offers": offers_,
        "may_note": doc.state in ("assigned", "in_progress"),
        "my_tasks": my_tasks,
        "givers": givers,
        "leads": leads,
        "leaders": [(post.id, post.label) for post in leaders],
        "targets": targets,
        "presets": [_preset(one) for one in assignments_presets.presets(actor, targets)] if targets else [],
        "members": receivers.members(actor) if any(task.unit_id for task in my_tasks) else [],
        **forms_,
        **posted,
    }


def offers(doc, actor) -> dict:
    """Verb → the offer of the step, None where it is not this person's now."""
    none = dict.fromkeys(step.verb for step in workflow.steps("incoming"))
    return none | {offer.step.verb: offer for offer in workflow.offers(doc, actor)}


def record(actor, doc) -> dict:
    """What the register keeps of it beside the fields: carriers and whereabouts, corrections, to whom it went unregistered."""
    rows = incoming_corrections.of(doc) if doc.arrival_number else []
    passed = unregistered.of(doc) if doc.state == permissions.FOR_ITS_RECEIVER else None
    registered = doc.arrival_number is not None and doc.state not in ("arrived", "cancelled")
    return {
        "card": carriers.card(actor, doc), "corrections": rows, "former": incoming_corrections.struck(rows), "passed": passed,
        "may_correct": actor.has(lookups.CLERK) and registered and not doc.is_recalled,
        "may_take": bool(passed) and not passed.taken_at and unregistered.is_receiver(actor, passed),
    }  # fmt: skip


def presenting(doc):
    """Until when it must be presented (10.3), None where that is over."""
    return _presenting(doc, workdays.calendar(doc.agency_id))


def _presenting(doc, calendar):
    if doc.state not in ("arrived", "registered"):
        return None
    return deadlines.tell_presentation(doc.received_at or doc.arrived_at, doc.urgency, calendar)


def _proposed(doc):
    return deadlines.propose(doc.agency_id, doc.urgency, doc.asked_due_date)


def _preset(one) -> dict:
    fields = {"lead": one.target.key, "support": [], "informed": [], "due": str(one.days)}
    return {"name": one.target.name, "days": one.days, "why": one.why, "fields": fields}


def history(doc) -> list[Line]:
    """What happened to the document, newest first."""
    labels = workflow.labels(doc.flow)
    lines = []
    for event in reversed(journal.of(doc)):
        words = HISTORY_WORDS.get(event.verb) or labels.get(event.to_state) or event.verb
        kind = "bad" if event.verb in BAD else "auto" if event.person_id is None else ""
        told = "; ".join(event.facts.get("receivers", ()))
        note = ". ".join(part for part in (told, event.note) if part)
        lines.append(Line(f"{clock.local(event.at):%d/%m/%Y %H:%M}", event.who, words, note, kind))
    return lines


def pages(doc) -> list[dict]:
    """Addresses of the page pictures; none once recalled."""
    main = None if doc.is_recalled else documents.main_file(doc)
    if main is None:
        return []
    count = min(max(doc.page_amount, 1), MOST_PAGES)
    return [{"url": f"/files/{main.id}/pages/{n}.png", "label": f"Trang {n}"} for n in range(1, count + 1)]


def files(doc) -> list[dict]:
    """The files as they travelled; none once recalled."""
    if doc.is_recalled:
        return []
    names = {"main": "Văn bản chính", "annex": "Phụ lục, tài liệu kèm theo", "slip": "Phiếu"}
    return [
        {
            "url": f"/files/{row.file.id}",
            "name": row.file.name,
            "note": row.note or names.get(row.kind, ""),
            "size": web.show_size(row.file.size),
        }
        for row in documents.attachments(doc)
    ]


def replies(doc) -> list[documents.Document]:
    """Outgoing documents that answer this one."""
    link = documents.Link
    rows = link.select(link, documents.Document).join(documents.Document, on=link.source)
    return [row.source for row in rows.where(link.target == doc, link.kind == "reply")]
