"""Ảnh chụp: several photographs are the pages of one letter; each stays as it was received."""

from models import arrangements, errors, scans


def join(actor, first: scans.Scan, more: list[scans.Scan]) -> str:
    """The pages of the others follow the first's, in this order; what could not be joined, a sentence, "" for nothing."""
    for other in more:
        now = scans.Scan.get_by_id(first.id)
        try:
            arrangements.merge(actor, now, arrangements.seen(now), other)
        except (errors.Conflict, errors.Refused) as error:
            return (
                f"«{other.name}» chưa ghép được với ảnh trước ({error}). Ảnh vẫn được nhận, thành một văn bản riêng; "
                "hãy gộp ở trang sắp trang."
            )
    return ""
