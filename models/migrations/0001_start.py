"""All tables of the first release, frozen: this file never changes with the models."""

from peewee import BlobField, CharField, ForeignKeyField, IntegerField, Model, TextField

from models import fulltext
from models.db import BooleanField, DateField, MomentField


def up(migrator, db):
    class Agency(Model):
        name = CharField()
        short_name = CharField(default="")
        parent_name = CharField(default="")
        folded_name = CharField(index=True)
        kind = CharField(default="")
        parent = ForeignKeyField("self", backref="+", null=True)
        notation = CharField(default="")
        place = CharField(default="")
        address = CharField(default="")
        email = CharField(default="")
        telephone = CharField(default="")
        fax = CharField(default="")
        website = CharField(default="")
        hosted = BooleanField(default=False)
        connection = CharField(default="none")
        connection_note = CharField(default="")
        closed_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "agency"

    db.create_tables([Agency])

    class Person(Model):
        login = CharField(unique=True)
        full_name = CharField()
        password_hash = CharField(default="")
        email = CharField(default="")
        telephone = CharField(default="")
        failures = IntegerField(default=0)
        locked_until = MomentField(null=True)
        disabled_at = MomentField(null=True)
        must_change_password = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "person"

    db.create_tables([Person])

    class Unit(Model):
        agency = ForeignKeyField(Agency, backref="+")
        name = CharField()
        notation = CharField(default="")
        parent = ForeignKeyField("self", backref="+", null=True)
        is_contact_point = BooleanField(default=False)
        closed_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "unit"

    db.create_tables([Unit])

    class Post(Model):
        person = ForeignKeyField(Person, backref="+")
        agency = ForeignKeyField(Agency, backref="+")
        unit = ForeignKeyField(Unit, backref="+", null=True)
        title = CharField()
        roles = CharField()
        starts_on = DateField()
        ends_on = DateField(null=True)

        class Meta:
            database = db
            table_name = "post"

    db.create_tables([Post])

    class Document(Model):
        agency = ForeignKeyField(Agency, backref="+")
        flow = CharField()
        state = CharField()
        source = CharField()
        type_code = CharField(default="")
        code_number = CharField(default="")
        code_notation = CharField(default="")
        issued_date = DateField(null=True)
        organ_name = CharField(default="")
        parent_organ_name = CharField(default="")
        organ_id = CharField(default="")
        place = CharField(default="")
        subject = CharField(default="")
        folded_subject = CharField(default="")
        language = CharField(default="Tiếng Việt")
        page_amount = IntegerField(default=0)
        issued_amount = IntegerField(default=1)
        description = CharField(default="")
        signer_position = CharField(default="")
        signer_name = CharField(default="")
        capacity = CharField(default="")
        urgency = IntegerField(default=0)
        due_date = DateField(null=True)
        asked_due_date = DateField(null=True)
        document_id = CharField(index=True, default="")
        to_places = TextField(default="")
        arrival_number = IntegerField(null=True)
        arrival_date = DateField(null=True)
        arrived_at = MomentField(null=True)
        received_at = MomentField(null=True)
        verdict = CharField(default="")
        verdict_note = TextField(default="")
        signer = ForeignKeyField(Post, backref="+", null=True)
        drafter = ForeignKeyField(Post, backref="+", null=True)
        unit = ForeignKeyField(Unit, backref="+", null=True)
        signed_at = MomentField(null=True)
        issued_at = MomentField(null=True)
        printed_copies = IntegerField(default=0)
        register_id = IntegerField(null=True)
        register_year = IntegerField(null=True)
        holder = ForeignKeyField(Post, backref="+", null=True)
        held_since = MomentField(null=True)
        recalled_at = MomentField(null=True)
        recall_reason = TextField(default="")
        created_at = MomentField()

        class Meta:
            database = db
            table_name = "document"
            indexes = (
                (("agency", "flow", "state", "urgency"), False),
                (("agency", "flow", "register_year", "arrival_number"), False),
                (("agency", "flow", "issued_date"), False),
                (("holder", "state"), False),
                (("agency", "code_number"), False),
            )

    db.create_tables([Document])

    class Access(Model):
        document = ForeignKeyField(Document, backref="+")
        post = ForeignKeyField(Post, backref="+", null=True)
        unit = ForeignKeyField(Unit, backref="+", null=True)
        why = CharField()
        granted_at = MomentField()

        class Meta:
            database = db
            table_name = "access"
            indexes = ((("post", "document"), False), (("unit", "document"), False))

    db.create_tables([Access])

    class AgencyCode(Model):
        agency = ForeignKeyField(Agency, backref="+")
        code = CharField(index=True, max_length=64)
        scheme = CharField()
        valid_from = DateField()
        valid_to = DateField(null=True)
        decision = CharField(default="")

        class Meta:
            database = db
            table_name = "agency_code"

    db.create_tables([AgencyCode])

    class File(Model):
        sha256 = CharField(index=True, max_length=64)
        name = CharField()
        media_type = CharField(default="application/octet-stream")
        size = IntegerField()
        stored_at = MomentField()

        class Meta:
            database = db
            table_name = "file"

    db.create_tables([File])

    class Attachment(Model):
        document = ForeignKeyField(Document, backref="+")
        file = ForeignKeyField(File, backref="+")
        ordinal = IntegerField()
        kind = CharField()
        note = CharField(default="")

        class Meta:
            database = db
            table_name = "attachment"
            indexes = ((("document", "ordinal"), True),)

    db.create_tables([Attachment])

    class AnnexSeal(Model):
        attachment = ForeignKeyField(Attachment, backref="+", unique=True, on_delete="CASCADE")
        original = ForeignKeyField(File, backref="+")
        sealed = ForeignKeyField(File, backref="+")
        sealed_at = MomentField()

        class Meta:
            database = db
            table_name = "annex_seal"

    db.create_tables([AnnexSeal])

    class Assignment(Model):
        document = ForeignKeyField(Document, backref="+")
        parent = ForeignKeyField("self", backref="+", null=True)
        post = ForeignKeyField(Post, backref="+", null=True)
        unit = ForeignKeyField(Unit, backref="+", null=True)
        part = CharField()
        state = CharField(default="given")
        instruction = TextField(default="")
        due_on = DateField(null=True)
        given_by = ForeignKeyField(Post, backref="+")
        given_at = MomentField()
        started_at = MomentField(null=True)
        finished_at = MomentField(null=True)
        progress = TextField(default="")
        result = TextField(default="")

        class Meta:
            database = db
            table_name = "assignment"
            indexes = (
                (("document", "part"), False),
                (("post", "state"), False),
                (("unit", "state"), False),
                (("given_by", "part"), False),
            )

    db.create_tables([Assignment])

    class AxisConnection(Model):
        guard = IntegerField(unique=True, default=1)
        url = CharField(default="")
        system_id = CharField(default="")
        locked_secret = TextField(default="")
        enabled = BooleanField(default=False)
        polled_at = MomentField(null=True)
        trouble = CharField(default="")

        class Meta:
            database = db
            table_name = "axis_connection"

    db.create_tables([AxisConnection])

    class CalendarDay(Model):
        day = DateField()
        agency_id = IntegerField(null=True)
        worked = BooleanField(default=False)
        name = CharField()
        decision = CharField(default="")

        class Meta:
            database = db
            table_name = "calendar_day"
            indexes = ((("day", "agency_id"), True),)

    db.create_tables([CalendarDay])

    class Certificate(Model):
        sha256 = CharField(unique=True, max_length=64)
        der = BlobField()
        chain = BlobField(default=b"")
        serial = CharField()
        name = CharField()
        organisation = CharField(default="")
        issuer = CharField(default="")
        kind = CharField()
        not_before = MomentField()
        not_after = MomentField()
        person = ForeignKeyField(Person, backref="+", null=True)
        agency = ForeignKeyField(Agency, backref="+")
        bound_at = MomentField()
        ended_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "certificate"

    db.create_tables([Certificate])

    class Consignment(Model):
        key = CharField(unique=True)
        agency = ForeignKeyField(Agency, backref="+")
        direction = CharField()
        document = ForeignKeyField(Document, backref="+", null=True)
        partner = ForeignKeyField(Agency, backref="+", null=True)
        partner_code = CharField(default="")
        partner_name = CharField()
        own_code = CharField(default="")
        transport = CharField()
        state = CharField()
        wire_id = CharField(index=True, default="")
        code = CharField(default="")
        issued_date = DateField(null=True)
        content_hash = CharField(default="")
        packet = ForeignKeyField(File, backref="+", null=True)
        axis_id = CharField(index=True, default="")
        alone = BooleanField(default=False)
        queued_at = MomentField(null=True)
        attempted_at = MomentField(null=True)
        acknowledged_at = MomentField(null=True)
        sent_at = MomentField(null=True)
        arrived_at = MomentField(null=True)
        received_at = MomentField(null=True)
        recall_asked_at = MomentField(null=True)
        tries = IntegerField(default=0)
        failure = TextField(default="")

        class Meta:
            database = db
            table_name = "consignment"
            indexes = ((("document", "direction"), False), (("agency", "direction", "state"), False))

    db.create_tables([Consignment])

    class Register(Model):
        agency = ForeignKeyField(Agency, backref="+")
        flow = CharField()
        name = CharField()
        type_code = CharField(default="")

        class Meta:
            database = db
            table_name = "register"
            indexes = ((("agency", "flow", "type_code"), True),)

    db.create_tables([Register])

    class Counter(Model):
        register = ForeignKeyField(Register, backref="+")
        year = IntegerField()
        last_number = IntegerField(default=0)
        last_day = DateField(null=True)
        closed_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "counter"
            indexes = ((("register", "year"), True),)

    db.create_tables([Counter])

    class Cursor(Model):
        guard = IntegerField(unique=True, default=1)
        event_id = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "cursor"

    db.create_tables([Cursor])

    class KeyToken(Model):
        agency = ForeignKeyField(Agency, backref="+")
        certificate = ForeignKeyField(Certificate, backref="+", unique=True)
        serial = CharField(default="")
        place = CharField(default="")
        keeper = ForeignKeyField(Post, backref="+")
        kept_since = MomentField()

        class Meta:
            database = db
            table_name = "key_token"

    db.create_tables([KeyToken])

    class Custody(Model):
        token = ForeignKeyField(KeyToken, backref="+")
        from_name = CharField(default="")
        to_name = CharField()
        minutes_number = CharField()
        minutes_date = DateField()
        minutes_file = ForeignKeyField(File, backref="+", null=True)
        condition = CharField(default="")
        at = MomentField()

        class Meta:
            database = db
            table_name = "custody"

    db.create_tables([Custody])

    class System(Model):
        system_id = CharField(unique=True, max_length=64)
        name = CharField()
        locked_secret = TextField()
        enabled = BooleanField(default=True)
        created_at = MomentField()
        seen_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "system"

    db.create_tables([System])

    class Packet(Model):
        axis_id = CharField(unique=True, max_length=64)
        key = CharField(unique=True, max_length=64)
        system = ForeignKeyField(System, backref="+")
        message_type = CharField()
        from_code = CharField()
        wire_id = CharField(default="")
        title = CharField(default="")
        notation = CharField(default="")
        file = ForeignKeyField(File, backref="+")
        created_at = MomentField()

        class Meta:
            database = db
            table_name = "packet"

    db.create_tables([Packet])

    class Delivery(Model):
        axis_id = CharField(unique=True, max_length=64)
        packet = ForeignKeyField(Packet, backref="+")
        system = ForeignKeyField(System, backref="+")
        message_type = CharField()
        to_code = CharField()
        state = CharField(default="initial")
        description = CharField(default="")
        created_at = MomentField()
        updated_at = MomentField()

        class Meta:
            database = db
            table_name = "delivery"
            indexes = ((("system", "message_type", "state", "id"), False), (("packet",), False))

    db.create_tables([Delivery])

    class Entry(Model):
        register = ForeignKeyField(Register, backref="+")
        year = IntegerField()
        number = IntegerField()
        day = DateField()
        document_id = IntegerField(index=True)
        taken_at = MomentField()
        void_reason = CharField(default="")
        voided_at = MomentField(null=True)
        voided_by = CharField(default="")

        class Meta:
            database = db
            table_name = "entry"
            indexes = ((("register", "year", "number"), True),)

    db.create_tables([Entry])

    class Event(Model):
        at = MomentField()
        verb = CharField()
        agency_id = IntegerField(index=True, null=True)
        person_id = IntegerField(null=True)
        who = CharField(default="")
        subject_kind = CharField(default="")
        subject_id = IntegerField(null=True)
        from_state = CharField(default="")
        to_state = CharField(default="")
        note = TextField(default="")
        data = TextField(default="{}")
        previous = CharField(max_length=64)
        hash = CharField(unique=True, max_length=64)

        class Meta:
            database = db
            table_name = "event"
            indexes = ((("subject_kind", "subject_id"), False),)

    db.create_tables([Event])

    class FirstRun(Model):
        guard = IntegerField(unique=True, default=1)
        done_at = MomentField()

        class Meta:
            database = db
            table_name = "first_run"

    db.create_tables([FirstRun])

    class Link(Model):
        source = ForeignKeyField(Document, backref="+")
        target = ForeignKeyField(Document, backref="+")
        kind = CharField()

        class Meta:
            database = db
            table_name = "link"
            indexes = ((("source", "target", "kind"), True),)

    db.create_tables([Link])

    class Member(Model):
        code = CharField(unique=True, max_length=64)
        system = ForeignKeyField(System, backref="+")
        name = CharField()
        mail = CharField(default="")
        mobile = CharField(default="")
        fax = CharField(default="")
        parent_code = CharField(default="")
        old_code = CharField(index=True, default="")
        version = IntegerField(default=1)
        changed_at = MomentField()
        closed_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "member"

    db.create_tables([Member])

    class Notice(Model):
        post = ForeignKeyField(Post, backref="+")
        document = ForeignKeyField(Document, backref="+")
        event_id = IntegerField()
        words = CharField()
        urgent = BooleanField(default=False)
        at = MomentField()
        seen_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "notice"
            indexes = ((("post", "event_id"), True), (("post", "seen_at"), False))

    db.create_tables([Notice])

    class OfficeHours(Model):
        agency_id = IntegerField(unique=True, null=True)
        sessions = CharField(default="07:30-12:00 13:30-17:00")

        class Meta:
            database = db
            table_name = "office_hours"

    db.create_tables([OfficeHours])

    class Order(Model):
        kind = CharField()
        subject_id = IntegerField()
        key = CharField(unique=True)
        state = CharField(default="due")
        priority = IntegerField(default=0)
        attempts = IntegerField(default=0)
        due_at = MomentField()
        lease_until = MomentField(null=True)
        last_error = TextField(default="")
        placed_at = MomentField()
        finished_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "order"
            indexes = ((("state", "due_at"), False), (("kind", "subject_id"), False))

    db.create_tables([Order])

    class PageWords(Model):
        document = ForeignKeyField(Document, backref="+", unique=True, on_delete="CASCADE")
        words = TextField()

        class Meta:
            database = db
            table_name = "page_words"

    db.create_tables([PageWords])

    class Picture(Model):
        person = ForeignKeyField(Person, backref="+", null=True)
        agency = ForeignKeyField(Agency, backref="+")
        file = ForeignKeyField(File, backref="+")
        diameter_mm = IntegerField(null=True)
        loaded_at = MomentField()

        class Meta:
            database = db
            table_name = "picture"

    db.create_tables([Picture])

    class Recall(Model):
        document = ForeignKeyField(Document, backref="+", null=True)
        agency = ForeignKeyField(Agency, backref="+")
        consignment = ForeignKeyField(Consignment, backref="+", null=True)
        direction = CharField()
        reason = TextField()
        ordered_by = CharField(default="")
        asked_by = CharField(default="")
        asked_at = MomentField()
        state_before = CharField(default="")
        partial = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "recall"

    db.create_tables([Recall])

    class Recipient(Model):
        document = ForeignKeyField(Document, backref="+")
        agency = ForeignKeyField(Agency, backref="+", null=True)
        name = CharField()
        electronic = BooleanField(default=True)
        paper_copies = IntegerField(default=0)

        class Meta:
            database = db
            table_name = "recipient"

    db.create_tables([Recipient])

    class Scan(Model):
        agency = ForeignKeyField(Agency, backref="+")
        file = ForeignKeyField(File, backref="+", null=True)
        name = CharField()
        sha256 = CharField(max_length=64)
        state = CharField(default="waiting")
        pages_done = IntegerField(default=0)
        pages_total = IntegerField(default=0)
        rendition = ForeignKeyField(File, backref="+", null=True)
        text_file = ForeignKeyField(File, backref="+", null=True)
        proposals = TextField(default="{}")
        sizes = TextField(default="[]")
        note = TextField(default="")
        tries = IntegerField(default=0)
        uploaded_by = ForeignKeyField(Post, backref="+", null=True)
        uploaded_at = MomentField()
        read_at = MomentField(null=True)
        document = ForeignKeyField(Document, backref="+", null=True)

        class Meta:
            database = db
            table_name = "scan"
            indexes = ((("agency", "state"), False), (("sha256",), False))

    db.create_tables([Scan])

    class Session(Model):
        token_hash = CharField(unique=True, max_length=64)
        person = ForeignKeyField(Person, backref="+", on_delete="CASCADE")
        post = ForeignKeyField(Post, backref="+", null=True)
        created_at = MomentField()
        seen_at = MomentField()
        address = CharField(default="")
        browser = CharField(default="")

        class Meta:
            database = db
            table_name = "session"

    db.create_tables([Session])

    class Signature(Model):
        document = ForeignKeyField(Document, backref="+")
        file_sha256 = CharField(index=True, max_length=64)
        field_name = CharField(default="")
        kind = CharField()
        signer = CharField(default="")
        organisation = CharField(default="")
        certificate_sha256 = CharField(max_length=64, default="")
        signed_at = MomentField(null=True)
        stamped = BooleanField(default=False)
        verdict = CharField()

        class Meta:
            database = db
            table_name = "signature"

    db.create_tables([Signature])

    class SignatureCheck(Model):
        document = ForeignKeyField(Document, backref="+")
        file_sha256 = CharField(max_length=64)
        verdict = CharField()
        sentence = TextField(default="")
        report = TextField()
        evidence = ForeignKeyField(File, backref="+", null=True)
        retry = BooleanField(default=False)
        checked_at = MomentField()

        class Meta:
            database = db
            table_name = "signature_check"

    db.create_tables([SignatureCheck])

    class SigningSession(Model):
        document = ForeignKeyField(Document, backref="+")
        purpose = CharField()
        post = ForeignKeyField(Post, backref="+")
        certificate = ForeignKeyField(Certificate, backref="+")
        base_sha256 = CharField(max_length=64)
        nonce_hash = CharField(unique=True, max_length=64)
        state = CharField()
        opened_at = MomentField()
        expires_at = MomentField()
        handed_at = MomentField(null=True)
        ended_at = MomentField(null=True)
        failure = TextField(default="")

        class Meta:
            database = db
            table_name = "signing_session"

    db.create_tables([SigningSession])

    class SigningItem(Model):
        session = ForeignKeyField(SigningSession, backref="+", on_delete="CASCADE")
        ordinal = IntegerField()
        name = CharField()
        attachment = ForeignKeyField(Attachment, backref="+", null=True, on_delete="SET NULL")
        work = ForeignKeyField(File, backref="+")
        digest = CharField()
        mechanism = CharField()
        hash = CharField()
        half = TextField()

        class Meta:
            database = db
            table_name = "signing_item"

    db.create_tables([SigningItem])

    class StatusMessage(Model):
        key = CharField(unique=True)
        agency = ForeignKeyField(Agency, backref="+")
        direction = CharField()
        consignment = ForeignKeyField(Consignment, backref="+", null=True)
        status = CharField()
        description = TextField(default="")
        staff = CharField(default="")
        at = MomentField()
        taken_at = MomentField()
        partner_code = CharField(default="")
        own_code = CharField(default="")
        wire_id = CharField(index=True, default="")
        code = CharField(default="")
        issued_date = DateField(null=True)
        packet = ForeignKeyField(File, backref="+", null=True)
        axis_id = CharField(default="")
        sent_at = MomentField(null=True)
        parked = CharField(default="")
        failure = TextField(default="")

        class Meta:
            database = db
            table_name = "status_message"

    db.create_tables([StatusMessage])

    class TrustRoot(Model):
        sha256 = CharField(unique=True, max_length=64)
        der = BlobField()
        name = CharField()
        role = CharField(default="root")
        demo = BooleanField(default=False)
        decision = CharField(default="")
        added_at = MomentField()
        removed_at = MomentField(null=True)

        class Meta:
            database = db
            table_name = "trust_root"

    db.create_tables([TrustRoot])

    class Version(Model):
        document = ForeignKeyField(Document, backref="+")
        number = IntegerField()
        kind = CharField()
        file = ForeignKeyField(File, backref="+")
        made_at = MomentField()
        made_by = CharField(default="")
        note = CharField(default="")

        class Meta:
            database = db
            table_name = "version"
            indexes = ((("document", "number"), True),)

    db.create_tables([Version])

    fulltext.create()
