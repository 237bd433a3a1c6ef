"""Gói mang tay: signed packages on a USB stick for an office without a line (QĐ 28 Điều 7.1; Quy chế 9.1).

A bundle carries documents and status messages of one agency to one or several receivers, byte for byte as the axis
would, and tells what became of the packets of bundles that came from there. The line may come back meanwhile: the
packets then travel twice and count once. Making the file happens in a job; `courier_making` holds it, `courier_taking`
is the other side.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from peewee import JOIN

from models import agencies, clock, db, documents, errors, exchange, files, journal, lookups, outbox, text

CARRIERS = (lookups.CLERK, lookups.ADMIN)
STATES = {
    "making": "Đang lập gói",
    "travelling": "Đang đi bằng USB",
    "answered": "Nơi nhận đã trả lời đủ",
    "lost": "Không mang nữa",
    "failed": "Chưa lập được",
    "taking": "Đang nhận",
    "taken": "Đã nhận",
}
OUTCOMES = {
    "": "chờ",
    "received": "Đã nhận",
    "duplicate": "Đã nhận từ trước",
    "conflict": "Trùng mã, khác nội dung",
    "refused": "Trả lại",
    "recalled": "Đã bị thu hồi",
    "status": "Đã ghi trạng thái",
    "recall": "Đã thu hồi",
    "parked": "Chưa khớp văn bản nào",
    "not_ours": "Của nơi khác",
    "unreadable": "Không đọc được, đã cách ly",
    "broken": "Tệp hỏng",
    "delivered": "Đã tới bằng đường truyền",
}
ARRIVED = ("received", "duplicate", "recalled", "status", "recall", "parked")  # the receiver has it
REFUSED = ("conflict", "refused", "not_ours", "unreadable", "broken")
MOST_CHOSEN = 500
KEPT_DAYS = 30


class CourierBundle(db.Base):
    """One file on its way: made here (out) or taken here (in)."""

    key = db.CharField(unique=True)
    code = db.CharField(index=True)
    agency = db.ForeignKeyField(agencies.Agency, backref="+")
    partner = db.ForeignKeyField(agencies.Agency, null=True, backref="+")  # None: several receivers
    partner_names = db.CharField(default="")
    direction = db.CharField()  # out | in
    state = db.CharField()
    carrier = db.CharField(default="")
    made_at = db.MomentField()
    made_by = db.CharField(default="")
    ended_at = db.MomentField(null=True)
    sha256 = db.CharField(default="")
    size = db.IntegerField(default=0)
    file = db.ForeignKeyField(files.File, null=True, backref="+")
    trust = db.CharField(default="")
    key_id = db.CharField(default="")
    failure = db.TextField(default="")

    @property
    def label(self) -> str:
        """The state in words."""
        return STATES[self.state]


class CourierItem(db.Base):
    """One packet of a bundle, with what became of it."""

    bundle = db.ForeignKeyField(CourierBundle, backref="items")
    number = db.IntegerField()
    sha256 = db.CharField(max_length=64, default="", index=True)
    size = db.IntegerField(default=0)
    type = db.CharField()  # edoc | status
    agency = db.ForeignKeyField(agencies.Agency, null=True, backref="+")
    partner_code = db.CharField(default="")
    consignment = db.ForeignKeyField(exchange.Consignment, null=True, backref="+")
    message = db.ForeignKeyField(exchange.StatusMessage, null=True, backref="+")
    outcome = db.CharField(default="")
    sentence = db.TextField(default="")
    ended_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("bundle", "number"), True),)

    @property
    def label(self) -> str:
        """What became of it, in words."""
        return OUTCOMES[self.outcome]


TABLES = (CourierBundle, CourierItem)


class Waiting(NamedTuple):
    """What could be carried to one agency."""

    partner: agencies.Agency
    documents: list
    messages: list
    answers: int


class Travel(NamedTuple):
    """A consignment is on its way on a stick."""

    since: object
    carrier: str
    code: str


def waiting(agency_id: int) -> list[Waiting]:
    """What waits for each partner and may go by hand, by name; what already travels is left out."""
    carried = _carried(agency_id)
    groups: dict[int, tuple[list, list]] = {}
    for one in _unsent(agency_id):
        if one.id not in carried["consignment"]:
            groups.setdefault(one.partner_id, ([], []))[0].append(one)
    for message in _untold(agency_id):
        if message.id not in carried["message"]:
            groups.setdefault(message.consignment.partner_id, ([], []))[1].append(message)
    replies = _unanswered(agency_id)
    for partner_id in replies:
        groups.setdefault(partner_id, ([], []))
    found = {row.id: row for row in agencies.with_codes(
        agencies.Agency.select().where(agencies.Agency.id.in_(list(groups)))
    ) if row.code}  # fmt: skip
    lines = [
        Waiting(found[key], *lists, replies.get(key, 0)) for key, lists in groups.items() if key in found
    ]
    return sorted(lines, key=lambda line: text.fold(line.partner.name))


def _unsent(agency_id):
    model = exchange.Consignment
    rows = (
        model.select(model, documents.Document)
        .join(documents.Document)
        .where(
            model.agency == agency_id, model.direction == "out", model.transport == "axis",
            model.state.in_(exchange.UNSENT), model.partner.is_null(False), model.recall_asked_at.is_null(),
            documents.Document.recalled_at.is_null(),
        )
        .order_by(documents.Document.urgency.desc(), model.id)
    )  # fmt: skip
    return list(rows.limit(5000))


def _untold(agency_id):
    model, line = exchange.StatusMessage, exchange.Consignment
    rows = (
        model.select(model, line)
        .join(line)
        .where(
            model.agency == agency_id, model.direction == "out", model.sent_at.is_null(), line.transport == "axis",
            line.partner.is_null(False),
        )
        .order_by(model.id)
    )  # fmt: skip
    return list(rows.limit(5000))


def _carried(agency_id):
    """Ids of what an open bundle already carries."""
    rows = (
        CourierItem.select(CourierItem.consignment, CourierItem.message)
        .join(CourierBundle)
        .where(
            CourierBundle.agency == agency_id, CourierBundle.direction == "out",
            CourierBundle.state.in_(("making", "travelling")), CourierItem.outcome == "",
        )
        .tuples()
    )  # fmt: skip
    found = list(rows)
    return {"consignment": {one for one, _ in found if one}, "message": {two for _, two in found if two}}


def _unanswered(agency_id) -> dict[int, int]:
    """Partner → how many bundles of it were taken and no bundle has gone back since."""
    rows = CourierBundle.select().where(CourierBundle.agency == agency_id, CourierBundle.direction == "in",
                                        CourierBundle.state == "taken")  # fmt: skip
    found: dict[int, int] = {}
    for row in rows.where(CourierBundle.ended_at.is_null()):
        found[row.partner_id] = found.get(row.partner_id, 0) + 1
    return found


def order(actor, partner_ids, carrier: str) -> CourierBundle:
    """Lập gói mang tay gửi tới các nơi đã chọn; the file is made by a job. Raises Invalid."""
    carrier = text.clean(carrier)[:200]
    lines = [line for line in waiting(actor.agency_id) if line.partner.id in set(partner_ids)]
    wrong = {}
    if not lines:
        wrong["partners"] = "Hãy chọn ít nhất một nơi nhận đang có văn bản hoặc phản hồi chờ."
    if not carrier:
        wrong["carrier"] = "Hãy ghi ai mang gói đi (họ tên, số điện thoại)."
    if wrong:
        raise errors.Invalid(wrong)
    chosen = [(one, None) for line in lines for one in line.documents]
    chosen += [(None, message) for line in lines for message in line.messages]
    with db.write():
        code = _new_code(actor)
        bundle = CourierBundle.create(
            key=f"out/{code}", code=code, agency=actor.agency_id, direction="out", state="making", carrier=carrier,
            partner=lines[0].partner if len(lines) == 1 else None, made_at=clock.now(), made_by=actor.name,
            partner_names=", ".join(line.partner.name for line in lines)[:1000],
        )  # fmt: skip
        for number, (one, message) in enumerate(chosen[:MOST_CHOSEN], 1):
            CourierItem.create(
                bundle=bundle, number=number, type="edoc" if one else "status", agency=actor.agency_id,
                consignment=one or message.consignment, message=message,
                partner_code=(one or message).partner_code or (one or message.consignment).partner.code,
            )  # fmt: skip
        bundle.set(failure=_left_over(len(chosen) - MOST_CHOSEN))
        outbox.place("courier_make", bundle.id, f"courier_make:{bundle.id}", priority=2)
        journal.record("make_bundle", actor, bundle, to_state="making", note=f"{code}: {bundle.partner_names}",
                       data={"carrier": carrier, "lines": [line.partner.id for line in lines]})  # fmt: skip
    return bundle


def _left_over(count):
    return f"Còn {count} gói tin chưa vừa gói này; hãy lập thêm một gói." if count > 0 else ""


def _new_code(actor):
    own = actor.agency.code or "VT"
    return f"{own}-{clock.local(clock.now()):%y%m%d}-{secrets.token_hex(3)}"[:64]


def lose(bundle: CourierBundle, actor) -> None:
    """Gói bị mất, hoặc không mang nữa: what it carried waits again. Raises Refused."""
    if bundle.direction != "out" or bundle.state not in ("making", "travelling", "failed"):
        raise errors.Refused(f"Gói này đang ở trạng thái «{bundle.label}».")
    with db.write():
        journal.record("lose_bundle", actor, bundle, bundle.state, "lost", bundle.code)
        row = bundle.file
        bundle.set(state="lost", ended_at=clock.now(), file=None)
        gone = files.release([row]) if row else []
    files.erase(gone)


def again(bundle: CourierBundle, actor) -> None:
    """Làm tiếp một gói dừng giữa chừng. Raises Refused."""
    kinds = {"failed": ("making", "courier_make"), "taking": ("taking", "courier_take")}
    if bundle.state not in kinds:
        raise errors.Refused(f"Gói này đang ở trạng thái «{bundle.label}».")
    state, kind = kinds[bundle.state]
    with db.write():
        bundle.set(state=state, failure="")
        outbox.place(kind, bundle.id, f"{kind}:{bundle.id}:{clock.now():%Y%m%d%H%M%S%f}", priority=2)
        journal.record("again_bundle", actor, bundle, to_state=state, note=bundle.code)


def failed(bundle_id: int, reason: str) -> None:
    """The job gave up: the page says why, a person decides."""
    bundle = CourierBundle.get_by_id(bundle_id)
    with db.write():
        bundle.set(failure=reason, **({"state": "failed"} if bundle.direction == "out" else {}))


def of_agency(agency_id: int, limit: int = 100) -> list[CourierBundle]:
    """The agency's bundles, the newest first."""
    rows = CourierBundle.select().where(CourierBundle.agency == agency_id)
    return list(rows.order_by(CourierBundle.id.desc()).limit(limit))


def load(actor, bundle_id: int) -> CourierBundle:
    """One bundle of this person's agency. Raises NotFound."""
    row = CourierBundle.get_or_none(CourierBundle.id == bundle_id, CourierBundle.agency == actor.agency_id)
    if row is None:
        raise errors.NotFound()
    return row


def items_of(bundle: CourierBundle) -> list[CourierItem]:
    """Its packets with their documents, in order."""
    line = exchange.Consignment
    rows = CourierItem.select(CourierItem, line, documents.Document).join(line, JOIN.LEFT_OUTER).join(
        documents.Document, JOIN.LEFT_OUTER
    )  # fmt: skip
    return list(rows.where(CourierItem.bundle == bundle).order_by(CourierItem.number))


def tidy() -> int:
    """Let go of the files of bundles that ended a month ago; their lines stay. Returns how many."""
    limit = clock.now() - timedelta(days=KEPT_DAYS)
    rows = list(
        CourierBundle.select().where(CourierBundle.file.is_null(False), CourierBundle.ended_at < limit)
    )
    if not rows:
        return 0
    with db.write():
        kept = [row.file for row in rows]
        for row in rows:
            row.set(file=None)
        gone = files.release(kept)
    files.erase(gone)
    return len(rows)


def travelling(consignment_ids) -> dict[int, Travel]:
    """Which of these consignments are on a stick now, since when and who carries them."""
    rows = (
        CourierItem.select(CourierItem.consignment, CourierBundle.made_at, CourierBundle.carrier, CourierBundle.code)
        .join(CourierBundle)
        .switch(CourierItem)
        .join(exchange.Consignment)
        .where(
            CourierItem.consignment.in_(list(consignment_ids)), CourierItem.message.is_null(),
            CourierItem.outcome == "", CourierBundle.direction == "out", CourierBundle.state == "travelling",
            exchange.Consignment.acknowledged_at.is_null(),
        )
        .order_by(CourierBundle.id)
        .tuples()
    )  # fmt: skip
    return {one: Travel(since, carrier, code) for one, since, carrier, code in rows}
