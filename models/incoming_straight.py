"""Chuyển thẳng (ND30 Điều 23.1): where the agency's rules already say whose work a letter is, the clerk passes it straight on."""

from models import agencies, assignments, db, errors, incoming, receivers, routing, users


def pass_straight(
    doc, actor, target: str, fields: dict | None = None, reason: str = "", note: str = ""
) -> int:
    """Vào sổ và chuyển thẳng cho đơn vị, người theo quy định; both in one act. The arrival number.

    `target` is a Route's key («unit:3»). Raises Invalid, Refused (no rule says so), NotAllowed, Conflict.
    """
    with db.write():
        number = (
            incoming.register(doc, actor, fields, reason) if doc.state == "arrived" else doc.arrival_number
        )
        allowed = {route.key: route for route in routing.straight_routes(doc, actor)}
        if target not in allowed:
            raise errors.Refused(
                routing.may_pass_straight(doc, actor)
                or f"Quy định chỉ cho chuyển thẳng tới: {_names(allowed)}."
            )
        route = allowed[target]
        words = ". ".join(part for part in (f"Chuyển thẳng {route.why}", note) if part)
        assignments.assign(doc, actor, _target(route), instruction=words, verb="pass_straight")
    return number


def _target(route: routing.Route) -> receivers.Target:
    unit = agencies.Unit.get_by_id(route.unit.id) if route.unit else None
    return receivers.Target(users.Post.get_by_id(route.post.id) if route.post else None, unit)


def _names(routes) -> str:
    return ", ".join(route.name for route in routes.values())
