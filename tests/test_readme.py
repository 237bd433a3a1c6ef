"""The README stays true: every setting and every pinned package is named in it."""

import re
from dataclasses import fields
from pathlib import Path

from models import config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_setting_is_explained():
    for setting in fields(config.Config):
        assert f"`VANTHU_{setting.name.upper()}`" in README, setting.name
        assert setting.metadata["help"] in README, setting.name


def test_every_dependency_is_named_with_its_reason():
    table = README.split("## Dependencies")[1].split("## Decisions")[0].lower()
    for file in ("requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / file).read_text().splitlines():
            name = re.match(r"[A-Za-z0-9_.-]+", line)
            if name and not line.startswith(("-", "#")):
                assert name[0].lower() in table, name[0]


def test_every_package_is_pinned():
    for file in ("requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if line and not line.startswith(("-", "#")):
                assert "==" in line, line
