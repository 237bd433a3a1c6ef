"""What a letter says beside the fields of the decree: deadline, meeting, what it answers, the days it names. Pure."""

import re
from datetime import date

from models import extraction_dates, extraction_meeting, extraction_reply
from models.extraction_running import running

PAGES = 6  # of a letter are looked through; annexes name dates of their own
_CAPACITY = re.compile(r"^(TM|KT|TL|TUQ|Q)\.")


def read(pages, fields: dict) -> dict:
    """{"due", "meeting", "replies", "days", "capacity"} of extraction.Page's and the fields read from them (as rows)."""
    said = running(pages[:PAGES])
    issued = date.fromisoformat(fields["issued_date"]["value"]) if fields.get("issued_date") else None
    kind = (fields.get("type_name") or {}).get("value", "")
    title = _CAPACITY.match((fields.get("signer_position") or {}).get("value", ""))
    return {
        "due": extraction_dates.deadline(said, issued),
        "meeting": extraction_meeting.meeting(said, issued, kind),
        "replies": extraction_reply.replies(said),
        "days": extraction_dates.days_named(running([*pages[:1], *pages[-1:]])),
        "capacity": title.group(1) + "." if title else "",
    }
