"""A small process that has everything imported and forks one child for each act, so that a kill costs milliseconds.

Reads a JSON request a line, answers with one: {"status": exit code or minus the signal, "result", "trace"}. A request
"serve" starts the axis as a child that stays; "kill" ends it.
"""

import json
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import uvicorn
from conftest import open_in
from crash import acts, mutants

import app
from models import clock, config, failpoints

_reach = failpoints.reach


def write_trace(path):
    """Note each boundary that is passed, before it may kill."""

    def noted(name):
        with open(path, "a") as file:
            file.write(f"{name}\n")
        _reach(name)

    failpoints.reach = noted


def prepare(request):
    """The child's boundary to die at, its fault and its trace."""
    os.environ.pop(failpoints.VARIABLE, None)
    if request.get("point"):
        os.environ[failpoints.VARIABLE] = request["point"]
    if request.get("trace"):
        write_trace(request["trace"])
    if request.get("mutant"):
        getattr(mutants, request["mutant"])()


def act(request):
    """Perform one act; the result goes to a file."""
    result = acts.perform(
        request["act"],
        Path(request["folder"]),
        request["minute"],
        request.get("axis"),
        request.get("arguments", []),
    )
    Path(request["answer"]).write_text(json.dumps(result))


def serve(request):
    """Be the axis until killed."""
    settings = open_in(Path(request["folder"]))
    config.use(config.Config(data=settings.data, mode="demo", hub=True))
    with clock.freeze("2026-03-02 09:00"):
        uvicorn.run(
            app.application(workers=False), host="127.0.0.1", port=request["port"], log_level="critical"
        )


def child(work, request):
    """Fork; the child never comes back."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.dup2(os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.dup2(2, 1)
        prepare(request)
        work(request)
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        os._exit(status)


def status_of(pid):
    """Exit code, or minus the signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main():
    """Answer requests until stdin ends."""
    app.application(workers=False)  # imports every page, once for all children
    axis = None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        if request["do"] == "serve":
            axis = child(serve, request)
        elif request["do"] == "kill" and axis:
            os.kill(axis, signal.SIGKILL)
            answer["status"] = status_of(axis)
            axis = None
        elif request["do"] == "alive":
            answer["alive"] = axis is not None and os.waitpid(axis, os.WNOHANG) == (0, 0)
            axis = axis if answer["alive"] else None
        elif request["do"] == "act":
            answer["status"] = status_of(child(act, request))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    if axis:
        os.kill(axis, signal.SIGKILL)


if __name__ == "__main__":
    main()
