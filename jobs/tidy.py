"""Dọn dẹp: expired sessions, files without a row, left-over spool files; once an hour."""

from datetime import timedelta

from jobs import runner
from models import clock, db, files, notifications, signing_outcomes, users

HOUR, QUARTER_MINUTE = 3600, 15
SPOOL_KEEPS = timedelta(days=1)


@runner.every(HOUR)
def tidy() -> None:
    """Remove what no row needs any more."""
    with db.write():
        users.Session.delete().where(users.Session.created_at < clock.now() - users.SESSION_LENGTH).execute()
    signing_outcomes.expire()
    for path in list(files.orphans()):
        path.unlink()
    limit = (clock.now() - SPOOL_KEEPS).timestamp()
    for path in files.spool().iterdir():
        if path.is_file() and path.stat().st_mtime < limit:
            path.unlink()
    db.tune()


@runner.every(QUARTER_MINUTE)
def tell() -> None:
    """Notices of what happened without a page (arrivals, recalls)."""
    notifications.spread()
