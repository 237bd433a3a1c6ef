"""The exchange as a small machine, searched whole: two senders, one receiver, a line that loses, doubles, reorders, a crash.

A state says of each sender: what its row shows, whether its document was recalled, whether a crash is still allowed; of the
receiver: what it holds of each; and which messages are on the line. `explore` visits every state that can be reached and
names each broken promise: I2 one effect for one document, I6 the sender's last state follows from the receiver's.
"""

from collections import deque
from typing import NamedTuple


class Sender(NamedTuple):
    """A sender's rows: `shows` queued | on_axis | arrived | recall_asked | recalled; `due`: orders not done."""

    shows: str = "queued"
    due: tuple = ("document",)
    acknowledged: bool = False


class Receiver(NamedTuple):
    """The receiver's rows of one sender's document: `holds` nothing | parked | document | recalled; `effects` made."""

    holds: str = "nothing"
    effects: int = 0
    due: tuple = ()


class State(NamedTuple):
    """Everything: two senders, what the receiver has of each, messages on the line, faults left."""

    senders: tuple
    receivers: tuple
    line: tuple
    losses: int
    copies: int
    crashes: int


RULES = {
    "dedupe": True,  # the row that guards against doubles is in the transaction of the effect
    "park": True,  # a recall that overtakes its document is remembered
    "order_with_fact": True,  # an order is placed in the transaction of its fact
    "ack_after_answer": True,  # sent only when the receiving side has it
    "states_forward": True,  # late statuses never move a state back
}
RANK = ("queued", "on_axis", "arrived", "recall_asked", "recalled")


def start(losses=1, copies=1, crashes=1, senders=2) -> State:
    """Before anything has left."""
    return State((Sender(),) * senders, (Receiver(),) * senders, (), losses, copies, crashes)


def steps(state: State, rules: dict):
    """Every state that may come next."""
    for who, sender in enumerate(state.senders):
        for word in sender.due:
            yield from _sent(state, who, word, rules)
        if sender.shows in ("on_axis", "arrived") and "recall" not in sender.due:
            shown = sender._replace(shows="recall_asked", due=_more(sender.due, "recall"))
            yield state._replace(senders=_put(state.senders, who, shown))
    for who, receiver in enumerate(state.receivers):
        for word in receiver.due:
            yield from _answered(state, who, word, rules)
    for place, message in enumerate(state.line):
        rest = state.line[:place] + state.line[place + 1 :]
        yield from _delivered(state, message, rest, rules)
        if state.copies and message not in rest:
            yield state._replace(line=_sorted((*state.line, message)), copies=state.copies - 1)


def _sent(state, who, word, rules):
    """A try to send: it arrives and the answer too; it arrives and the answer is lost; it is lost."""
    sender = state.senders[who]
    done = sender._replace(due=tuple(one for one in sender.due if one != word), acknowledged=True)
    if word == "document":
        done = done._replace(shows=_further(sender.shows, "on_axis", rules))
    line = _sorted({*state.line, (who, word)})  # the axis knows a packet it has
    yield state._replace(senders=_put(state.senders, who, done), line=line)
    if state.losses:
        unsure = sender if rules["ack_after_answer"] else done
        yield state._replace(line=line, losses=state.losses - 1)
        yield state._replace(senders=_put(state.senders, who, unsure), losses=state.losses - 1)
    if state.crashes:
        yield state._replace(line=line, crashes=state.crashes - 1)


def _answered(state, who, word, rules):
    receiver = state.receivers[who]
    done = receiver._replace(due=tuple(one for one in receiver.due if one != word))
    line = _sorted({*state.line, (who, word)})
    yield state._replace(receivers=_put(state.receivers, who, done), line=line)
    if state.losses:
        yield state._replace(line=line, losses=state.losses - 1)
    if state.crashes:
        yield state._replace(line=line, crashes=state.crashes - 1)


def _delivered(state, message, rest, rules):
    """A message is taken: rows and orders in one transaction, then it leaves the axis; a crash may fall between."""
    who, word = message
    if word in ("document", "recall"):
        taken = _received(state.receivers[who], word, rules)
        after = state._replace(receivers=_put(state.receivers, who, taken))
    else:
        taken = _heard(state.senders[who], word, rules)
        after = state._replace(senders=_put(state.senders, who, taken))
    yield after._replace(line=rest)
    if state.crashes:
        yield after._replace(crashes=state.crashes - 1)  # taken, and the axis was not told: it comes again
        if not rules["order_with_fact"] and word in ("document", "recall"):
            forgotten = taken._replace(due=state.receivers[who].due)
            lost = state._replace(receivers=_put(state.receivers, who, forgotten), line=rest)
            yield lost._replace(crashes=state.crashes - 1)


def _received(receiver, word, rules):
    if word == "document":
        if receiver.holds == "parked":
            return receiver._replace(holds="recalled", due=_more(receiver.due, "gone"))
        if receiver.holds == "nothing" or not rules["dedupe"]:
            effects = receiver.effects + 1
            return receiver._replace(holds="document", effects=effects, due=_more(receiver.due, "here"))
        return receiver._replace(due=_more(receiver.due, "gone" if receiver.holds == "recalled" else "here"))
    if receiver.holds == "nothing":
        return receiver._replace(holds="parked") if rules["park"] else receiver
    if receiver.holds == "parked":
        return receiver
    return receiver._replace(holds="recalled", due=_more(receiver.due, "gone"))


def _heard(sender, word, rules):
    shown = "recalled" if word == "gone" else "arrived"
    return sender._replace(shows=_further(sender.shows, shown, rules), acknowledged=True)


def _further(before, after, rules):
    return max(before, after, key=RANK.index) if rules["states_forward"] else after


def _more(due, word):
    return _sorted({*due, word})


def _sorted(words):
    return tuple(sorted(words))


def _put(rows, who, row):
    return (*rows[:who], row, *rows[who + 1 :])


def broken(state: State) -> str:
    """The promise this state breaks, "" for none."""
    for who, (sender, receiver) in enumerate(zip(state.senders, state.receivers, strict=True)):
        if receiver.effects > 1:
            return f"I2: document {who} took effect {receiver.effects} times"
        on_line = any(one == who for one, _ in state.line)
        is_nowhere = receiver.holds == "nothing" and not on_line and "document" not in sender.due
        if sender.acknowledged and is_nowhere:
            return f"I1: document {who} is called sent and is nowhere"
        at_rest = not (sender.due or receiver.due or on_line)
        if at_rest and {"document": "arrived", "recalled": "recalled"}.get(receiver.holds) != sender.shows:
            return f"I6: sender {who} shows «{sender.shows}», the receiver has «{receiver.holds}»"
    return ""


def explore(rules=None, most: int = 5_000_000, **faults) -> tuple[int, str]:
    """(states visited, the first broken promise) over everything that can be reached."""
    rules = RULES | (rules or {})
    first = start(**faults)
    seen, waiting = {first}, deque([first])
    while waiting:
        state = waiting.popleft()
        fault = broken(state)
        if fault:
            return len(seen), fault
        for after in steps(state, rules):
            if after not in seen:
                if len(seen) >= most:
                    raise OverflowError(f"more than {most} states")
                seen.add(after)
                waiting.append(after)
    return len(seen), ""
