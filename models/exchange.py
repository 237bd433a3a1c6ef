"""Gửi, nhận văn bản: one consignment per recipient with its true state, and every status message, both ways.

A sending is green only after the positive answer (Quy chế 12.3). States move forward only, and what a consignment
shows is computed from the messages it has, so late, doubled or reordered ones end in the same state (QĐ 28 Điều 6.3).
Codes of the wire live in edxml.py; here are words.
"""

from models import (
    agencies,
    clock,
    db,
    documents,
    edxml,
    errors,
    exchange_axis,
    exchange_proofs,
    failpoints,
    files,
    journal,
    outbox,
)

# Words of QĐ 28/2018 Điều 10.2.h.
STATES = {
    "queued": "Đang chờ gửi",
    "on_axis": "Trục đã nhận",
    "arrived": "Đã đến",
    "accepted": "Đã tiếp nhận",
    "assigned": "Đã chuyển xử lý",
    "in_progress": "Đang xử lý",
    "completed": "Đã hoàn thành",
    "refused": "Từ chối nhận (trả lại)",
    "failed": "Gửi không thành công",
    "recall_asked": "Đã yêu cầu thu hồi",
    "recalled": "Đã thu hồi",
    "recall_refused": "Từ chối thu hồi",
}
PROGRESS = ("queued", "on_axis", "arrived", "accepted", "assigned", "in_progress", "completed")
UNSENT = ("queued", "failed")
NOT_CONNECTED = (
    "Nơi nhận chưa kết nối nhận văn bản điện tử. Hãy gửi bản giấy, hoặc khai báo kết nối rồi gửi lại."
)

RETURNED = "Nơi nhận đã nhận rồi trả lại, gói cũ gửi nữa chỉ là bản trùng. Hãy phát hành văn bản thay thế văn bản này."


class Consignment(db.Base):
    """One document on its way between one sender and one recipient, on our side."""

    key = db.CharField(unique=True)
    agency = db.ForeignKeyField(agencies.Agency, backref="consignments")
    direction = db.CharField()  # out | in
    document = db.ForeignKeyField(documents.Document, null=True, backref="consignments")
    partner = db.ForeignKeyField(agencies.Agency, null=True)
    partner_code = db.CharField(default="")
    partner_name = db.CharField()
    own_code = db.CharField(default="")
    transport = db.CharField()  # local | axis
    state = db.CharField()
    # what the packet says of the document; status messages quote it
    wire_id = db.CharField(default="", index=True)
    code = db.CharField(default="")
    issued_date = db.DateField(null=True)
    content_hash = db.CharField(default="")
    packet = db.ForeignKeyField(files.File, null=True)
    axis_id = db.CharField(default="", index=True)
    alone = db.BooleanField(default=False)  # sent in a packet of its own, not with the other recipients
    queued_at = db.MomentField(null=True)  # released by the clerk
    attempted_at = db.MomentField(null=True)  # from here on it may have left
    acknowledged_at = db.MomentField(null=True)
    sent_at = db.MomentField(null=True)  # legal sending time (12.3): the release, once acknowledged
    arrived_at = db.MomentField(null=True)  # raw entry time
    received_at = db.MomentField(null=True)  # legal reception time (12.3)
    recall_asked_at = db.MomentField(null=True)
    tries = db.IntegerField(default=0)
    failure = db.TextField(default="")
    called_at = db.MomentField(null=True)  # the clerk was told to call the recipient
    resent_at = db.MomentField(null=True)  # sent anew after it was returned: what was said before is history

    class Meta:
        indexes = (
            (("document", "direction", "state", "queued_at"), False),
            (("agency", "direction", "state", "queued_at"), False),
            (("agency", "direction"), False),
            (("agency", "direction", "document"), False),
            (("agency", "partner"), False),
        )

    @property
    def label(self) -> str:
        """The state in the decision's words."""
        if self.state == "on_axis" and self.transport == "local":
            return "Đã chuyển"
        return STATES[self.state]


class StatusMessage(db.Base):
    """One status message, sent or taken; never changed but for the facts of its own sending."""

    key = db.CharField(unique=True)
    agency = db.ForeignKeyField(agencies.Agency)
    direction = db.CharField()  # out | in
    consignment = db.ForeignKeyField(Consignment, null=True, backref="messages")
    status = db.CharField()
    description = db.TextField(default="")
    staff = db.CharField(default="")
    at = db.MomentField()  # when the event happened, by the sender's clock
    taken_at = db.MomentField()
    partner_code = db.CharField(default="")
    own_code = db.CharField(default="")
    wire_id = db.CharField(default="", index=True)
    code = db.CharField(default="")
    issued_date = db.DateField(null=True)
    packet = db.ForeignKeyField(files.File, null=True)
    axis_id = db.CharField(default="", index=True)
    sent_at = db.MomentField(null=True)
    parked = db.CharField(default="")  # why it belongs to nothing we know
    failure = db.TextField(default="")
    proof = db.ForeignKeyField(exchange_proofs.Proof, null=True, backref="+")
    proved_by = db.CharField(default="")  # in: signed | by_axis | forged | unknown_key
    proof_note = db.TextField(default="")

    class Meta:
        indexes = ((("agency", "direction", "sent_at"), False),)


TABLES = (exchange_axis.AxisConnection, *exchange_proofs.TABLES, Consignment, StatusMessage)


# ---- sending --------------------------------------------------------------------------------------------------


def dispatch(doc, actor) -> list[Consignment]:
    """Gửi tới mọi nơi nhận điện tử (11.1): consignments and orders, inside the caller's write(); twice is once."""
    failpoints.reach("send.begin")
    found = [_consign(doc, recipient) for recipient in list(doc.recipients) if recipient.electronic]
    failpoints.reach("send.recipients-rows")
    for transport in ("axis", "local"):
        together = [one for one in found if one.state == "queued" and one.transport == transport]
        if together:
            place_delivery(together, f"{doc.id}:{transport}:{together[0].id}", doc.urgency)
    journal.record("dispatch", actor, doc, data={"recipients": [one.partner_name for one in found]})
    failpoints.reach("send.outbox-rows")
    return found


def place_delivery(
    consignments: list[Consignment], name: str, priority: int, turn: int | None = None
) -> None:
    """Order the delivery of consignments that travel together, each behind what its recipient is still to get."""
    first = consignments[0]
    urgency = first.document.urgency if first.document_id else 0
    lanes = {f"d/{one.agency_id}/{one.partner_id or one.partner_code}": urgency for one in consignments}
    lanes |= {message_lane(one): 0 for one in consignments}
    line = exchange_axis.LINE if first.transport == "axis" else ""
    outbox.place("deliver", first.id, f"deliver:{name}", priority, line=line, lanes=lanes, turn=turn)


def message_lane(consignment: Consignment) -> str:
    """What is said of one consignment keeps its order, and follows the document itself."""
    return f"c/{consignment.id}"


def _consign(doc, recipient):
    partner = recipient.agency
    key = f"out/{doc.id}/{partner.id if partner else recipient.name}"
    known = Consignment.get_or_none(Consignment.key == key)
    if known:
        return known
    transport = "local" if partner and partner.hosted else "axis"
    reachable = bool(partner and partner.code and (partner.hosted or partner.connection == "axis"))
    return Consignment.create(
        key=key, agency=doc.agency, direction="out", document=doc, partner=partner, transport=transport,
        partner_code=partner.code if partner else "", partner_name=partner.name if partner else recipient.name,
        own_code=doc.organ_id or doc.agency.code, state="queued" if reachable else "failed",
        failure="" if reachable else NOT_CONNECTED, wire_id=wire_id(doc), code=doc_code(doc),
        issued_date=doc.issued_date, queued_at=clock.now(),
    )  # fmt: skip


def wire_id(doc) -> str:
    """The document's id on the wire: its own, or the usual triple of code, day and number."""
    if doc.document_id:
        return doc.document_id
    return f"{doc.organ_id or doc.agency.code},{edxml.day(doc.issued_date)},{doc_code(doc)}"


def doc_code(doc) -> str:
    """«số/ký hiệu» as packets and status messages write it."""
    return edxml.joined_code(doc.code_number, doc.code_notation)


def load(consignment_id: int) -> Consignment:
    """A consignment by its id."""
    return Consignment.get_by_id(consignment_id)


def resend(consignment: Consignment, actor) -> None:
    """Gửi lại nơi nhận chưa gửi được, hoặc trả lại ngay ở cửa: the same thread, under the code the recipient has now.

    Raises Refused when the recipient got it, or the document was recalled.
    """
    before = consignment.state
    if before == "queued":
        outbox.hurry(message_lane(consignment))  # pressed twice
        return
    if before not in ("failed", "refused"):
        raise errors.Refused("Chỉ gửi lại được nơi nhận chưa gửi được hoặc đã trả lại văn bản.")
    if consignment.document.is_recalled or consignment.recall_asked_at:
        raise errors.Refused("Văn bản đã thu hồi nên không gửi lại được (Quy chế 12.6).")
    if before == "refused" and consignment.messages.where(StatusMessage.status == "arrived").exists():
        raise errors.Refused(RETURNED)
    partner = consignment.partner
    if not partner or not partner.code or not (partner.hosted or partner.connection == "axis"):
        raise errors.Refused(NOT_CONNECTED)
    with db.write():
        now = clock.now()
        consignment.set(state="queued", failure="", alone=True, packet=None, partner_code=partner.code, called_at=None,
                        transport="local" if partner.hosted else "axis")  # fmt: skip
        if before == "refused":
            consignment.set(resent_at=now, queued_at=now, acknowledged_at=None, sent_at=None, arrived_at=None)
        urgency = max(1, consignment.document.urgency)
        place_delivery([consignment], f"{consignment.id}:again:{now:%Y%m%d%H%M%S%f}", urgency)
        journal.record("resend", actor, consignment, before, "queued")


# ---- statuses -------------------------------------------------------------------------------------------------


def report(doc, code: str, description: str = "", actor=None) -> StatusMessage | None:
    """Phản hồi trạng thái cho nơi gửi (12.6), inside the caller's write(); nothing when it did not come electronically.

    `code` is a word of edxml.STATUS_CODES or its number. The same status twice is one message.
    """
    consignment = Consignment.get_or_none(Consignment.document == doc, Consignment.direction == "in")
    return tell(consignment, code, description, actor) if consignment else None


def tell(
    consignment: Consignment, code: str, description: str = "", actor=None, round_: str = "", parts=None
) -> StatusMessage:
    """A status message to the other side of a consignment, with its order and its signed statement.

    `parts`: the files it speaks of (exchange_proofs.parts_of) when they were not kept.
    """
    word = edxml.STATUS_WORDS.get(code, code)
    if word not in edxml.STATUS_CODES:
        raise ValueError(code)
    key = f"out/{consignment.id}/{word}{round_}"
    known = StatusMessage.get_or_none(StatusMessage.key == key)
    if known:
        return known
    now, staff = clock.now(), _staff(consignment.agency, actor)
    proof = exchange_proofs.of_status(consignment, word, description, staff, now, parts)
    message = StatusMessage.create(
        key=key, agency=consignment.agency, direction="out", consignment=consignment, status=word,
        description=description, staff=staff, at=now, taken_at=now, proof=proof,
        partner_code=consignment.partner_code, own_code=consignment.own_code, wire_id=consignment.wire_id,
        code=consignment.code, issued_date=consignment.issued_date,
    )  # fmt: skip
    failpoints.reach("status.row")
    if consignment.direction == "in":
        settle(consignment)
    urgency = consignment.document.urgency if consignment.document_id else 0
    _place_message(message, f"status:{message.id}", urgency)
    failpoints.reach("status.outbox")
    return message


def _place_message(message, key, urgency=0):
    line = exchange_axis.LINE if message.consignment.transport == "axis" else ""
    lanes = {message_lane(message.consignment): 0}
    outbox.place("status", message.id, key, urgency, line=line, lanes=lanes)


def _staff(agency, actor) -> str:
    """Who answers, as the other side may read it: the person's name, or only the unit where the agency keeps names in."""
    if actor is None:
        return ""
    return actor.name if agency.tells_names else (actor.post.unit.name if actor.unit_id else actor.title)


def tell_again(message: StatusMessage, occasion: str) -> None:
    """The other side asked again: it gets the same message, byte for byte."""
    if message.sent_at:
        _place_message(message, f"status:{message.id}:{occasion}")


def settle(consignment: Consignment) -> None:
    """Write the state that follows from everything known of the consignment."""
    messages = list(consignment.messages.order_by(StatusMessage.id))
    wanted = state_of(consignment, messages)
    if wanted != consignment.state:
        journal.record("status", None, consignment, consignment.state, wanted)
        consignment.set(state=wanted)
        if wanted == "refused" and consignment.direction == "out":
            reasons = [message.description for message in messages if message.status == "refused"]
            journal.record(
                "returned", None, consignment.document, note=f"{consignment.partner_name}: {reasons[-1]}"
            )


def state_of(consignment: Consignment, messages: list[StatusMessage]) -> str:
    """The state that follows from the facts, in whatever order they came.

    Recall first; then the return, if nothing happened after it; then the furthest of 01–06.
    """
    mine = "in" if consignment.direction == "out" else "out"
    heard = [message for message in messages if message.direction == mine]
    if consignment.recall_asked_at:  # 15 and 16 also answer an update, where nothing was asked back
        words = {message.status for message in heard if message.taken_at >= consignment.recall_asked_at}
        for word in ("recalled", "recall_refused"):
            if word in words:
                return word
        return "recall_asked"
    since = consignment.resent_at
    heard = [message for message in heard if since is None or message.taken_at >= since]
    steps = [message for message in heard if message.status in PROGRESS]
    returned = [message for message in heard if message.status == "refused"]
    if returned and all(
        step.at <= max(message.at for message in returned) for step in steps if step.status != "arrived"
    ):
        return "refused"
    if steps:
        return max((step.status for step in steps), key=PROGRESS.index)
    if consignment.acknowledged_at:
        return "on_axis"
    return consignment.state if consignment.state in UNSENT else "queued"


# ---- queries --------------------------------------------------------------------------------------------------


def sent(doc) -> list[Consignment]:
    """The lines of the dispatch ledger of an outgoing document."""
    return list(
        Consignment.select()
        .where(Consignment.document == doc, Consignment.direction == "out")
        .order_by(Consignment.id)
    )


def arrival(doc) -> Consignment | None:
    """The consignment an incoming document came by."""
    return Consignment.get_or_none(Consignment.document == doc, Consignment.direction == "in")


def messages_of(consignments: list[Consignment]) -> dict[int, list[StatusMessage]]:
    """Consignment id → its messages, oldest first."""
    found = {one.id: [] for one in consignments}
    for message in (
        StatusMessage.select().where(StatusMessage.consignment.in_(list(found))).order_by(StatusMessage.id)
    ):
        found[message.consignment_id].append(message)
    return found


def parked_of(agency_id: int) -> list[StatusMessage]:
    """Messages that belong to nothing we know; kept for a person to look at."""
    return list(
        StatusMessage.select()
        .where(StatusMessage.agency == agency_id, StatusMessage.parked != "", StatusMessage.failure == "")
        .order_by(StatusMessage.id.desc())
        .limit(100)
    )


def untold_of(agency_id: int) -> list[StatusMessage]:
    """Status messages that did not get through and are not tried again by themselves."""
    model = StatusMessage
    rows = model.select().where(model.agency == agency_id, model.direction == "out", model.failure != "")
    return list(rows.where(model.sent_at.is_null()).order_by(model.id.desc()).limit(100))


def conflicts_of(agency_id: int) -> list[journal.Event]:
    """Packets that came under a known id with other content; nothing of them was kept."""
    event = journal.Event
    rows = event.select().where(event.agency_id == agency_id, event.verb == "conflict")
    return list(rows.order_by(event.id.desc()).limit(100))


def drop_packet(doc) -> list[files.File]:
    """Take the packet off an arrival whose content must not be kept (1.2); returns its file rows for files.release."""
    one = arrival(doc)
    if one is None or one.packet is None:
        return []
    row = one.packet
    one.set(packet=None)
    return [row]
