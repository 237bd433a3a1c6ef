"""What a letter says beside the fields of the decree: deadline, meeting, what it answers, the days it names. Pure."""


def read(pages, fields: dict) -> dict:
    """{"due": …, "meeting": …, "replies": […], "days": […], "capacity": "…"} of extraction.Page's and read fields."""
    return {}
