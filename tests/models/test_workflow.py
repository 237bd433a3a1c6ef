"""The only writer of a state: step by step of the table, by the right role, once, with its line in the journal."""

import pytest

from models import clock, db, documents, errors, journal, workflow

STEPS = (
    workflow.Step("lift", {"low"}, "high", ("clerk",), "Nâng", "Cao", "ND30 Điều 1"),
    workflow.Step("drop", {"high"}, "low", ("leader",), "Hạ", "Thấp", "ND30 Điều 2"),
    workflow.Step("fall", {"high", "low"}, "gone", (), "", "Mất", ""),
)


@pytest.fixture
def doc(office, monkeypatch):
    for table in ("_flows", "_guards", "_labels"):
        monkeypatch.setattr(workflow, table, dict(getattr(workflow, table)))
    workflow.declare("trial", STEPS, {"drop": lambda doc, actor: doc.description or None}, {"low": "Thấp"})
    with db.write():
        return workflow.begin(
            "trial", "low", office.lan, agency=office.a, source="draft", created_at=clock.now()
        )


def take(doc, verb, actor, **rest):
    with db.write():
        return workflow.step(doc, verb, actor, **rest)


def state(doc):
    return documents.Document.get_by_id(doc.id).state


def test_a_step_changes_the_state_and_writes_its_line(office, doc):
    take(doc, "lift", office.lan, note="vì")
    line = journal.of(doc)[-1]
    assert state(doc) == "high"
    assert (line.verb, line.from_state, line.to_state, line.note, line.person_id) == (
        "lift",
        "low",
        "high",
        "vì",
        office.lan.id,
    )


@pytest.mark.parametrize(
    ("verb", "who", "error"),
    [("lift", "minh", errors.NotAllowed), ("lift", "mai", errors.NotAllowed), ("drop", "minh", errors.Refused), ("lift", "quantri", errors.NotAllowed)],
)  # fmt: skip
def test_what_the_table_does_not_allow_changes_nothing(office, doc, verb, who, error):
    before = journal.head()
    with pytest.raises(error):
        take(doc, verb, getattr(office, who))
    assert state(doc) == "low" and journal.head() == before


def test_a_guard_s_sentence_refuses_and_greys_the_button(office, doc):
    take(doc, "lift", office.lan)
    with db.write():
        doc.set(description="Còn thiếu chữ ký (12.1)")
    with pytest.raises(errors.Refused, match="12.1"):
        take(doc, "drop", office.minh)
    assert [(offer.step.verb, offer.reason) for offer in workflow.offers(doc, office.minh)] == [
        ("drop", "Còn thiếu chữ ký (12.1)")
    ]


def test_the_second_of_two_is_told_somebody_was_first(office, doc):
    """Both looked at the same page; one act counts."""
    mine, other = documents.Document.get_by_id(doc.id), documents.Document.get_by_id(doc.id)
    take(mine, "lift", office.lan)
    with pytest.raises(errors.Conflict, match="Người khác vừa xử lý"):
        take(other, "lift", office.lan)
    assert len([event for event in journal.of(doc) if event.verb == "lift"]) == 1


def test_offers_are_the_steps_of_this_state_and_role(office, doc):
    assert [offer.step.verb for offer in workflow.offers(doc, office.lan)] == ["lift"]
    assert workflow.offers(doc, office.minh) == [] and workflow.offers(doc, office.mai) == []


def test_a_step_of_nobody_is_the_system_s(office, doc):
    take(doc, "fall", None)
    assert state(doc) == "gone" and journal.of(doc)[-1].who == "Hệ thống"


def test_a_rolled_back_act_leaves_neither_state_nor_line(office, doc):
    before = journal.head()
    with pytest.raises(ZeroDivisionError), db.write():
        workflow.step(doc, "lift", office.lan)
        raise ZeroDivisionError
    assert state(doc) == "low" and journal.head() == before


def test_words_of_a_state(doc):
    assert workflow.label(doc) == "Thấp"
