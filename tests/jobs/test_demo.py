"""The demonstration: never beside real data, and its papers lie in the past."""

from types import SimpleNamespace

import pytest

from jobs import demo_papers
from models import clock, config, errors, incoming, incoming_book, journal, users

demo = pytest.importorskip("jobs.demo")


def test_a_folder_with_real_data_is_not_touched(data):
    with pytest.raises(errors.Refused, match="không đụng vào"):
        demo.settings(config.current())


def test_an_empty_folder_becomes_a_demonstration(tmp_path):
    found = demo.settings(config.Config(data=tmp_path))
    assert found.mode == "demo" and found.tsa_url.startswith("http://127.0.0.1:")


def test_paper_letters_stand_in_every_stage_and_none_ahead_of_the_clock(office):
    cast = SimpleNamespace(agency=office.a, units=office.units)
    for post in users.holders(office.a.id):
        setattr(cast, post.person.login, users.Actor(post.person, post))
    demo_papers.enter(cast)
    years = (clock.today().year - 1, clock.today().year)
    states = {doc.state for year in years for doc in incoming_book.book(office.lan, year).rows}
    assert {"registered", "forwarded", "assigned", "in_progress", "completed"} <= states
    assert [doc.urgency for doc in incoming.waiting(office.lan)] == [3, 0]
    assert max(event.at for event in journal.Event.select()) <= clock.now() and journal.verify() == []
