"""The main job, end to end, as a test: the same story as `python app.py story`, and its own honesty."""

import shutil

import pytest

from tests.stories import story
from tests.stories.stage import StoryFailed
from tests.stories.timeline import Timeline
from tests.stories.tools import annex_pdf

pytestmark = [
    pytest.mark.skipif(not shutil.which("softhsm2-util"), reason="needs softhsm2"),
    pytest.mark.timeout(600),
]


def test_a_letter_lives_its_whole_life(tmp_path):
    timeline = Timeline(as_json=True)
    story.play(tmp_path, timeline)
    facts = [text for line in timeline.lines for text in line.changed if text.startswith("✔")]
    assert len(timeline.lines) == 24 and len(facts) >= 70


def test_a_draft_without_its_blanks_stops_the_story(tmp_path):
    draft = tmp_path / "khong-co-cho-ghi-so.pdf"
    draft.write_bytes(annex_pdf())
    with pytest.raises(StoryFailed, match="submission"):
        story.play(tmp_path / "s", Timeline(as_json=True), draft=draft)
