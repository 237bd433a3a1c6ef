"""The story: one letter is drafted, signed, numbered, sealed, sent, received, checked, registered, assigned, answered,
reported back and recalled; one paper letter is scanned, read and registered. Every fact is looked at on both sides.

`python app.py story [--draft FILE] [--scan FILE] [--json]`
"""

import tempfile
from pathlib import Path

from tests.stories import setting
from tests.stories.outward import Outward
from tests.stories.paper import Paper
from tests.stories.proofs import Proofs
from tests.stories.receiving import Receiving
from tests.stories.stage import StoryFailed
from tests.stories.timeline import Timeline


def main(arguments) -> int:
    """Play it; 0 only when every fact holds."""
    folder = Path(tempfile.mkdtemp(prefix="vanthu-chuyen-"))
    timeline = Timeline(arguments.json)
    try:
        play(folder, timeline, arguments.draft, arguments.scan)
    except StoryFailed as error:
        timeline.close(str(error))
        return 1
    finally:
        setting.clear(folder)
    timeline.close()
    return 0


def play(folder: Path, timeline: Timeline, draft: Path | None = None, scan: Path | None = None) -> None:
    """Play the whole story in this folder. Raises StoryFailed at the first wrong fact."""
    world = setting.World(folder)
    try:
        with timeline.step(
            "Dựng ba hệ thống: trục, cơ quan A, cơ quan B", "Quản trị", "Quy chế 3, 5, 14.2"
        ) as line:
            world.build()
            world.start()
            line.saw(f"trục {world.hub.url}, A {world.a.url}, B {world.b.url}")
        outward, receiving = Outward(world, timeline), Receiving(world, timeline)
        letter = outward.issue_first(draft)
        answer = receiving.work_on(letter)
        outward.take_answer(letter, answer)
        receiving.return_forged(letter)
        outward.recall_second()
        Paper(world, timeline).register(scan)
        Proofs(world, timeline).check_everything(letter)
    finally:
        world.stop()
