"""What makes a document a copy: form, way, source, decision, and its number where it is of paper."""

from models import copies_rules, db, documents, text, users


class Copy(db.Base):
    """What makes a document a copy: form, way, source, decision, and its number where it is of paper."""

    document = db.ForeignKeyField(documents.Document, unique=True, backref="copies_made")
    form = db.CharField()
    source_medium = db.CharField()
    medium = db.CharField()
    source = db.ForeignKeyField(documents.Document, null=True, backref="copies")
    copied_from = db.CharField(default="")  # sao lục: the sao y it was made of
    part = db.CharField(default="")  # trích sao: the part wanted
    purpose = db.CharField(default="")
    made_by = db.ForeignKeyField(users.Post, backref="copies_made")
    made_at = db.MomentField()
    signer = db.ForeignKeyField(users.Post, null=True, backref="copies_decided")
    capacity = db.CharField(default="")
    decided_at = db.MomentField(null=True)
    number = db.IntegerField(null=True)
    made_on = db.DateField(null=True)  # the day of its seal or its number: its line in the book
    amount = db.IntegerField(default=1)
    sealed_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("made_on",), False),)

    @property
    def form_name(self) -> str:
        """«Sao y»."""
        return copies_rules.FORMS[self.form].name

    @property
    def number_text(self) -> str:
        """«03/SY-SKH», "" where the copy has none (an electronic one, PL I Phần II.I)."""
        if self.number is None:
            return ""
        own = self.document.agency.notation or self.document.agency.short_name
        return text.notation_words(self.number, f"{copies_rules.FORMS[self.form].abbreviation}-{own}")

    @property
    def way(self) -> str:
        """«giấy → điện tử»."""
        words = {copies_rules.PAPER: "giấy", copies_rules.ELECTRONIC: "điện tử"}
        return f"{words[self.source_medium]} → {words[self.medium]}"


TABLES = (Copy,)


def of(doc) -> Copy | None:
    """What makes this document a copy; None for any other."""
    return Copy.get_or_none(Copy.document == doc)
