"""What is kept of a recall on both sides (ND30 PL VI III.8.c): the order, the tombstone of each content, paper to give back."""

from models import agencies, db, documents, exchange, files


class Recall(db.Base):
    """One recall: asked by us (out) or carried out by us (in)."""

    document = db.ForeignKeyField(documents.Document, null=True, backref="recalls")
    agency = db.ForeignKeyField(agencies.Agency)
    consignment = db.ForeignKeyField(exchange.Consignment, null=True)  # in: the one recalled
    direction = db.CharField()  # out | in
    reason = db.TextField()
    ordered_by = db.CharField(default="")
    asked_by = db.CharField(default="")
    asked_at = db.MomentField()
    state_before = db.CharField(default="")
    partial = db.BooleanField(default=False)
    replacement = db.ForeignKeyField(documents.Document, null=True, backref="replaces_recalled")
    replaced_by = db.CharField(default="")  # in: the replacing document in the sender's words
    # what we passed on is recalled with the order we got: the recall (in) this one follows
    follows = db.ForeignKeyField("self", null=True, backref="followed_by")
    stage = db.CharField(default="")  # in: waiting | closed | confirmed | refused; out: ""
    message = db.ForeignKeyField(exchange.StatusMessage, null=True, backref="carried_out")
    decide_until = db.MomentField(null=True)  # in: how long the head may object
    decided_by = db.CharField(default="")
    decided_at = db.MomentField(null=True)
    told = db.TextField(default="")  # in: what the sender was told last
    rounds = db.IntegerField(default=0)  # in: how often


class Tombstone(db.Base):
    """One content that was cancelled: its hash and size stay, never its name or its words."""

    recall = db.ForeignKeyField(Recall, backref="tombstones")
    document = db.ForeignKeyField(documents.Document, null=True)
    kind = db.CharField()  # a key of KINDS
    sha256 = db.CharField(max_length=64, index=True)
    size = db.IntegerField(default=0)
    file = db.ForeignKeyField(files.File, null=True)  # until it is given up
    closed_at = db.MomentField()
    erase_on = db.MomentField()
    erased_at = db.MomentField(null=True)
    shared = db.BooleanField(default=False)  # the same bytes belong to another document of the installation
    by = db.CharField(default="")


class RecallRule(db.Base):
    """How an agency carries recalls out: the head's time to object, and how long closed bytes are kept."""

    agency = db.ForeignKeyField(agencies.Agency, unique=True)
    decision_hours = db.IntegerField(default=0)  # working hours; 0 = at once, by itself
    keeps_days = db.IntegerField(default=0)  # 0 = erased at once
    set_by = db.CharField(default="")
    set_at = db.MomentField(null=True)


class RecallForm(db.Base):
    """The wire form of recall that a partner is known to answer."""

    partner = db.ForeignKeyField(agencies.Agency, unique=True)
    form = db.CharField()  # status | packet
    noted_at = db.MomentField()


class PaperReturn(db.Base):
    """Paper of a recalled document: to come back to us (out), or to be given back by us (in); ND30 18.4.a."""

    recall = db.ForeignKeyField(Recall, backref="papers")
    agency = db.ForeignKeyField(agencies.Agency)
    direction = db.CharField()  # out | in
    holder = db.CharField()
    copies = db.IntegerField(default=1)
    document = db.ForeignKeyField(documents.Document, null=True)  # in: the paper registered here
    asked_at = db.MomentField()
    done_at = db.MomentField(null=True)
    done_by = db.CharField(default="")
    note = db.CharField(default="")


TABLES = (Recall, Tombstone, RecallRule, RecallForm, PaperReturn)
KINDS = {
    "main": "Văn bản chính",
    "annex": "Phụ lục, tài liệu kèm theo",
    "slip": "Phiếu",
    "version": "Phiên bản",
    "packet": "Gói tin",
    "evidence": "Chứng cứ kiểm tra chữ ký",
    "work": "Tệp đang ký",
}


def rule_of(agency_id: int) -> RecallRule:
    """The agency's rule; unsaved with the defaults where none was set."""
    return RecallRule.get_or_none(RecallRule.agency == agency_id) or RecallRule(agency=agency_id)
