"""Theo dấu chuyển tiếp: what was passed on of a recalled document, and the tree of who has cancelled it there.

A certified copy is a document of its own: whoever got it is asked with the same order, and what he passed on he follows
himself and tells in his answer. A document of our own that carries a recalled file cannot be recalled by another's order:
its agency is warned and decides.
"""

from models import (
    assignments,
    copies,
    documents,
    exchange,
    files,
    incoming,
    journal,
    lookups,
    paper,
    permissions,
    users,
)
from models import recalls_words as words
from models.recalls_rows import PaperReturn, Recall

ENDED = ("discarded", "declined", "recalled")
CARRIED_FROM = ("draft", "content_review", "form_review", "awaiting_signature", "signed", "numbered", "sealed",
                "paper_issued", "issued")  # fmt: skip


def copies_of(doc) -> list[documents.Document]:
    """The copies made of a document, and those made of them, each before its own copies."""
    found, waiting = [], [doc]
    while waiting:
        source = waiting.pop(0)
        rows = copies.Copy.select().where(copies.Copy.source == source).order_by(copies.Copy.id)
        made = [row.document for row in rows]
        found += made
        waiting += made
    return found


def carriers(doc, hashes) -> list[documents.Document]:
    """Own documents of the agency, drafted or issued, that carry one of these contents."""
    model, found = documents.Document, {}
    for part in (documents.Attachment, documents.Version):
        rows = (
            model.select(model)
            .join(part, on=(part.document == model.id))
            .join(files.File, on=(part.file == files.File.id))
            .where(model.agency == doc.agency_id, model.flow == "outgoing", model.id != doc.id)
            .where(model.state.in_(CARRIED_FROM), files.File.sha256.in_(list(hashes)))
        )
        found |= {row.id: row for row in rows}
    return list(found.values())


def answering(doc) -> list[documents.Document]:
    """Own documents under way that answer, replace or correct this one."""
    link = documents.Link
    rows = (
        link.select(link, documents.Document)
        .join(documents.Document, on=link.source)
        .where(link.target == doc)
    )
    return [row.source for row in rows if row.source.flow == "outgoing" and row.source.state in CARRIED_FROM]


def warn(doc, hashes, note: str) -> None:
    """Tell whoever drafts with a recalled document in hand, and the leaders of what was issued with its files (K7)."""
    touched = {one.id: one for one in [*answering(doc), *carriers(doc, hashes)]}
    for one in touched.values():
        issued = one.state == "issued"
        holders = [post for post in (one.drafter, one.holder) if post]
        if issued:
            holders += [
                post
                for post in users.holders(one.agency_id)
                if post.has(lookups.LEADER) or post.has(lookups.CLERK)
            ]
        said = (
            f"Văn bản {doc.number_text} đã bị thu hồi; văn bản này trả lời hoặc kèm tệp của nó, hãy xem lại"
        )
        journal.record("touched_by_recall", None, one, one.state, one.state, note,
                       journal.telling(holders, said, f"/outgoing/{one.id}", urgent=True))  # fmt: skip


def tree(recall: Recall) -> list[words.Node]:
    """What came of everything passed on, for the answer to the sender: level 1 is who got it of us."""
    doc = recall.document
    if doc is None:
        return []
    nodes = _inside(doc)
    for out in Recall.select().where(Recall.follows == recall).order_by(Recall.id):
        nodes += _copy_nodes(out)
    for one in answering_with_files(recall):
        nodes.append(words.Node(1, f"Văn bản đi {one.number_text}", words.NODE_STATES["carried"]))
    return nodes


def answering_with_files(recall: Recall) -> list[documents.Document]:
    """Issued documents of the agency that carry a cancelled content and were not recalled."""
    hashes = {grave.sha256 for grave in recall.tombstones if grave.kind in ("main", "annex")}
    found = carriers(recall.document, hashes) if hashes else []
    return [one for one in found if one.state == "issued" and one.recalled_at is None]


def _inside(doc) -> list[words.Node]:
    access = permissions.Access
    people = access.select().where(access.document == doc).count()
    given = len({task.receiver for task in assignments.of(doc)})
    if not people and not given:
        return []
    return [words.Node(1, f"Trong cơ quan: {max(people, given)} người, đơn vị được giao hoặc được xem",
                       words.NODE_STATES["inside"])]  # fmt: skip


def _copy_nodes(out: Recall) -> list[words.Node]:
    found = []
    for one in exchange.sent(out.document):
        if one.recall_asked_at is None:
            continue
        node, below = line(one)
        found.append(node)
        found += [item._replace(level=min(item.level + 1, 9)) for item in below]
    for task in out.papers:
        state = "paper_back" if task.done_at else "paper_out"
        when = words.moment(task.done_at) if task.done_at else ""
        found.append(words.Node(1, task.holder, words.NODE_STATES[state], when))
    return found


def line(one: exchange.Consignment, level: int = 1) -> tuple[words.Node, list[words.Node]]:
    """One recipient that was asked: where he stands, and what he said of those below him."""
    messages = list(one.messages.order_by(exchange.StatusMessage.id))
    asked = [
        message for message in messages if message.direction == "out" and message.status == "recall_asked"
    ]
    answers = [message for message in messages if message.status in ("recalled", "recall_refused")]
    if not asked:
        return words.Node(level, one.partner_name, words.NODE_STATES["withdrawn"]), []
    if not answers:
        told = any(message.sent_at for message in asked)
        return words.Node(
            level, one.partner_name, words.NODE_STATES["recall_asked" if told else "untold"]
        ), []
    last = answers[-1]
    _, below = words.read_answer(last.description)
    state = words.NODE_STATES[last.status]
    return words.Node(level, one.partner_name, state, words.moment(last.at)), below


def paper_of(doc) -> list[tuple[str, int]]:
    """(who, how many copies) of paper that is outside; of a document whose paper was not followed, as it was addressed."""
    if paper.of(doc):
        return [(row.name, row.copies) for row in paper.given(doc)]
    lines = [line for line in doc.recipients if not line.electronic or line.paper_copies]
    return [(line.name, max(line.paper_copies, 1)) for line in lines]


def same_letter(one: exchange.Consignment) -> list[documents.Document]:
    """What the sender had sent under the same id before: sent back then, and still lying here."""
    model = exchange.Consignment
    rows = model.select().where(
        model.agency == one.agency_id, model.direction == "in", model.partner_code == one.partner_code,
        model.wire_id == one.wire_id, model.wire_id != "", model.id != one.id, model.document.is_null(False),
    )  # fmt: skip
    return [row.document for row in rows if not row.document.is_closed]


def ask_back(recall: Recall, doc, chosen=None) -> None:
    """Giấy phải thu lại: a task a place that got paper (ND30 18.4.a); the same place twice is one. Inside write()."""
    known = {row.holder for row in PaperReturn.select().join(Recall).where(Recall.document == doc)}
    for holder, many in paper_of(doc):
        if holder not in known and (chosen is None or holder in chosen):
            PaperReturn.create(recall=recall, agency=doc.agency, direction="out", holder=holder, copies=many,
                               asked_at=recall.asked_at)  # fmt: skip


def hold_paper(recall: Recall, doc) -> None:
    """Giấy phải gửi trả: paper of the same document that lies with us, registered or printed. Inside write()."""
    for row in incoming.duplicates(doc):
        same_day = not (row.issued_date and doc.issued_date) or row.issued_date == doc.issued_date
        if row.source == "paper" and same_day and row.recalled_at is None:
            holder = (
                f"Bản giấy vào sổ số đến {row.arrival_number}"
                if row.arrival_number
                else "Bản giấy đang ở văn thư"
            )
            PaperReturn.create(recall=recall, agency=doc.agency, direction="in", holder=holder, document=row,
                               asked_at=recall.asked_at)  # fmt: skip
    if doc.printed_copies:
        PaperReturn.create(recall=recall, agency=doc.agency, direction="in", holder="Bản in từ hệ thống",
                           copies=doc.printed_copies, asked_at=recall.asked_at)  # fmt: skip
