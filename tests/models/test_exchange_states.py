"""States follow from what is known, in whatever order it came, and never go back (QĐ 28 Điều 6.3; goal X5)."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from models import clock, exchange

BEGAN = clock.at("2026-03-02 08:00")
STEPS = [word for word in exchange.PROGRESS if word not in exchange.UNSENT and word != "on_axis"]
said = some.builds(
    lambda word, minutes, late: exchange.StatusMessage(
        status=word,
        direction="in",
        at=BEGAN + timedelta(minutes=minutes),
        taken_at=BEGAN + timedelta(minutes=minutes + late),
    ),
    some.sampled_from([*STEPS, "refused", "recalled", "recall_refused"]),
    some.integers(0, 300),
    some.integers(0, 3000),
)
conversations = some.lists(said, max_size=8)


def sent(**fields):
    values = {
        "direction": "out",
        "state": "on_axis",
        "acknowledged_at": BEGAN,
        "recall_asked_at": None,
        "resent_at": None,
    }
    return exchange.Consignment(**(values | fields))


@settings(max_examples=150, deadline=None)
@given(conversations, some.randoms())
def test_x5_no_order_and_no_double_changes_the_state(messages, chance):
    wanted = exchange.state_of(sent(), messages)
    again = messages + messages[: len(messages) // 2]
    chance.shuffle(again)
    assert exchange.state_of(sent(), again) == wanted


@settings(max_examples=150, deadline=None)
@given(conversations, said)
def test_x5_a_late_step_never_moves_a_state_back(messages, late):
    steps = [one for one in messages if one.status in STEPS]
    before = exchange.state_of(sent(), steps)
    if late.status in STEPS:
        after = exchange.state_of(sent(), [*steps, late])
        assert exchange.PROGRESS.index(after) >= exchange.PROGRESS.index(before)


@settings(max_examples=100, deadline=None)
@given(conversations, conversations)
def test_x5_after_a_return_was_answered_by_sending_again_only_the_new_talk_counts(old, new):
    resent = BEGAN + timedelta(days=9)
    for one in new:
        one.at, one.taken_at = one.at + timedelta(days=10), one.taken_at + timedelta(days=10)
    line = sent(resent_at=resent)
    assert exchange.state_of(line, [*old, *new]) == exchange.state_of(line, new)
