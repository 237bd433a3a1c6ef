"""The stage: free ports, installations as processes with folders of their own, people with browsers."""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import apsw
import httpx

from models import seed

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds a thing that happens by itself may take


class StoryFailed(Exception):
    """A step did not have the effect it must have; the message says what was expected and what was seen."""


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Installation:
    """One installation: a data folder, settings and a server process."""

    def __init__(self, name: str, folder: Path, port: int, **settings):
        self.name, self.data, self.port = name, folder / name, port
        self.url = f"http://127.0.0.1:{port}"
        self.settings = {"DATA": self.data, "PORT": port, "MODE": "demo", "COLLECT_SECONDS": 1, **settings}
        self.log = folder / f"{name}.log"
        self.process = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises StoryFailed with the end of its log."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VANTHU_")}
        environment |= {f"VANTHU_{name}": str(value) for name, value in self.settings.items()}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "app.py", "serve"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_for(self._answers, f"{self.name} trả lời", self.process)

    def stop(self) -> None:
        """End the server in good order."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def facts(self, sql: str, *parameters) -> list[dict]:
        """Rows of its database, read only, by our own engine."""
        connection = apsw.Connection(str(self.data / "vanthu.db"), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        try:
            cursor = connection.execute(sql, parameters)
            rows = cursor.fetchall()
            if not rows:
                return []
            names = [column[0] for column in connection.execute(sql, parameters).get_description()]
            return [dict(zip(names, row, strict=True)) for row in rows]
        finally:
            connection.close()

    def fact(self, sql: str, *parameters):
        """The single value of a query, None when there is no row."""
        rows = self.facts(sql, *parameters)
        return next(iter(rows[0].values())) if rows else None

    def stored(self, sha256: str) -> Path:
        """Where a content lies in its store."""
        return self.data / "files" / sha256[:2] / sha256

    def _answers(self) -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(self.url + "/sign-in", timeout=5).status_code in (200, 303)
        return False


class Browser:
    """One person's browser: pages and forms over real HTTP, as without JavaScript."""

    def __init__(self, installation: Installation, login: str):
        self.login, self.at = login, installation
        self.http = httpx.Client(
            base_url=installation.url,
            timeout=120,
            follow_redirects=False,
            headers={"Origin": installation.url},
        )
        self.submit("/sign-in", login=login, password=seed.PASSWORD)

    def get(self, path: str) -> str:
        """Open a page; raises StoryFailed unless it comes."""
        answer = self.http.get(path)
        if answer.status_code != 200:
            raise StoryFailed(f"{self.login}: GET {path} → {answer.status_code}: {gist(answer.text)}")
        return answer.text

    def download(self, path: str) -> bytes:
        """Fetch a file."""
        answer = self.http.get(path)
        if answer.status_code != 200:
            raise StoryFailed(f"{self.login}: tải {path} → {answer.status_code}")
        return answer.content

    def submit(self, path: str, files=None, **fields) -> str:
        """Send a form; returns where it leads. Raises StoryFailed with the page's sentence when it was refused."""
        answer = self.http.post(path, data=fields, files=files)
        if answer.status_code != 303:
            raise StoryFailed(f"{self.login}: POST {path} → {answer.status_code}: {gist(answer.text)}")
        return answer.headers["location"]

    def refused(self, path: str, **fields) -> str:
        """Send a form that must be refused; returns the sentence shown. Raises StoryFailed when it was accepted."""
        answer = self.http.post(path, data=fields)
        if answer.status_code not in (403, 404, 409, 422):
            raise StoryFailed(f"{self.login}: POST {path} phải bị từ chối nhưng được {answer.status_code}")
        return gist(answer.text)

    def post_json(self, path: str, payload: dict) -> dict:
        """Send JSON as the page's script does."""
        answer = self.http.post(path, json=payload, headers={"Accept": "application/json"})
        if answer.status_code >= 300:
            raise StoryFailed(f"{self.login}: POST {path} → {answer.status_code}: {answer.text[:400]}")
        return answer.json()


def gist(html: str) -> str:
    """The sentences of an error on a page, for the timeline."""
    found = re.findall(
        r'class="[^"]*(?:error|wrong|bad)[^"]*"[^>]*>(.*?)</(?:div|p|section)>', html, re.DOTALL
    )
    words = re.sub(r"<[^>]+>", " ", " ".join(found) or html)
    return " ".join(words.split())[:400]


def wait_for(condition, what: str, process=None, seconds: int = PATIENCE):
    """Ask until the condition gives something true; returns it. Raises StoryFailed when it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        if process is not None and process.poll() is not None:
            raise StoryFailed(f"{what}: tiến trình đã dừng với mã {process.returncode}")
        time.sleep(0.1)
    raise StoryFailed(f"{what}: chờ {seconds} giây không thấy")
