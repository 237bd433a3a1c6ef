"""The acts of the story, in order: where, and what (acts.py)."""

ACTS = (
    ("a", "open_session"), ("a", "sign"), ("a", "number"), ("a", "seal"), ("a", "issue"), ("a", "turn"), ("b", "turn"),
    ("b", "check"), ("b", "register"), ("b", "turn"), ("a", "turn"), ("a", "recall"), ("a", "turn"), ("b", "turn"),
    ("a", "turn"), ("b", "scan"), ("b", "read"), ("b", "confirm"),
)  # fmt: skip
MOST_ROUNDS = 6
