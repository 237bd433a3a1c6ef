"""What the pages of one outgoing document show: one context for the page and its parts, and the forms."""

from models import (
    clock,
    documents,
    drafts,
    exchange,
    exchange_summary,
    issuing,
    journal,
    lookups,
    outgoing,
    outgoing_guards,
    paper,
    placements,
    recalls,
    recalls_flags,
    updates,
    workdays,
    workflow,
)
from views import forms, outgoing_recipients, web
from views import signatures as signing

TYPES = [("", "— chọn —"), ("CV", "Công văn")] + [
    (kind.code, kind.name) for kind in lookups.DOCUMENT_TYPES if kind.code != "CV"
]
CAPACITIES = {
    "": "Trực tiếp (người đứng đầu)",
    "on_behalf": "TM. – thay mặt tập thể",
    "acting": "Q. – quyền",
    "for_head": "KT. – ký thay",
    "by_order": "TL. – thừa lệnh",
    "by_delegation": "TUQ. – thừa ủy quyền",
}
MOST_PAGES = 300
HISTORY_WORDS = {
    "choose_paper": "Đổi cách gửi, số bản giấy",
    "redirect_recipient": "Gửi tới cơ quan kế nhiệm",
    "leave_out_recipient": "Bỏ nơi nhận đã đóng mã",
    "paper_sent": "Gửi bản giấy",
    "paper_received": "Nơi nhận đã nhận bản giấy",
    "paper_returned": "Bì bị trả lại",
    "paper_copy_back": "Bản giấy đã về từ nơi nhận",
    "paper_stopped": "Thôi gửi bản giấy",
    "begin": "Tạo dự thảo",
    "describe": "Sửa thông tin",
    "new_version": "Tải lên bản mới",
    "move_places": "Chỉnh chỗ ký, chỗ đóng dấu",
    "add_annex": "Thêm phụ lục",
    "remove_annex": "Bỏ phụ lục",
    "submit": "Trình duyệt",
    "approve": "Duyệt nội dung",
    "check_form": "Thể thức đạt, trình ký",
    "sign": "Ký số cá nhân",
    "number": "Cấp số",
    "take_number": "Lấy số",
    "void_number": "Hủy số",
    "seal": "Đóng dấu (ký số cơ quan)",
    "seal_copy": "Ký số bản sao",
    "rescan": "Thay bản quét, ký số lại",
    "void_paper": "Hủy đăng ký bản giấy",
    "issue": "Phát hành",
    "dispatch": "Gửi tới các nơi nhận",
    "print": "Ghi nhận bản in đóng dấu",
    "return": "Trả lại",
    "ask_again": "Trình ký lại",
    "pull_back": "Lấy lại để sửa",
    "discard": "Bỏ dự thảo",
    "prepare_signature": "Mở phiên ký số",
    "signature_failed": "Ký số không thành",
    "signature_cancelled": "Hủy ký số",
    "check_signatures": "Kiểm tra chữ ký số",
    "recall": "Thu hồi",
    "recall_partly": "Thu hồi ở một số nơi nhận",
    "recall_done": "Nơi nhận đã hủy văn bản",
    "recall_declined": "Nơi nhận từ chối thu hồi",
    "touched_by_recall": "Văn bản liên quan bị nơi gửi thu hồi",
    "paper_back": "Đã nhận lại bản giấy",
    "add_recipients": "Gửi thêm nơi nhận",
    "begin_correct": "Soạn công văn đính chính",
    "begin_replace": "Soạn văn bản thay thế",
}
BAD = (
    "signature_failed",
    "void_paper",
    "return",
    "void_number",
    "recall",
    "recall_partly",
    "recall_declined",
    "ask_again",
)
NEXT = {
    "draft": "Hoàn thiện rồi trình",
    "content_review": "Duyệt nội dung",
    "form_review": "Kiểm tra thể thức",
    "awaiting_signature": "Ký số",
    "paper_issued": "Văn thư quét, ký số bản sao, gửi",
    "signed": "Văn thư cấp số, đóng dấu, gửi",
    "numbered": "Văn thư đóng dấu, gửi",
    "sealed": "Văn thư gửi",
}
BAD_LINES = ("refused", "failed", "recall_refused")


class DraftForm(forms.Form):
    """Descriptive data and recipients of a draft (ND30 PL VI); the file comes beside it."""

    def parse(self):
        self.fields = {
            "type_code": self.choice("type_code", dict(TYPES[1:]), needed="Hãy chọn tên loại văn bản."),
            "code_notation": self.text("code_notation", longest=30),
            "subject": self.text("subject", needed="Hãy nhập trích yếu nội dung.", longest=500),
            "urgency": int(self.choice("urgency", lookups.URGENCIES) or 0),
            "circulation": self.choice("circulation", lookups.CIRCULATIONS),
            "nature": self.choice("nature", lookups.NATURES),
            "retention": self.choice("retention", lookups.RETENTIONS),
            "due_date": self.day("due_date"),
            "capacity": self.choice("capacity", CAPACITIES),
            "to_places": self.data.get("to_places", "")[:2000],
            "description": self.text("description", longest=500),
        }
        due = self.fields["due_date"]
        if due and due < clock.today():
            self.errors["due_date"] = "Hạn trả lời không được trước hôm nay."
        self.signer_id = self.number("signer") or 0
        self.recipient_ids = [
            int(one) for one in self.values("recipients") if one.isdecimal() and len(one) < 10
        ]
        self.paper_names = self.data.get("paper_names", "").splitlines()[:200]
        self.note = self.text("note", longest=500)
        self.reply_to = self.number("reply_to")
        self.searches = self.data.get("act") == "search" or self._sought()

    def _sought(self) -> bool:
        """Enter pressed in the search box: the browser takes the form's first button, so look what was meant."""
        nobody = not self.recipient_ids and not any(map(str.strip, self.paper_names))
        return self.data.get("act") == "enter" and bool(self.data.get("words", "").strip()) and nobody

    def taken(self, agency_id) -> dict:
        """The fields with the signer as a post; none when nobody was chosen."""
        signer = next((post for post in drafts.signers(agency_id) if post.id == self.signer_id), None)
        return self.fields | {"signer": signer} if signer else self.fields

    @classmethod
    def of(cls, doc):
        """Filled with what the draft says."""
        rows = list(doc.recipients)
        return cls(
            None, **{name: getattr(doc, name) for name in drafts.DESCRIBED}, signer=doc.signer_id or "",
            recipients=[row.agency_id for row in rows if row.agency_id],
            paper_names="\n".join(row.name for row in rows if not row.agency_id),
        )  # fmt: skip


class WordsForm(forms.Form):
    """A reason or a note."""

    def parse(self):
        self.reason = self.text("reason", longest=2000)
        self.note = self.text("note", longest=2000)


class FileForm(forms.Form):
    """A new version or an annex, with a note."""

    def parse(self):
        self.files = self.uploads("file", needed="Hãy chọn tệp.")
        self.note = self.text("note", longest=500)


class PrintForm(forms.Form):
    """Copies printed and stamped, and the day."""

    def parse(self):
        self.copies = self.number("copies", needed="Hãy nhập số bản.", least=1, most=issuing.MOST_COPIES) or 0
        self.day = self.day("day")


def form_context(actor, form, doc=None, words: str = "", reply_to=None) -> dict:
    """The draft form: its lists, the chosen recipients and those found by the search."""
    return {
        "form": form,
        "doc": doc,
        "types": TYPES,
        "capacities": CAPACITIES,
        "circulations": lookups.CIRCULATIONS | {"": "Không giới hạn"},
        "natures": {"": "Theo tên loại"} | lookups.NATURES,
        "retentions": lookups.RETENTIONS,
        "signers": [("", "— chọn —")] + [(post.id, post.label) for post in drafts.signers(actor.agency_id)],
        "reply_to": reply_to,
        "notation_hint": drafts.compose_notation("CV", actor.agency, actor.post.unit),
        **outgoing_recipients.of_form(actor, form, words),
    }


def context(actor, doc, **forms_) -> dict:
    """Everything the document page and its parts need; `forms_` are posted forms to show again."""
    offers = {offer.step.verb: offer for offer in workflow.offers(doc, actor) if _is_shown(offer)}
    calendar = workdays.calendar(doc.agency_id)
    at_clerk = doc.state in outgoing.AT_THE_CLERK
    return {
        "doc": doc,
        "state": workflow.label(doc),
        "offers": dict.fromkeys(step.verb for step in workflow.steps("outgoing")) | offers,
        "mine": drafts.may_edit(doc, actor) is None,
        "missing": drafts.missing(doc) if doc.state == "draft" else [],
        "may_place": placements.may_set(doc, actor) is None,
        "next_act": NEXT.get(doc.state, ""),
        "holder": doc.holder.label if doc.holder_id else "",
        "waiting": issuing.tell_waiting(doc, calendar) if at_clerk else None,
        "returned": outgoing.return_reason(doc),
        "may_recall": recalls.may_ask(doc, actor) is None,
        "may_update": updates.may_begin(doc, actor) is None,
        "recall_flags": recalls_flags.of(doc) if doc.state in outgoing.UNFINISHED else [],
        "superseded": updates.superseded(doc),
        "supersedes": updates.replaces(doc),
        "is_clerk": actor.has(lookups.CLERK),
        "pages": pages(doc),
        "versions": versions(doc),
        "annexes": drafts.annexes_of(doc),
        "bare": {row.id for row in drafts.unsealed(doc)},
        "recipients": recipients(doc),
        "fares": str(exchange_summary.of(doc)) if doc.state in ("issued", "recalled") else "",
        "answered": answered(doc),
        "history": history(doc),
        "capacity": lookups.CAPACITIES.get(doc.capacity, ""),
        "signing": signing.box(doc, actor) if offers.get("sign") else None,
        "checks": issuing.checklist(doc, actor) if at_clerk else [],
        "words": forms_.get("words") or WordsForm(None),
        "upload": forms_.get("upload") or FileForm(None),
        "printing": forms_.get("printing") or PrintForm(None, copies=1, day=clock.today()),
    }


def url(doc) -> str:
    """The page of a document."""
    return f"/outgoing/{doc.id}"


def page(request, shown: dict, status: int = 200):
    """The whole page; where it has the button to sign it may talk to the signing programs of its PC."""
    made = web.page(request, "outgoing/show.html", status=status, **shown)
    return signing.for_loopback(made) if shown["signing"] else made


def after(request, doc, flash):
    """After an act: the right side anew, or the page."""
    return web.fragments(request, url(doc), ["outgoing/_side.html"], context(request.user, doc), flash)


def again(request, doc, status=422, **forms_):
    """The same page with what was typed and the sentences beside it."""
    shown = context(request.user, doc, **forms_)
    if request.headers.get("hx-request"):
        return web.part(request, "outgoing/_side.html", status=status, **shown)
    return page(request, shown, status)


def pages(doc) -> list[dict]:
    """Addresses of the page pictures; also once recalled: the sender's copy is frozen, not closed."""
    main = documents.main_file(doc)
    if main is None:
        return []
    count = min(max(doc.page_amount, 1), MOST_PAGES)
    return [
        {"url": f"/files/{main.id}/pages/{n}.png", "label": f"Trang {n}/{count}"} for n in range(1, count + 1)
    ]


def versions(doc) -> list[dict]:
    """Every version, newest first, openable."""
    return [
        {
            "url": f"/files/{row.file_id}", "name": f"Bản {row.number}: {documents.VERSION_KINDS[row.kind]}",
            "who": row.made_by, "when": web.show_moment(row.made_at), "note": row.note,
        }
        for row in reversed(documents.versions(doc))
    ]  # fmt: skip


def recipients(doc) -> list[dict]:
    """One line and one true state per recipient."""
    lines = {one.partner_id: one for one in exchange.sent(doc)}
    papers = {(one.agency_id, one.name): one for one in paper.of(doc)}
    found = []
    for row in doc.recipients:
        line = lines.get(row.agency_id) if row.agency_id else None
        if line:
            state, kind = line.label, _line_kind(line.state)
            note = line.failure if line.state == "failed" else ""
        else:
            state, kind = ("Điện tử" if row.electronic else f"Bản giấy × {max(row.paper_copies, 1)}"), ""
            note = "" if row.electronic or not row.agency_id else "Chưa kết nối nhận văn bản điện tử."
        copy = papers.get((row.agency_id, row.name))
        if copy and copy.copies:
            note = " · ".join(part for part in (paper.words_of(copy), copy.unsent_reason) if part)
        found.append({"name": row.name, "state": state, "kind": kind, "note": note})
    return found


def answered(doc) -> list[documents.Document]:
    """Incoming documents this one replies to."""
    return [link.target for link in doc.links if link.kind == "reply"]


def history(doc) -> list[dict]:
    """What happened to the document, newest first."""
    lines = []
    for event in reversed(journal.of(doc)):
        kind = "bad" if event.verb in BAD else "auto" if event.person_id is None else ""
        lines.append({
            "when": web.show_moment(event.at), "who": event.who, "note": event.note, "kind": kind,
            "words": HISTORY_WORDS.get(event.verb, event.verb),
        })  # fmt: skip
    return lines


def holders_words(doc) -> str:
    """Where a document lies and since when, for a list."""
    if not doc.holder_id:
        return ""
    since = f", từ {web.show_time(doc.held_since)}" if doc.held_since else ""
    return f"{doc.holder.person.full_name}{since}"


def _is_shown(offer) -> bool:
    """A grey button only where it is this person's turn but something hinders; not for other people's turns."""
    others = (outgoing_guards.may_approve, outgoing_guards.may_check_form)
    return not offer.reason or (
        outgoing.GUARDS.get(offer.step.verb) not in others and offer.step.verb not in QUIET
    )


def _line_kind(state) -> str:
    return (
        "late"
        if state == "failed"
        else "look"
        if state in BAD_LINES
        else "done"
        if state in exchange_summary.BY_KEY["accepted"].states
        else ""
    )


QUIET = ("return", "pull_back", "discard", "recall", "sign")
