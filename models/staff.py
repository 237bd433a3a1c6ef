"""Tổ chức cán bộ: who may open, change and close accounts and posts, and what must stay true (Quy chế 2, 5; NĐ30 32).

An agency's administrator rules the people of that agency alone; people who also serve elsewhere, and the provincial
role, belong to the provincial administrator. The last administrator stays. A post with work in hand is not ended.
"""

import secrets

from models import agencies, assignments, clock, db, documents, errors, journal, lookups, tokens, users

LETTERS = "abcdefghkmnpqrstuvwxyz23456789"  # none that look alike on paper
OVER = ("completed", "issued", "refused", "recalled")
ADMINISTRATORS = (lookups.ADMIN, lookups.PROVINCE_ADMIN)


def people(agency_id: int) -> list[users.Person]:
    """People with a post in this agency now or before, by name; their posts there as `posts_here`."""
    posts = users.Post.select(users.Post, users.Person, agencies.Unit).join(users.Person)
    posts = posts.switch(users.Post).left_outer_join(agencies.Unit).where(users.Post.agency == agency_id)
    found = {}
    for post in posts.order_by(users.Post.id):
        person = found.setdefault(post.person_id, post.person)
        person.posts_here = [*getattr(person, "posts_here", []), post]
    return sorted(found.values(), key=lambda person: person.full_name.split()[::-1])


def get(actor, person_id: int) -> users.Person:
    """A person this administrator may see. Raises NotFound for anybody else's people, as for nobody."""
    person = users.Person.get_or_none(users.Person.id == person_id)
    if person is None or not (_everywhere(actor) or _served(person, actor.agency_id)):
        raise errors.NotFound()
    return person


def posts(actor, person: users.Person) -> list[users.Post]:
    """All posts of a person this administrator may see, the newest first."""
    query = users.Post.select(users.Post, agencies.Agency).join(agencies.Agency)
    query = query.where(users.Post.person == person).order_by(users.Post.id.desc())
    return list(query if _everywhere(actor) else query.where(users.Post.agency == actor.agency_id))


def post(actor, person: users.Person, post_id: int) -> users.Post:
    """One of these posts. Raises NotFound."""
    found = next((one for one in posts(actor, person) if one.id == post_id), None)
    if found is None:
        raise errors.NotFound()
    return found


def may_keep(actor, person: users.Person) -> str:
    """Why this administrator may not change the account itself, empty when he may."""
    if _everywhere(actor):
        return ""
    held = users.posts_of(person)
    if any(one.has(lookups.PROVINCE_ADMIN) for one in held):
        return "Tài khoản của quản trị toàn tỉnh chỉ do quản trị toàn tỉnh thay đổi."
    if any(one.agency_id != actor.agency_id for one in held):
        return "Người này còn có chức danh ở cơ quan khác; việc này do quản trị toàn tỉnh làm."
    return ""


def open_account(
    actor, agency, login, full_name, title, roles, unit=None, **details
) -> tuple[users.Person, str]:
    """A new person with the first post; returns the person and a password that is shown once. Raises Invalid."""
    _require(actor, agency)
    with db.write():
        person = users.create_person(login, full_name, **details)
        appoint(actor, person, agency, title, roles, unit)
        return person, give_password(actor, person)


def change(actor, person: users.Person, full_name: str, email: str, telephone: str) -> None:
    """Change name and ways to reach a person. Raises Refused, Invalid."""
    _refuse(may_keep(actor, person))
    if not full_name:
        raise errors.Invalid({"full_name": "Hãy nhập họ và tên."})
    with db.write():
        person.set(full_name=full_name, email=email, telephone=telephone)
        journal.record("change_person", actor, person, agency_id=_home(person, actor))


def appoint(actor, person, agency, title: str, roles: list[str], unit=None) -> users.Post:
    """Bổ nhiệm: a post with its roles. Raises NotAllowed, Invalid (also for roles one person may not hold together)."""
    _require(actor, agency)
    if lookups.PROVINCE_ADMIN in roles and not _everywhere(actor):
        raise errors.NotAllowed("Chỉ quản trị toàn tỉnh được giao vai trò quản trị toàn tỉnh.")
    with db.write():
        held = [one for one in users.posts_of(person) if one.agency_id == agency.id]
        together = set(roles).union(*(one.roles.split() for one in held))
        if {lookups.LEADER, lookups.CLERK} <= together:
            raise errors.Invalid(
                {"roles": "Người ký và văn thư giữ con dấu của một cơ quan phải là hai người "
                          "(Quy chế 5.2, 12.1; Nghị định 30/2020 Điều 32)."}
            )  # fmt: skip
        given = users.appoint(person, agency, title, " ".join(roles), unit=unit)
        journal.record("appoint", actor, person, note=f"{given.title}: {role_words(given.roles)}",
                       data={"post": given.id, "roles": given.roles}, agency_id=agency.id)  # fmt: skip
    return given


def end_post(actor, ended: users.Post) -> None:
    """Thôi giữ chức danh. Raises Refused while it holds work, keeps the agency's device, or is the last administrator."""
    _require(actor, ended.agency)
    if ended.ends_on and ended.ends_on <= clock.today():
        raise errors.Refused("Chức danh này đã kết thúc.")
    with db.write():
        _check_leaving([ended])
        users.end_post(ended)
        journal.record("end_post", actor, ended.person, note=ended.title, agency_id=ended.agency_id)


def close_account(actor, person: users.Person) -> None:
    """Khóa tài khoản (TCVN 14423; Quy chế 5): sessions end at once. Raises Refused as end_post does."""
    _refuse(may_keep(actor, person))
    if person.id == actor.id:
        raise errors.Refused("Không tự khóa được tài khoản của chính mình.")
    with db.write():
        _check_leaving(users.posts_of(person))
        users.disable(person, actor)


def reopen_account(actor, person: users.Person) -> None:
    """Mở lại tài khoản."""
    _refuse(may_keep(actor, person))
    users.enable(person, actor)


def give_password(actor, person: users.Person) -> str:
    """Đặt lại mật khẩu: returns a password to be shown once; the person must change it at the next sign-in."""
    _refuse(may_keep(actor, person))
    password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
    users.set_password(person, password, must_change=True, actor=actor)
    return password


def work_in_hand(held: users.Post) -> list[str]:
    """What stands in the way of leaving: documents, tasks and devices of a post, in words."""
    doc, task = documents.Document, assignments.Assignment
    mine = (doc.holder == held) | ((doc.drafter == held) & doc.state.in_(("draft", "returned")))
    rows = doc.select().where(doc.agency == held.agency_id, mine, doc.state.not_in(OVER)).order_by(doc.id)
    words = [_name_of(row) for row in rows]
    open_tasks = (
        task.select(task, doc).join(doc).where(task.post == held, task.state.in_(("given", "started")))
    )
    words += [
        f"Việc được giao ở {_name_of(row.document)}" for row in open_tasks if row.part != assignments.INFORMED
    ]
    words += [
        f"Thiết bị lưu khóa bí mật {device.serial or device.id} (phải bàn giao có biên bản, Quy chế 5.2)"
        for device in tokens.in_hands_of(held)
    ]
    return words


def _name_of(doc) -> str:
    """A document's number, without its words: administrators read no document."""
    if doc.flow == "incoming":
        return (
            f"văn bản đến số {doc.arrival_number}"
            if doc.arrival_number
            else f"văn bản đến chưa vào sổ ({doc.id})"
        )
    return f"văn bản đi {doc.number_text}" if doc.code_number else f"dự thảo {doc.id}"


def role_words(roles: str) -> str:
    """«Văn thư, Lưu trữ»."""
    return ", ".join(lookups.ROLES[role] for role in roles.split())


def _check_leaving(leaving: list[users.Post]) -> None:
    for one in leaving:
        for role in ADMINISTRATORS:
            if one.has(role) and not _others(one, role, {post.id for post in leaving}):
                raise errors.Refused(
                    f"Đây là {lookups.ROLES[role].lower()} cuối cùng. Hãy giao vai trò này cho người khác trước."
                )
        words = work_in_hand(one)
        if words:
            more = f" và {len(words) - 3} việc khác" if len(words) > 3 else ""
            raise errors.Refused(
                f"{one.person.full_name} ({one.title}) còn giữ: {'; '.join(words[:3])}{more}. Hãy chuyển giao trước."
            )


def _others(one, role, leaving) -> bool:
    query = users.Post.select(users.Post, users.Person, agencies.Agency).join(users.Person)
    query = query.switch(users.Post).join(agencies.Agency)
    query = query.where(users.Person.disabled_at.is_null(), agencies.Agency.closed_on.is_null())
    if role == lookups.ADMIN:
        query = query.where(users.Post.agency == one.agency_id)
    today = clock.today()
    return any(
        other.has(role) and other.id not in leaving and (other.ends_on is None or other.ends_on > today)
        for other in query
    )


def _served(person, agency_id) -> bool:
    return users.Post.select().where(users.Post.person == person, users.Post.agency == agency_id).exists()


def _everywhere(actor) -> bool:
    return actor.has(lookups.PROVINCE_ADMIN)


def _require(actor, agency) -> None:
    if not (_everywhere(actor) or (actor.has(lookups.ADMIN) and agency.id == actor.agency_id)):
        raise errors.NotAllowed()
    if agency.closed_on:
        raise errors.Refused(f"{agency.name} đã giải thể ngày {agency.closed_on:%d/%m/%Y}.")


def _refuse(reason: str) -> None:
    if reason:
        raise errors.Refused(reason)


def _home(person, actor) -> int:
    held = users.posts_of(person)
    return held[0].agency_id if held else actor.agency_id


def close_unit(actor, unit: agencies.Unit) -> None:
    """Giải thể đơn vị: only one without people, and never the contact point (Quy chế 7.2). Raises Refused."""
    if unit.is_contact_point:
        raise errors.Refused(f"{unit.name} là đầu mối gửi, nhận. Hãy chọn đầu mối khác trước.")
    left = users.holders(unit.agency_id, unit_id=unit.id)
    if left:
        names = ", ".join(post.person.full_name for post in left[:5])
        raise errors.Refused(f"{unit.name} còn người: {names}. Hãy chuyển chức danh của họ trước.")
    with db.write():
        unit.set(closed_on=clock.today())
        journal.record("close_unit", actor, unit, note=unit.name)
