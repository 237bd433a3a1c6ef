"""Phát hành (Quy chế 12.1.c–e, 12.4.b): the clerk's single act — number, date and seal in one file, our own check, release.

A number once taken stays with its document: a seal that fails is done again with the same number. Nothing leaves without
two valid signatures (13.2), with an unsealed annex (6.2.b), from an agency without a code (14.2.b) or with a secrecy
mark (1.2), through whatever door.
"""

from datetime import timedelta
from typing import NamedTuple

from models import (
    assignments,
    clock,
    db,
    deadlines,
    documents,
    drafts,
    edxml,
    errors,
    exchange,
    failpoints,
    files,
    fulltext,
    journal,
    lookups,
    outgoing,
    paper,
    permissions,
    registers,
    text,
    workdays,
    workflow,
)
from models import outgoing_guards as guards

BAD_ENDS = ("refused", "failed")
MOST_COPIES = 999
ONE_ACT = timedelta(minutes=2)


class Check(NamedTuple):
    """A line of the clerk's checklist: mark "ok", "warn" or "bad", the sentence, the article."""

    mark: str
    words: str
    law: str = ""


class Book(NamedTuple):
    """A part of the register book: rows, and from which number the neighbouring parts go on (None at the ends)."""

    rows: list
    older: int | None
    newer: int | None


# ---- verbs -----------------------------------------------------------------------------------------------------


def number(doc, actor) -> int:
    """Cấp số (12.1.c, 12.4.b; ND30 Điều 15): the next number of the book, today's date, the document's own id, once.

    Raises Refused (12.2, a closed book), NotAllowed, Conflict; then no number is used.
    """
    with db.write():
        failpoints.reach("number.begin")
        workflow.step(doc, "number", actor)
        day = clock.today()
        book = registers.of(doc.agency_id, "outgoing", doc.type_code)
        taken = registers.take(book, day, doc)
        failpoints.reach("number.update-counter")
        code = edxml.joined_code(str(taken), doc.code_notation)
        doc.set(code_number=str(taken), issued_date=day, register_id=book.id, register_year=day.year,
                organ_id=doc.agency.code, document_id=f"{doc.agency.code},{edxml.day(day)},{code}")  # fmt: skip
        documents.index(doc)
        documents.hand_to(doc, actor.post)
        journal.record("take_number", actor, doc, doc.state, doc.state, f"Số {doc.number_text}",
                       {"number": taken, "year": day.year, "document_id": doc.document_id})  # fmt: skip
        failpoints.reach("number.commit")
    return taken


def seal(
    doc, actor, sealed: files.Stored, annexes: dict[int, files.Stored], verdict: str, note: str = "",
    facts: dict | None = None,
):  # fmt: skip
    """Đóng dấu xong (6.1.b, 12.1.c): number, date and seal are in the file, and our own check says valid.

    `annexes`: attachment id → its sealed content (6.2.b); `facts` go into the journal. Raises Refused when the check is
    not valid; the number stays with this document and the seal is done again.
    """
    if verdict != "valid":
        raise errors.Refused(
            f"Đã đóng dấu thử nhưng kiểm tra lại chưa hợp lệ: {note or 'không rõ nguyên nhân'}. Chưa có gì được gửi; "
            f"số {doc.number_text} vẫn giữ cho văn bản này. Hãy đóng dấu lại."
        )
    with db.write():
        failpoints.reach("seal.begin")
        workflow.step(doc, "seal", actor, text.clean(note), facts)
        row = files.record(sealed, _file_name(doc), "application/pdf")
        documents.add_version(doc, row, "sealed", actor, f"Số {doc.number_text}")
        failpoints.reach("seal.version-row")
        for attachment in drafts.unsealed(doc):
            if attachment.id in annexes:
                _seal_annex(attachment, annexes[attachment.id])
        doc.set(verdict="valid", verdict_note="")
        failpoints.reach("seal.commit")


def issue(doc, actor) -> list[exchange.Consignment]:
    """Phát hành (11.1, 12.1.e): one consignment per electronic recipient; a reply closes what it answers.

    Raises Refused with the article, NotAllowed, Conflict. Call jobs.wake("deliver") and ("status") after it.
    """
    with db.write():
        failpoints.reach("send.validate")
        workflow.step(doc, "issue", actor)
        paper.settle(doc)
        doc.set(issued_at=clock.now(), issued_amount=len(list(doc.recipients)))
        failpoints.reach("send.document-row")
        sent = exchange.dispatch(doc, actor)
        for link in doc.links.where(documents.Link.kind == "reply"):
            if link.target.agency_id == doc.agency_id and link.target.flow == "incoming":
                assignments.complete_by_reply(link.target, doc, actor)
        documents.hand_to(doc, None)
        failpoints.reach("send.commit")
    return sent


def record_print(doc, actor, copies: int, day=None):
    """Ghi nhận bản in đã đóng dấu (12.1.d, 12.4.b): how many copies, when, who. Raises Invalid, Refused, NotAllowed."""
    permissions.require(actor, lookups.CLERK)
    day = day or clock.today()
    if not 1 <= copies <= MOST_COPIES:
        raise errors.Invalid({"copies": f"Hãy nhập số bản từ 1 đến {MOST_COPIES}."})
    if doc.issued_date is None or not doc.issued_date <= day <= clock.today():
        raise errors.Invalid({"day": "Ngày in phải từ ngày ban hành đến hôm nay."})
    if doc.state not in ("sealed", "issued") or doc.is_recalled:
        raise errors.Refused(
            "Chỉ in để đóng dấu khi văn bản đã có số và chữ ký số của cơ quan (Quy chế Điều 12.1.d)."
        )
    with db.write():
        doc.set(printed_copies=doc.printed_copies + copies)
        paper.note_printed(doc)
        facts = {"copies": copies, "day": f"{day:%Y-%m-%d}"}
        words = f"{copies} bản, ngày {day:%d/%m/%Y}"
        journal.record("print", actor, doc, doc.state, doc.state, words, facts)


# ---- queries ---------------------------------------------------------------------------------------------------


def signed_file(doc) -> files.File:
    """The file the leader signed, which is numbered and sealed (12.1). Raises Refused when there is none."""
    rows = [row for row in documents.versions(doc) if row.kind == "signed"]
    if not rows:
        raise errors.Refused("Người ký chưa ký số, nên chưa đóng dấu được (Quy chế Điều 12.1).")
    return rows[-1].file


def annexes_to_seal(doc) -> list[documents.Attachment]:
    """Annexes that are signed with the same act (6.2.b). Raises Refused for one that is no PDF."""
    rows = drafts.unsealed(doc)
    wrong = [row.file.name for row in rows if row.file.media_type != "application/pdf"]
    if wrong:
        raise errors.Refused(
            f"Phụ lục {', '.join(wrong)} không phải PDF nên không ký số của cơ quan được (Quy chế Điều 6.2.b). "
            "Hãy trả lại để người soạn chuyển phụ lục sang PDF."
        )
    return rows


def waiting(actor) -> list[documents.Document]:
    """Chờ phát hành: signed, numbered or sealed and not sent; urgent ones first, then the oldest signature."""
    model = documents.Document
    query = permissions.visible(actor, "outgoing").where(model.state.in_(outgoing.AT_THE_CLERK))
    return list(query.order_by(model.urgency.desc(), model.signed_at).limit(200))


def unprinted(actor):
    """Released or sealed documents of which no stamped paper copy is recorded (12.1.d, 12.4.b)."""
    model = documents.Document
    return (
        permissions.visible(actor, "outgoing")
        .where(model.state.in_(("sealed", "issued")), model.printed_copies == 0)
        .order_by(model.issued_date.desc(), model.id.desc())
        .limit(200)
    )


def just_sealed(doc, actor) -> bool:
    """True when this clerk has sealed it in the last minutes: the release is the next link of the same act (12.1.e)."""
    if doc.state != "sealed":
        return False
    last = next((event for event in reversed(journal.of(doc)) if event.verb in ("seal", "seal_copy")), None)
    return bool(last and last.person_id == actor.id and clock.now() - last.at < ONE_ACT)


def limit_of(doc, calendar: workdays.Calendar):
    """The moment by which a signed document must be sent (11.1); None before the signature."""
    if doc.signed_at is None:
        return None
    if doc.urgency:
        return doc.signed_at + deadlines.AT_ONCE
    return calendar.morning_end(clock.local(doc.signed_at).date())


def tell_waiting(doc, calendar: workdays.Calendar) -> deadlines.Clock | None:
    """How long it has waited since the signature, red after the limit of 11.1."""
    limit = limit_of(doc, calendar)
    if limit is None:
        return None
    minutes = max(1, int((clock.now() - doc.signed_at).total_seconds() // 60))
    waited = (
        f"{minutes} phút"
        if minutes < 60
        else f"{minutes // 60} giờ"
        if minutes < 1440
        else f"{minutes // 1440} ngày"
    )
    if clock.now() > limit:
        return deadlines.Clock(f"quá hạn gửi, đã chờ {waited}", "late")
    soon = bool(doc.urgency) or (limit - clock.now()).total_seconds() <= 7200
    return deadlines.Clock(f"chờ {waited}", "soon" if soon else "")


def checklist(doc, actor) -> list[Check]:
    """What the clerk sees before the one press: each condition with its article."""
    if doc.source == "paper":
        return _paper_checks(doc, actor)
    found = []
    refusal = {"signed": guards.may_number, "numbered": guards.may_seal, "sealed": guards.may_issue}[
        doc.state
    ](doc, actor)
    day = clock.local(doc.signed_at).date() if doc.signed_at else None
    if day:
        mark = "ok" if day == (doc.issued_date or clock.today()) else "bad"
        found.append(Check(mark, f"{doc.signer_name} đã ký số ngày {day:%d/%m/%Y}", "12.1, 12.2"))
    if doc.code_number:
        found.append(Check("ok", f"Số {doc.number_text}, ngày {doc.issued_date:%d/%m/%Y}", "12.1.c"))
    else:
        coming = registers.coming(registers.of(doc.agency_id, "outgoing", doc.type_code))
        found.append(Check("ok", f"Số kế tiếp: {text.notation_words(coming, doc.code_notation)}", "12.1.c"))
    annexes = drafts.annexes_of(doc)
    if annexes:
        bare = len(drafts.unsealed(doc))
        words = f"{bare} phụ lục sẽ được ký số cùng lúc" if bare else f"{len(annexes)} phụ lục đã ký số"
        found.append(Check("ok", words, "6.2.b"))
    found += _recipient_checks(doc)
    if refusal:
        found.insert(0, Check("bad", refusal))
    return found


def book(
    actor, year: int, before: int | None = None, after: int | None = None, words: str = "", type_code=""
) -> Book:
    """Sổ đăng ký văn bản đi (ND30 PL IV): (entry, document) from the newest number down, voided numbers too.

    `before`/`after`: numbers between which the part lies (keyset paging, as fast at a million rows).
    """
    entry, model = registers.Entry, documents.Document
    shelf = registers.of(actor.agency_id, "outgoing", type_code)
    query = entry.select(entry).where(entry.register == shelf, entry.year == year)
    if not actor.has(*permissions.SEES_ALL):
        query = query.where(entry.document_id.in_(permissions.visible(actor, "outgoing").select(model.id)))
    if words:
        query = query.where(entry.document_id.in_(_matching(actor, words)))
    if after is not None:
        rows = list(query.where(entry.number > after).order_by(entry.number).limit(outgoing.PAGE + 1))
        more, rows = len(rows) > outgoing.PAGE, rows[: outgoing.PAGE][::-1]
        ends = (rows[-1].number if rows else None, rows[0].number if more else None)
    else:
        query = query.where(entry.number < before) if before is not None else query
        rows = list(query.order_by(entry.number.desc()).limit(outgoing.PAGE + 1))
        more, rows = len(rows) > outgoing.PAGE, rows[: outgoing.PAGE]
        ends = (rows[-1].number if more else None, rows[0].number if rows and before is not None else None)
    found = {doc.id: doc for doc in model.select().where(model.id.in_([row.document_id for row in rows]))}
    return Book([(row, found[row.document_id]) for row in rows], *ends)


# ---- inside ----------------------------------------------------------------------------------------------------


def _paper_checks(doc, actor) -> list[Check]:
    """12.5: the number on the paper, the scan with what it lacks of the standard, the recipients of the digitised copy."""
    refusal = (guards.may_issue if doc.state == "sealed" else guards.may_seal_copy)(doc, actor)
    found = [Check("bad", refusal)] if refusal else []
    found.append(Check("ok", f"Bản giấy số {doc.number_text}, ngày {doc.issued_date:%d/%m/%Y}", "12.5"))
    scans = [row for row in documents.versions(doc) if row.kind == "scan"]
    if scans:
        mark = "warn" if scans[-1].note else "ok"
        words = scans[-1].note or f"Bản quét {doc.page_amount} trang, đúng tiêu chuẩn số hóa"
        found.append(Check(mark, words, "10.1, 12.5"))
    return found + _recipient_checks(doc)[:-1]  # it is on paper already, nothing is printed


def _recipient_checks(doc) -> list[Check]:
    lines = [line for line in paper.plan(doc) if not line.trouble]  # the guard speaks of closed ones
    away = [line for line in lines if not line.electronic]
    found = [Check("ok", f"{len(lines) - len(away)} nơi nhận điện tử", "11.1")]
    if away:
        names = ", ".join(line.recipient.name for line in away[:3]) + ("…" if len(away) > 3 else "")
        found.append(Check("warn", f"{len(away)} nơi nhận chỉ có bản giấy: {names}", "8, 9.1"))
    papers = sum(line.copies for line in lines)
    found.append(Check("ok", f"In: 1 bản lưu{f' + {papers} bản gửi giấy' if papers else ''}", "12.4.b"))
    if paper.reminder(doc):
        found.insert(-1, Check("warn", paper.reminder(doc).partition(" (")[0], "9.2.a, 9.3.d"))
    return found


def _seal_annex(attachment, content: files.Stored) -> None:
    original = attachment.file
    row = files.record(content, original.name, "application/pdf")
    drafts.AnnexSeal.create(attachment=attachment, original=original, sealed=row, sealed_at=clock.now())
    attachment.set(file=row)


def _file_name(doc) -> str:
    return f"{doc.number_text.replace('/', '-')}.pdf"


def _matching(actor, words) -> list[int]:
    return fulltext.matching(actor.agency_id, words)
