"""F4: every state that two senders, a receiver, loss, copies, reordering and crashes can bring about keeps I1, I2 and I6."""

import pytest
from faults import protocol, tier

SHORT = (
    {"senders": 2, "losses": 1, "copies": 1, "crashes": 0},
    {"senders": 1, "losses": 2, "copies": 2, "crashes": 2},
)
DEEP = (
    *SHORT,
    {"senders": 2, "losses": 1, "copies": 1, "crashes": 1},
    {"senders": 2, "losses": 2, "copies": 1, "crashes": 1},
)


@pytest.mark.parametrize("faults", SHORT if tier.TIMES == 1 else DEEP, ids=str)
def test_f4_no_reachable_state_breaks_a_promise(faults):
    states, fault = protocol.explore(**faults)
    assert fault == ""
    assert states > 10_000
    tier.counted("F4", states)


@pytest.mark.parametrize("rule", protocol.RULES)
def test_f4_without_a_rule_a_promise_breaks(rule):
    _, fault = protocol.explore({rule: False}, senders=1, losses=1, copies=1, crashes=1)
    assert fault
