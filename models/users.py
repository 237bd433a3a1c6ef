"""Người dùng: people, their posts (several, also in several agencies), sign-in and sessions.

A right belongs to a post, not to a person: switching the post needs no second sign-in (obligation Q2.2).
Passwords are argon2id; a session token is random and stored as its hash only.
"""

import hashlib
import secrets
import threading
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from models import agencies, clock, config, db, errors, journal, lookups, text

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
TRIES_BEFORE_LOCK = 5
LOCK = timedelta(minutes=15)
SESSION_LENGTH = timedelta(hours=12)
MOST_SESSIONS = 3
WRONG = "Tên đăng nhập hoặc mật khẩu không đúng. Sau 5 lần sai, tài khoản tạm khóa 15 phút."
_hasher = PasswordHasher()
_hashing = threading.Semaphore(2)  # argon2 takes 64 MB a guess: two at once bound the memory
_NOBODY = _hasher.hash(secrets.token_hex(16))


class Person(db.Base):
    """One person, one account."""

    login = db.CharField(unique=True)
    full_name = db.CharField()
    password_hash = db.CharField(default="")
    email = db.CharField(default="")
    telephone = db.CharField(default="")
    failures = db.IntegerField(default=0)
    locked_until = db.MomentField(null=True)
    disabled_at = db.MomentField(null=True)
    must_change_password = db.BooleanField(default=False)


class Post(db.Base):
    """A position of a person in an agency with its roles («clerk leader»), from a day to a day."""

    person = db.ForeignKeyField(Person, backref="posts")
    agency = db.ForeignKeyField(agencies.Agency, backref="posts")
    unit = db.ForeignKeyField(agencies.Unit, null=True, backref="posts")
    title = db.CharField()
    roles = db.CharField()
    starts_on = db.DateField()
    ends_on = db.DateField(null=True)

    def has(self, role: str) -> bool:
        """True when the post carries the role."""
        return role in self.roles.split()

    @property
    def label(self) -> str:
        """«Nguyễn Văn A – Trưởng phòng»."""
        return f"{self.person.full_name} – {self.title}"


class Session(db.Base):
    """A signed-in browser."""

    token_hash = db.CharField(max_length=64, unique=True)
    person = db.ForeignKeyField(Person, on_delete="CASCADE")
    post = db.ForeignKeyField(Post, null=True)
    created_at = db.MomentField()
    seen_at = db.MomentField()
    address = db.CharField(default="")
    browser = db.CharField(default="")


TABLES = (Person, Post, Session)


class Actor:
    """Who acts, in which post. Views hand it to every verb; `posts` are the posts the person may switch to."""

    def __init__(self, person: Person, post: Post, posts: list[Post] | None = None):
        self.person, self.post, self.posts = person, post, posts or [post]
        self.id, self.name, self.title = person.id, person.full_name, post.title
        self.agency, self.agency_id, self.unit_id = post.agency, post.agency_id, post.unit_id
        self.roles = frozenset(post.roles.split())

    def has(self, *roles: str) -> bool:
        """True when the post carries one of the roles."""
        return bool(self.roles.intersection(roles))


class PasswordExpired(errors.Refused):
    """The password was given by an administrator: nothing but choosing one's own comes next."""


def create_person(login: str, full_name: str, password: str = "", **details) -> Person:
    """Open an account. Raises Invalid for a taken or empty name, or a weak password."""
    login, full_name = text.fold(login).replace(" ", ""), text.clean(full_name)
    wrong = {}
    if not login:
        wrong["login"] = "Hãy nhập tên đăng nhập."
    elif Person.select().where(Person.login == login).exists():
        wrong["login"] = f"Tên đăng nhập «{login}» đã được dùng. Hãy chọn tên khác."
    if not full_name:
        wrong["full_name"] = "Hãy nhập họ và tên."
    if wrong:
        raise errors.Invalid(wrong)
    hashed = _hash(password, login) if password else ""
    with db.write():
        return Person.create(login=login, full_name=full_name, password_hash=hashed, **details)


def appoint(person, agency, title: str, roles: str, unit=None, starts_on=None) -> Post:
    """Give a person a post. Raises Invalid for an unknown role or an empty title."""
    unknown = set(roles.split()) - set(lookups.ROLES)
    if unknown or not roles.split():
        raise errors.Invalid({"roles": "Hãy chọn ít nhất một vai trò trong danh sách."})
    if not text.clean(title):
        raise errors.Invalid({"title": "Hãy nhập chức vụ."})
    if unit is not None and unit.agency_id != agency.id:
        raise errors.Invalid({"unit": "Đơn vị này thuộc cơ quan khác."})
    with db.write():
        return Post.create(
            person=person, agency=agency, unit=unit, title=text.clean(title), roles=" ".join(roles.split()),
            starts_on=starts_on or clock.today(),
        )  # fmt: skip


def end_post(post: Post) -> None:
    """End a post today; sessions that stand in it fall back to another post at the next click."""
    with db.write():
        post.set(ends_on=clock.today())


def set_password(person: Person, password: str, must_change: bool = False, actor=None) -> None:
    """Change the password; every session of the person ends. Raises Invalid when it is weak."""
    hashed = _hash(password, person.login)
    with db.write():
        person.set(password_hash=hashed, must_change_password=must_change, failures=0, locked_until=None)
        Session.delete().where(Session.person == person).execute()
        _record("reset_password" if must_change else "change_password", person, actor)


def change_password(person: Person, old: str, new: str) -> None:
    """The person's own change. Raises Invalid when the old password is wrong or the new one weak."""
    if not person.password_hash or not _fits(person.password_hash, old):
        raise errors.Invalid({"old": "Mật khẩu đang dùng không đúng."})
    if old == new:
        raise errors.Invalid({"password": "Mật khẩu mới phải khác mật khẩu đang dùng."})
    set_password(person, new)


def disable(person: Person, actor) -> None:
    """Close an account; its sessions end at once."""
    with db.write():
        if person.disabled_at:
            return  # pressed twice
        person.set(disabled_at=clock.now())
        Session.delete().where(Session.person == person).execute()
        _record("disable", person, actor)


def enable(person: Person, actor) -> None:
    """Open a closed account again; the password stays as it was."""
    with db.write():
        person.set(disabled_at=None, failures=0, locked_until=None)
        _record("enable", person, actor)


def sign_in(login: str, password: str, address: str = "", browser: str = "") -> str:
    """Check the password and open a session; returns its token for the cookie.

    Raises Invalid with one same sentence whether the name, the password or the lock is the cause, so that a stranger
    learns nothing (goal I2), and PasswordExpired when the right password has to be changed first.
    """
    person = _proven(login, password, address)
    if person.must_change_password:
        raise PasswordExpired("Mật khẩu này do quản trị cấp. Hãy đặt mật khẩu của riêng bạn để tiếp tục.")
    return open_session(person, address, browser)


def renew_password(login: str, password: str, new: str, address: str = "") -> None:
    """Replace a password given by an administrator, without a session. Raises Invalid as sign_in does."""
    person = _proven(login, password, address)
    if password == new:
        raise errors.Invalid({"password": "Mật khẩu mới phải khác mật khẩu được cấp."})
    set_password(person, new)


def _proven(login, password, address) -> Person:
    """The person who knows the password. Every failure costs the same: one hash, one line in the journal."""
    person = Person.get_or_none(Person.login == text.fold(login).replace(" ", ""))
    fitting = _fits(person.password_hash if person and person.password_hash else _NOBODY, password)
    now = clock.now()
    locked = bool(person and person.locked_until and person.locked_until > now)
    if person and fitting and person.password_hash and not locked and not person.disabled_at:
        return person
    with db.write():
        if person and not fitting and not locked:
            _count_failure(person, now)
        _record("sign_in_failed", person, note=address)
    raise errors.Invalid({"": WRONG})


def open_session(person: Person, address: str = "", browser: str = "") -> str:
    """A new session of a person whose identity has been checked; returns its token."""
    token, now = secrets.token_urlsafe(32), clock.now()
    with db.write():
        person.set(failures=0, locked_until=None)
        for old in sessions_of(person)[MOST_SESSIONS - 1 :]:
            old.delete_instance()
        Session.create(
            token_hash=_token_hash(token), person=person, post=None, created_at=now, seen_at=now,
            address=address, browser=browser[:200],
        )  # fmt: skip
        _record("sign_in", person, note=address)
    return token


def sign_out(token: str) -> None:
    """End a session."""
    with db.write():
        session = Session.get_or_none(Session.token_hash == _token_hash(token))
        if session:
            _record("sign_out", session.person)
            session.delete_instance()


def sessions_of(person: Person) -> list[Session]:
    """Signed-in browsers of a person, the newest first."""
    return list(Session.select().where(Session.person == person).order_by(Session.seen_at.desc()))


def end_sessions(person: Person, except_token: str = "") -> int:
    """End every session of the person but the one with this token; returns how many ended."""
    with db.write():
        return (
            Session.delete()
            .where(Session.person == person, Session.token_hash != _token_hash(except_token))
            .execute()
        )


def actor_of(token: str, is_at_work: bool = True) -> Actor | None:
    """Who is behind a cookie, in the post last chosen; None when the session is over or the person has no post.

    `is_at_work`: False for what a page asks by itself, which keeps no session alive.
    """
    session = (
        Session.select(Session, Person).join(Person).where(Session.token_hash == _token_hash(token)).first()
        if token
        else None
    )
    now = clock.now()
    idle = timedelta(minutes=config.current().idle_minutes)
    if not session or session.person.disabled_at or now - session.created_at > SESSION_LENGTH:
        return None
    if now - session.seen_at > idle:
        return None
    posts = posts_of(session.person)
    if not posts:
        return None
    post = next((p for p in posts if p.id == session.post_id), posts[0])
    if is_at_work and now - session.seen_at > timedelta(minutes=1):
        with db.write():
            session.set(seen_at=now)
    return Actor(session.person, post, posts)


def switch_post(token: str, post_id: int) -> Post:
    """Go on in another of one's own posts. Raises NotFound for a post that is not one's own."""
    session = Session.get_or_none(Session.token_hash == _token_hash(token))
    if session is None:
        raise errors.NotFound()
    post = next((p for p in posts_of(session.person) if p.id == post_id), None)
    if not post:
        raise errors.NotFound()
    with db.write():
        session.set(post=post)
    return post


def posts_of(person: Person) -> list[Post]:
    """Posts in force today, of agencies that are open, the oldest first."""
    today = clock.today()
    return list(
        Post.select(Post, agencies.Agency)
        .join(agencies.Agency)
        .where(
            Post.person == person, Post.starts_on <= today,
            (Post.ends_on.is_null()) | (Post.ends_on > today), agencies.Agency.closed_on.is_null(),
        )
        .order_by(Post.id)
    )  # fmt: skip


def holders(agency_id: int, role: str | None = None, unit_id: int | None = None) -> list[Post]:
    """Posts in force of an agency, with their people; of one role or unit where named."""
    today = clock.today()
    query = (
        Post.select(Post, Person)
        .join(Person)
        .where(
            Post.agency == agency_id, Post.starts_on <= today, Person.disabled_at.is_null(),
            (Post.ends_on.is_null()) | (Post.ends_on > today),
        )
        .order_by(Post.id)
    )  # fmt: skip
    if unit_id:
        query = query.where(Post.unit == unit_id)
    return [post for post in query if role is None or post.has(role)]


def everywhere(role: str) -> list[Post]:
    """Posts in force that carry this role, in whatever agency."""
    today = clock.today()
    rows = Post.select(Post, Person).join(Person).where(
        Post.roles.contains(role), Post.starts_on <= today, Person.disabled_at.is_null(),
        (Post.ends_on.is_null()) | (Post.ends_on > today),
    )  # fmt: skip
    return [post for post in rows if post.has(role)]


def holder(agency_id: int, post_id: int | None, role: str | None = None) -> Post | None:
    """The post with this id if it is in force in this agency (and carries the role), else None."""
    return next((post for post in holders(agency_id, role) if post.id == post_id), None)


def anyone() -> bool:
    """True once the first account exists."""
    return Person.select(Person.id).exists()


def _hash(password: str, login: str) -> str:
    if len(password) < SHORTEST_PASSWORD or len(password) > LONGEST_PASSWORD:
        raise errors.Invalid(
            {
                "password": f"Mật khẩu cần từ {SHORTEST_PASSWORD} đến {LONGEST_PASSWORD} ký tự. Một câu ngắn dễ nhớ là tốt nhất."
            }
        )
    if login and login in text.fold(password) or len(set(password)) < 4:
        raise errors.Invalid(
            {"password": "Mật khẩu quá dễ đoán. Đừng dùng tên đăng nhập hoặc một ký tự lặp lại."}
        )
    with _hashing:
        return _hasher.hash(password)


def _fits(hashed: str, password: str) -> bool:
    with _hashing:
        try:
            return _hasher.verify(hashed, password[:LONGEST_PASSWORD])
        except VerifyMismatchError:
            return False


def _count_failure(person: Person, now) -> None:
    """Counted on the row as it is now, so that guesses sent side by side are all counted."""
    failures = Person.get_by_id(person.id).failures + 1
    lock = now + LOCK if failures >= TRIES_BEFORE_LOCK else None
    person.set(failures=0 if lock else failures, locked_until=lock)


def _record(verb, person, actor=None, note="") -> None:
    """One line about an account, in the journal of the agency of the person's first post."""
    posts = posts_of(person) if person else []
    own = Actor(person, posts[0]) if posts and actor is None and verb != "sign_in_failed" else None
    agency_id = posts[0].agency_id if posts else None
    journal.record(verb, actor or own, person, note=note, agency_id=agency_id)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
