"""Báo đã tiếp nhận nửa phút sau khi vào sổ: 03 to the sender, the notice to the leader (models/acceptance.py)."""

from jobs.runner import carries_out
from models import acceptance, db, notifications, outbox


@carries_out("acceptance")
def tell_accepted(order: outbox.Order) -> None:
    """Carry out an order "acceptance"; nothing is told of a registration that was undone meanwhile."""
    with db.write():
        presented = acceptance.release(order)
        if presented:
            notifications.tell(presented)
        outbox.finish(order)
