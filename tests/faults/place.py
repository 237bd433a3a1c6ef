"""One installation in a process of its own, which does what it is told over a pipe: a name from deeds.py, a moment, arguments.

The processes are forked from one that has everything imported, so that starting one costs milliseconds.
"""

import logging
import multiprocessing
import os
import threading
import time
import traceback
from multiprocessing import forkserver
from pathlib import Path

import uvicorn
from conftest import open_in
from faults import deeds

import app
from models import clock, config, db

log = logging.getLogger("faults")
START = multiprocessing.get_context("forkserver")
TESTS = Path(__file__).resolve().parents[1]


def fork_from_warm() -> None:
    """Let the parent of all places import everything first; it looks only where its environment says."""
    START.set_forkserver_preload(["faults.place"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(TESTS.parent), str(TESTS), before or ""])
    forkserver.ensure_running()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


class Died(Exception):
    """The process ended before it had an answer."""


class Place:
    """The other end of an installation's process. `place("deed", at, …)` returns its result, or raises its fault."""

    def __init__(self, folder: Path, port: int = 0, root: Path | None = None):
        fork_from_warm()
        self.folder, self.port = folder, port
        self.pipe, end = START.Pipe()
        self.process = START.Process(target=live, args=(end, folder, port, root), daemon=True)
        self.process.start()
        end.close()

    def __call__(self, deed: str, at: str, *arguments, **named):
        try:
            self.pipe.send((deed, at, arguments, named))
            result, trouble = self.pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise Died(f"{self.folder.name}.{deed}") from error
        if trouble:
            raise AssertionError(f"{self.folder.name}.{deed}: {trouble}")
        return result

    def kill(self) -> None:
        """SIGKILL: nothing is put in order."""
        self.process.kill()
        self.process.join(10)
        self.pipe.close()

    @property
    def peak_megabytes(self) -> int:
        """The most memory the process ever held."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM"))


def live(pipe, folder, port, root):
    """Do what comes until the pipe ends. With a port: serve there as the axis."""
    open_in(folder)
    deeds.begin(root)
    if port:
        config.use(config.Config(data=folder, mode="demo", hub=True))
        settings = uvicorn.Config(
            app.application(workers=False),
            host="127.0.0.1",
            port=port,
            http="httptools",
            log_level="critical",
        )
        server = uvicorn.Server(settings)
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            time.sleep(0.01)
    while True:
        try:
            deed, at, arguments, named = pipe.recv()
        except (EOFError, OSError):
            return
        clock._frozen = clock.at(at)
        try:
            with db.connection():
                pipe.send((getattr(deeds, deed)(*arguments, **named), ""))
        except Exception:  # whatever it is, the test is told
            log.exception("%s", deed)
            pipe.send((None, traceback.format_exc()))
