"""Thông báo: who is told what, once, read off the journal (ND30 PL VI III.1.i; Quy chế 10.3, 11.1).

The journal is the source: `spread()` walks the events it has not seen and writes one notice per post and event. It may
run at any time and any number of times; a cursor row says how far it came.
"""

from models import assignments, clock, db, documents, journal, lookups, users, workflow


class Notice(db.Base):
    """A sentence for one post about one document, or about what stands at `url`."""

    post = db.ForeignKeyField(users.Post, backref="notices")
    document = db.ForeignKeyField(documents.Document, null=True)
    url = db.CharField(default="")
    event_id = db.IntegerField()
    words = db.CharField()
    urgent = db.BooleanField(default=False)
    at = db.MomentField()
    seen_at = db.MomentField(null=True)

    class Meta:
        indexes = ((("post", "event_id"), True), (("post", "seen_at"), False))

    @property
    def address(self) -> str:
        """Where the notice leads."""
        return self.url or (
            f"/{self.document.flow}/{self.document_id}" if self.document_id else "/notifications"
        )


class Cursor(db.Base):
    """How far the journal has been read; one row."""

    guard = db.IntegerField(unique=True, default=1)
    event_id = db.IntegerField(default=0)


TABLES = (Notice, Cursor)
BATCH = 500
WORDS = {
    "begin": "Văn bản mới ở Chờ lưu trữ",
    "forward": "Văn bản trình bạn phân công",
    "assign": "Bạn được giao việc",
    "pass_on": "Bạn được giao việc",
    "pass_straight": "Bạn được giao việc",
    "report": "Có báo cáo tiến độ",
    "complete": "Đã hoàn thành",
    "answer": "Đã hoàn thành, có văn bản trả lời",
    "give_back": "Đơn vị trả lại để phân công lại",
    "recall": "Văn bản đã bị thu hồi, dừng giải quyết",
    "check_window_over": "Chưa kiểm được chữ ký số sau một ngày, văn thư quyết định",
    "decide_unchecked": "Văn thư đã quyết định khi chưa kiểm được chữ ký số",
    "check_signatures": "Kiểm tra ký số lại: chữ ký KHÔNG HỢP LỆ",
}

LEADERS_KNOW = ("forwarded", "assigned", "in_progress", "completed")  # states a leader has had in hand
KEY_USED = {
    "sign": "Khóa cá nhân của bạn vừa được dùng để ký",
    "seal": "Khóa con dấu của cơ quan vừa được dùng",
    "seal_copy": "Khóa con dấu của cơ quan vừa được dùng ký bản sao",
}


def spread() -> int:
    """Write the notices of events not seen yet; returns how many were written."""
    cursor = Cursor.get_or_none()
    newest = journal.Event.select(db.fn.MAX(journal.Event.id)).scalar() or 0
    if cursor and cursor.event_id >= newest:
        return 0
    written = 0
    with db.write():
        cursor = Cursor.get_or_none() or Cursor.create()
        events = list(
            journal.Event.select()
            .where(journal.Event.id > cursor.event_id)
            .order_by(journal.Event.id)
            .limit(BATCH)
        )
        for event in events:
            written += 0 if event.facts.get("held") else _tell(event)
        if events:
            cursor.set(event_id=events[-1].id)
    return written


def tell(event) -> int:
    """Write the notices of an event that was held back when it happened; twice is once."""
    with db.write():
        return _tell(event)


def _tell(event) -> int:
    """The notices of one event: those its own verb wrote down (journal.telling), else those of a document's flow."""
    if '"tell"' in event.data:
        return _tell_named(event, event.facts)
    if event.subject_kind != "document":
        return 0
    doc = documents.Document.get_or_none(documents.Document.id == event.subject_id)
    if doc is None:
        return 0
    told = {post.id: post for post in _receivers(event, doc)}
    many = 0
    for post in told.values():
        if post.person_id != event.person_id or event.verb in KEY_USED:
            many += (
                Notice.insert(
                    post=post,
                    document=doc,
                    event_id=event.id,
                    words=_words(event, doc, post),
                    urgent=doc.urgency > 0,
                    at=event.at,
                )
                .on_conflict_ignore()
                .as_rowcount()
                .execute()
            )
    return many


def _tell_named(event, facts) -> int:
    known = users.Post.select(users.Post.id).where(users.Post.id.in_(facts["tell"]))
    return sum(
        Notice.insert(post=post, event_id=event.id, words=facts["words"][:250], url=facts["url"], at=event.at,
                      urgent=facts["urgent"]).on_conflict_ignore().as_rowcount().execute()
        for post in list(known)
    )  # fmt: skip


def _receivers(event, doc) -> list[users.Post]:
    if doc.flow == "incoming":
        if event.verb == "begin":
            return users.holders(doc.agency_id, lookups.CLERK)
        if event.verb == "forward":
            return [post for post in users.holders(doc.agency_id) if post.id == event.facts["leader"]]
        if event.verb in ("assign", "pass_on", "pass_straight"):
            return _posts_of([task for task in assignments.of(doc) if task.id in event.facts["tasks"]], doc)
        if event.verb in ("report", "complete", "answer"):
            return [
                task.given_by
                for task in assignments.of(doc)
                if task.parent_id is None and task.part == "lead"
            ]
        if event.verb in ("check_window_over", "decide_unchecked", "check_signatures"):
            return _told_of_check(event, doc)
        if event.verb == "recall":
            told = users.holders(doc.agency_id, lookups.CLERK) + _posts_of(assignments.of(doc), doc)
            leaders = users.holders(doc.agency_id, lookups.LEADER) if event.from_state in LEADERS_KNOW else []
            return told + leaders
    keys = _key_owners(event, doc) if event.verb in KEY_USED else []
    reached = event.from_state != event.to_state == doc.state  # a state it has left again waits for nobody
    return keys + ([doc.holder] if reached and doc.holder_id else [])


def _key_owners(event, doc) -> list[users.Post]:
    """Who is told that a key was used: whose it is; of the seal outside office hours the leaders too."""
    posts = users.holders(doc.agency_id)
    owners = [post for post in posts if post.person_id == event.person_id][:1]
    if event.verb in ("seal", "seal_copy") and event.facts.get("out_of_hours"):
        owners += [post for post in posts if post.has(lookups.LEADER)]
    return owners


def _told_of_check(event, doc) -> list[users.Post]:
    """Leaders hear of what a person must decide or has decided unchecked, and of a signature found bad after all."""
    if event.verb == "check_signatures":
        late = event.from_state not in ("arrived", "refused") and event.facts.get("verdict") == "invalid"
        if not late:
            return []
    clerks = [] if event.verb == "decide_unchecked" else users.holders(doc.agency_id, lookups.CLERK)
    return clerks + users.holders(doc.agency_id, lookups.LEADER)


def _posts_of(tasks, doc) -> list[users.Post]:
    found = [task.post for task in tasks if task.post_id]
    for unit_id in {task.unit_id for task in tasks if task.unit_id}:
        found += [
            post for post in users.holders(doc.agency_id, unit_id=unit_id) if post.has(lookups.UNIT_HEAD)
        ]
    return found


def _words(event, doc, post) -> str:
    if event.verb in KEY_USED and (post.person_id == event.person_id or event.verb in ("seal", "seal_copy")):
        when = " NGOÀI GIỜ" if event.facts.get("out_of_hours") else ""
        return f"{KEY_USED[event.verb]}{when}. Không phải bạn? Báo mất thiết bị ngay."
    if doc.flow == "incoming" and event.verb in WORDS:
        return WORDS[event.verb]
    return f"Chờ bạn xử lý: {workflow.labels(doc.flow).get(event.to_state, event.to_state)}"


def newest(actor, limit: int = 100) -> list[Notice]:
    """Notices of this post with their documents, newest first."""
    return list(
        Notice.select(Notice, documents.Document)
        .left_outer_join(documents.Document)
        .where(Notice.post == actor.post.id)
        .order_by(Notice.id.desc())
        .limit(limit)
    )


def unseen(actor) -> int:
    """How many notices wait to be read, at most 100."""
    rows = Notice.select(Notice.id).where(Notice.post == actor.post.id, Notice.seen_at.is_null()).limit(100)
    return len(rows)


def unseen_at(actor, url: str) -> bool:
    """True when a notice that leads there waits to be read."""
    rows = Notice.select(Notice.id).where(
        Notice.post == actor.post.id, Notice.seen_at.is_null(), Notice.url == url
    )
    return rows.exists()


def mark_seen(actor, document_id: int | None = None, url: str = "") -> None:
    """Read: all of this post, or those about one document, or those that lead to one address."""
    query = Notice.update(seen_at=clock.now()).where(Notice.post == actor.post.id, Notice.seen_at.is_null())
    if document_id:
        query = query.where(Notice.document == document_id)
    if url:
        query = query.where(Notice.url == url)
    with db.write():
        query.execute()
