"""Quy trình: the tables of allowed steps and the only writer of a document's state.

Each flow hands its table over once with `declare`; `step` checks, changes the state and writes the journal;
`offers` reads the same table for the buttons, with the reason where one is grey.
"""

from dataclasses import dataclass
from typing import NamedTuple

from models import documents, errors, journal, permissions

_flows: dict[str, dict] = {}
_guards: dict[str, dict] = {}
_labels: dict[str, dict] = {}


class Step(NamedTuple):
    """One allowed change: verb, states it starts from, state it leads to, roles, button, state label, article."""

    verb: str
    sources: frozenset | set
    to: str
    who: tuple
    button: str
    label: str
    law: str


@dataclass
class Offer:
    """A button: the step, and the sentence why it is grey (empty when it may be pressed)."""

    step: Step
    reason: str = ""


def declare(
    flow: str, steps: tuple[Step, ...], guards: dict | None = None, start_labels: dict | None = None
) -> None:
    """Register a flow's table; guards map verb → function(document, actor) → sentence or None."""
    _flows[flow] = {step.verb: step for step in steps}
    _guards[flow] = guards or {}
    _labels[flow] = {step.to: step.label for step in steps} | (start_labels or {})


def begin(flow: str, state: str, actor=None, note: str = "", **fields) -> documents.Document:
    """Create a document in its first state; inside the write() of the fact."""
    document = documents.Document.create(flow=flow, state=state, **fields)
    documents.index(document)
    journal.record("begin", actor, document, to_state=state, note=note)
    return document


def step(document, verb: str, actor, note: str = "", data: dict | None = None) -> Step:
    """Take a step. Raises Refused (not in this state, or a guard's sentence), NotAllowed, Conflict."""
    wanted = _flows[document.flow][verb]
    reason = permissions.may(actor, wanted, document)
    if reason:
        raise errors.NotAllowed(reason)
    reason = _reason(wanted, document, actor)
    if reason:
        raise errors.Refused(reason)
    model = documents.Document
    before = document.state
    same = (model.id == document.id) & (model.state == before)
    if verb != "recall":
        same &= model.recalled_at.is_null()  # once asked back, whatever this person's page still shows
    changed = model.update(state=wanted.to).where(same).execute()
    if not changed:
        raise errors.Conflict()
    document.state = wanted.to
    journal.record(verb, actor, document, before, wanted.to, note, data)
    return wanted


def offers(document, actor) -> list[Offer]:
    """Buttons of this person for this document: steps that start from its state and are his to take."""
    found = []
    for wanted in _flows[document.flow].values():
        if (
            not wanted.button
            or document.state not in wanted.sources
            or permissions.may(actor, wanted, document)
        ):
            continue
        found.append(Offer(wanted, _reason(wanted, document, actor) or ""))
    return found


def offered(document, actor, verb: str) -> Offer | None:
    """The offer of one verb, None when it is not this person's or not of this state."""
    return next((offer for offer in offers(document, actor) if offer.step.verb == verb), None)


def require(document, actor, verb: str) -> None:
    """Raises NotAllowed when the step is not this person's now, Refused with the guard's sentence."""
    offer = offered(document, actor, verb)
    if offer is None:
        raise errors.NotAllowed("Văn bản không còn ở bước này, hoặc việc này không thuộc vai trò của bạn.")
    if offer.reason:
        raise errors.Refused(offer.reason)


def label(document) -> str:
    """The state in words."""
    return _labels.get(document.flow, {}).get(document.state, document.state)


def labels(flow: str) -> dict[str, str]:
    """State → words of a flow."""
    return dict(_labels.get(flow, {}))


def steps(flow: str) -> tuple[Step, ...]:
    """The flow's table, for tests and the handbook."""
    return tuple(_flows[flow].values())


def _reason(wanted: Step, document, actor) -> str | None:
    if document.state not in wanted.sources:
        state = label(document)
        return f"Không thể «{wanted.button or wanted.label}» khi văn bản đang ở trạng thái «{state}»."
    if document.is_recalled and wanted.verb != "recall":
        return "Nơi gửi đã yêu cầu thu hồi văn bản này nên không xử lý tiếp được (Quy chế Điều 12.6)."
    guard = _guards[document.flow].get(wanted.verb)
    return guard(document, actor) if guard else None
