"""The rows of paper going out and coming in: choices before the release, copies on their way, paper that followed."""

from models import agencies, db, documents

STATES = {
    "to_print": "Cần in, đóng dấu",
    "printed": "Đã in, đóng dấu, chờ gửi",
    "sent": "Đã gửi",
    "received": "Đã nhận",
    "returned": "Bị trả lại",
    "given_back": "Đã gửi lại cơ quan ban hành",
    "cancelled": "Thôi gửi",
}


class PaperChoice(db.Base):
    """What the clerk decided for one recipient against the proposal, and why; only until the release."""

    recipient = db.ForeignKeyField(documents.Recipient, unique=True, on_delete="CASCADE")
    electronic = db.BooleanField()
    copies = db.IntegerField()
    reason = db.CharField()
    chosen_at = db.MomentField()
    chosen_by = db.CharField()


class PaperCopy(db.Base):
    """The paper copies of one document for one recipient; also a recipient that gets no electronic one."""

    document = db.ForeignKeyField(documents.Document, backref="paper", on_delete="CASCADE")
    agency = db.ForeignKeyField(agencies.Agency, null=True)
    name = db.CharField()
    copies = db.IntegerField()
    state = db.CharField()  # a key of STATES
    basis = db.CharField(default="")  # the rule and its article
    reason = db.CharField(default="")  # the clerk's, where he changed the proposal
    unsent_reason = db.CharField(default="")  # why no electronic version goes (Quy chế 8)
    unsent_kind = db.CharField(default="")  # not_connected | decided | "" when it goes
    way = db.CharField(default="")
    postal_number = db.CharField(default="")
    envelopes = db.IntegerField(default=1)
    sent_on = db.DateField(null=True)
    sent_by = db.CharField(default="")
    received_on = db.DateField(null=True)
    received_by = db.CharField(default="")
    returned_on = db.DateField(null=True)
    return_reason = db.CharField(default="")
    given_back_on = db.DateField(null=True)
    given_back_note = db.CharField(default="")
    note = db.CharField(default="")
    made_at = db.MomentField()

    class Meta:
        indexes = ((("document", "name"), False), (("state", "sent_on"), False))

    @property
    def label(self) -> str:
        """The state in words."""
        return STATES[self.state]


class PaperArrival(db.Base):
    """A9, Quy chế 11.1.b: the paper of a document received electronically came as well; nothing waits for it."""

    document = db.ForeignKeyField(documents.Document, unique=True, on_delete="CASCADE")
    arrived_on = db.DateField()
    copies = db.IntegerField(default=1)
    place = db.CharField(default="")  # where it is kept
    note = db.CharField(default="")
    recorded_at = db.MomentField()
    recorded_by = db.CharField()
