"""The timeline a story prints: step, who, article, what changed on each side, milliseconds."""

import json
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from tests.stories.stage import StoryFailed


@dataclass
class Line:
    """One step of the story."""

    step: str
    who: str
    article: str
    changed: list[str] = field(default_factory=list)
    milliseconds: int = 0

    def saw(self, text: str) -> None:
        """Tell what changed."""
        self.changed.append(text)

    def check(self, truth, expected: str) -> None:
        """A fact that must hold. Raises StoryFailed with the sentence."""
        if not truth:
            raise StoryFailed(f"{self.step}: sai sự thật – {expected}")
        self.changed.append(f"✔ {expected}")


class Timeline:
    """All steps, printed as they happen."""

    def __init__(self, as_json: bool = False):
        self.lines: list[Line] = []
        self.as_json = as_json

    @contextmanager
    def step(self, step: str, who: str, article: str):
        """Time one step and print it."""
        line = Line(step, who, article)
        began = time.perf_counter()
        yield line
        line.milliseconds = round((time.perf_counter() - began) * 1000)
        self.lines.append(line)
        if not self.as_json:
            print(
                f"{len(self.lines):>3} {line.milliseconds:>6} ms  {step}  ·  {who}  ·  {article}", flush=True
            )
            for text in line.changed:
                print(f"               {text}", flush=True)

    def close(self, error: str = "") -> None:
        """Print the end."""
        facts = sum(text.startswith("✔") for line in self.lines for text in line.changed)
        if self.as_json:
            print(json.dumps({"steps": [asdict(line) for line in self.lines], "facts": facts, "error": error},
                             ensure_ascii=False))  # fmt: skip
        elif error:
            print(f"\nHỎNG: {error}", flush=True)
        else:
            print(f"\n{len(self.lines)} bước, {facts} sự thật được kiểm ở hai phía. Tất cả đúng.", flush=True)
