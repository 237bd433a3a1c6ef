"""What the pages of the hub list: a page of rows at a time by an index, never a count of everything."""

from datetime import timedelta

from models import clock, db, edxml, errors, exchange, hub, hub_figures, journal, text

PAGE = 50
QUIET = timedelta(days=1)  # a system that has not called for so long is worth a look
STATUSES = tuple((code, exchange.STATES[word]) for word, code in edxml.STATUS_CODES.items())


def connection_of(system: hub.System) -> tuple[str, str]:
    """(kind of chip, words) for how a system stands."""
    if not system.enabled:
        return "late", "Đã khóa"
    if system.kind == hub.SELF:
        return "done", "Trong máy chủ"
    if system.seen_at is None:
        return "", "Chưa gọi lần nào"
    if system.last_code not in ("", "0"):
        return "soon", f"Lần cuối bị từ chối (mã {system.last_code})"
    if clock.now() - system.seen_at > QUIET:
        return "soon", f"Im lặng {age(system.seen_at)}"
    return "done", "Đang hoạt động"


def age(moment) -> str:
    """How long ago, in words: «25 phút», «3 giờ», «6 ngày»."""
    minutes = max(0, int((clock.now() - moment).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} phút"
    return f"{minutes // 60} giờ" if minutes < 48 * 60 else f"{minutes // 1440} ngày"


def get_system(number: int) -> hub.System:
    """A system by its id. Raises NotFound."""
    found = hub.System.get_or_none(hub.System.id == number)
    if found is None:
        raise errors.NotFound()
    return found


def get_delivery(number: int) -> hub.Delivery:
    """A delivery by its id. Raises NotFound."""
    found = hub.Delivery.get_or_none(hub.Delivery.id == number)
    if found is None:
        raise errors.NotFound()
    return found


def get_member(number: int) -> hub.Member:
    """A member by its id. Raises NotFound."""
    found = hub.Member.get_or_none(hub.Member.id == number)
    if found is None:
        raise errors.NotFound()
    return found


def badges() -> dict[str, int]:
    """How many packets wait and how many failed or clash, for the tabs."""
    queues = hub_figures.waiting().values()
    clashes = hub.Clash.select().where(hub.Clash.settled_at.is_null()).count()
    return {
        "waiting": sum(one["edoc"] + one["status"] for one in queues),
        "failures": sum(one["failed"] for one in queues) + clashes,
    }


def waiting(system_id: int = 0, after: int = 0) -> list[hub.Delivery]:
    """Not yet fetched, those that wait longest first; behind the row `after`."""
    query = (
        _deliveries()
        .where(hub.Delivery.queue == "waiting", hub.Delivery.id > after)
        .order_by(hub.Delivery.id)
    )
    return list((query.where(hub.Delivery.system == system_id) if system_id else query).limit(PAGE + 1))


def failed(before: int = 0) -> list[hub.Delivery]:
    """What receivers, or the axis above, could not take, the newest first; before the row `before`."""
    query = (
        _deliveries().where(hub.Delivery.queue == "failed").order_by(hub.Delivery.id.desc()).limit(PAGE + 1)
    )
    return list(query.where(hub.Delivery.id < before) if before else query)


def passed(code: str, way: str, before: int = 0) -> list[hub.Delivery]:
    """What an agency sent («sent») or was sent, the newest first; before the row `before`."""
    query = _deliveries().order_by(hub.Delivery.id.desc()).limit(PAGE + 1)
    query = query.where(hub.Packet.from_code == code if way == "sent" else hub.Delivery.to_code == code)
    return list(query.where(hub.Delivery.id < before) if before else query)


def _deliveries():
    return (
        hub.Delivery.select(hub.Delivery, hub.Packet, hub.System).join(hub.Packet).switch(hub.Delivery).join(hub.System)
    )  # fmt: skip


def clashes() -> list[hub.Clash]:
    """New documents under an id their sender had used for other content, which nobody has looked at."""
    return list(
        hub.Clash.select(hub.Clash, hub.Packet).join(hub.Packet, on=hub.Clash.packet)
        .where(hub.Clash.settled_at.is_null()).order_by(hub.Clash.id.desc()).limit(PAGE)
    )  # fmt: skip


def settle_clash(number: int, actor) -> None:
    """Đã làm rõ với nơi gửi. Raises NotFound."""
    with db.write():
        found = hub.Clash.get_or_none(hub.Clash.id == number)
        if found is None:
            raise errors.NotFound()
        if found.settled_at is None:
            found.set(settled_at=clock.now(), settled_by=actor.name)
            journal.record("settle_clash", actor, found, note=found.packet.wire_id)


def members(words: str = "", system_id: int = 0, after: str = "", refused: bool = False) -> list[hub.Member]:
    """Open agencies by code, behind the code `after`: of a system, with these words in name or code, refused above."""
    model = hub.Member
    query = (
        model.select(model, hub.System).join(hub.System)
        .where(model.closed_at.is_null(), model.code > after).order_by(model.code).limit(PAGE + 1)
    )  # fmt: skip
    if words:
        typed = words.strip()
        query = query.where(
            model.folded_name.contains(text.fold(typed))
            | model.code.startswith(typed)
            | model.old_code.startswith(typed)
        )
    if system_id:
        query = query.where(model.system == system_id)
    return list(query.where(model.registration != "") if refused else query)


def name_of(code: str) -> str:
    """The name of an agency by its code, "" when the hub does not know it."""
    found = hub.Member.get_or_none(hub.Member.code == code)
    return found.name if found else ""
