"""Makes the file of a courier bundle, and takes one that came: minutes of work for a page that does not wait."""

import zipfile

from jobs import axis, runner
from models import courier, courier_making, courier_taking, errors, outbox


def _failed(order, reason):
    courier.failed(order.subject_id, reason)


@runner.carries_out("courier_make", gave_up=_failed)
def make(order):
    """The file of a bundle that waits for it. Raises Retry, GiveUp."""
    _do(courier_making.make, order)


@runner.carries_out("courier_take", gave_up=_failed)
def take(order):
    """The packets of a bundle not taken yet; goes on where it stopped. Raises Retry, GiveUp."""
    _do(courier_taking.carry_on, order)


def _do(act, order):
    try:
        act(courier.CourierBundle.get_by_id(order.subject_id))
    except errors.Refused as error:
        raise outbox.Retry(str(error)) from error
    except errors.Invalid as error:
        raise outbox.GiveUp(str(error)) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise outbox.Retry(axis.DISK) from error
