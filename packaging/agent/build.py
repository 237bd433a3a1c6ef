"""Builds `vanthu-agent.pyz`: the agent as one file, run by `python vanthu-agent.pyz` where its requirements are installed.

    python packaging/agent/build.py [target file]

Only the agent and the messages it shares with the server go in; nothing of the product's web part.
"""

import shutil
import sys
import tempfile
import zipapp
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ("__init__.py", "errors.py", "records.py", "protocol.py")  # standard library only


def build(target: Path) -> Path:
    """Write the program to `target`; returns it."""
    with tempfile.TemporaryDirectory() as folder:
        staged = Path(folder) / "signing"
        shutil.copytree(
            ROOT / "signing" / "agent", staged / "agent", ignore=shutil.ignore_patterns("__pycache__", "*.md")
        )
        for name in SHARED:
            shutil.copy(ROOT / "signing" / name, staged / name)
        (Path(folder) / "__main__.py").write_text(
            "import sys\n\nfrom signing.agent.__main__ import main\n\nsys.exit(main())\n", encoding="utf-8"
        )
        zipapp.create_archive(folder, target, interpreter="/usr/bin/env python3", compressed=True)
    return target


if __name__ == "__main__":
    print(build(Path(sys.argv[1] if len(sys.argv) > 1 else "vanthu-agent.pyz")))
