"""Every route × every actor × own, other agency's and nonexistent thing gives the answer of data/authorisation.tsv.

A route without a line there fails; so does a line without a route. Beside it: CSRF, headers, GETs that write nothing, and
the canary words of one agency on every page of the other (goals Z1, Z2, Z5, W1, W2, W3).
"""

import re
from pathlib import Path
from typing import NamedTuple

import office as cast
import pytest
import world
from conftest import open_in
from starlette.testclient import TestClient

import app
import views
from models import db
from views import web

TABLE = Path(__file__).parent / "data" / "authorisation.tsv"
NOWHERE = 987654
GROUPS = {
    "everyone": set(world.ACTORS),
    "signed": set(world.ACTORS) - {"stranger"},
    "clerks": {"clerk", "b_clerk"},
    "signers": {"leader", "unit_head", "other_head", "b_leader"},
    "readers": {"clerk", "leader", "archivist", "officer", "unit_head"},
    "keepers": {"clerk", "leader", "archivist", "officer"},
    "followers": {"leader", "clerk", "unit_head", "other_head", "checker", "b_leader", "b_clerk"},
    "writers": set(world.ACTORS) - {"stranger", "province", "admin"},
    "heads_and_clerks": {"clerk", "leader", "b_clerk", "b_leader"},
    "token_keepers": {"admin", "clerk", "leader", "b_clerk", "b_leader", "province"},
    "seal_keepers": {"admin", "clerk", "b_clerk", "province"},
    "admins": {"admin", "province", "b_clerk"},
    "journal": {"admin", "clerk", "archivist", "b_clerk", "province"},
}
DONE = {200, 201, 204, 303, 304, 409, 422}  # passed the door; the form or the office's rules may still say no
REFUSED = {403, 409, 422}


MARKED_WHEN_REFUSED = {"/first-run", "/sign-in"}
MARKS_AS_READ = {
    "/incoming/{id:int}",
    "/scans/{id:int}",
}  # write a reader's own notices
RECORDED = re.compile(
    r"/tokens(?!/readers|/pictures|/certificates)"
)  # each look at the devices is a line (Quy chế 5.1)


class Row(NamedTuple):
    """One line of the table."""

    method: str
    path: str
    thing: str
    may: frozenset
    sees: frozenset
    form: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def names(text: str) -> frozenset:
    found = set()
    for name in text.split(",") if text != "-" else ():
        found |= GROUPS[name[1:]] if name.startswith("@") else {name}
    assert found <= set(world.ACTORS), found
    return frozenset(found)


def read() -> list[Row]:
    rows = []
    for line in TABLE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            method, path, thing, may, sees, *form = line.split()
            rows.append(
                Row(method, path, "" if thing == "-" else thing, names(may), names(sees), "".join(form))
            )
    return rows


ROWS = read()
ROUTES = {(method, route.path) for route in views.routes() for method in route.methods - {"HEAD"}}


def test_every_route_has_its_line():
    """A new route is given its line in tests/data/authorisation.tsv; that is the moment to say who may."""
    listed = [(row.method, row.path) for row in ROWS]
    assert len(listed) == len(set(listed)), "a route is listed twice"
    assert sorted(ROUTES - set(listed)) == [], "routes without a line"


def test_every_line_has_its_route():
    assert sorted({(row.method, row.path) for row in ROWS} - ROUTES) == []


class Stage:
    """A copy of the world with its application; `ask` sends a request as an actor."""

    def __init__(self, source, folder, made):
        self.source, self.folder, self.made = source, folder, made
        self.renew()
        self.client = TestClient(
            app.application(workers=False), base_url="http://testserver", follow_redirects=False,
            raise_server_exceptions=False,
        )  # fmt: skip

    def renew(self):
        """The world as it was made, with sessions of this minute; copied anew only when something was written."""
        if db.database.is_closed() or self.marks() != self.untouched:
            if not db.database.is_closed():
                db.database.close()
            world.copy(self.source, self.folder)
            open_in(self.folder)
        with db.connection():
            world.touch()
            self.untouched = self.marks()

    def ask(self, actor, method, url, form="", **headers):
        headers.setdefault("Origin", "http://testserver")
        if actor in self.made.tokens:
            headers["Cookie"] = f"{web.COOKIE}={self.made.tokens[actor]}"
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.client.request(method, url, headers=headers, content=form if method == "POST" else None)

    def marks(self) -> int:
        """Changes with every committed write of another connection."""
        return db.database.execute_sql("PRAGMA data_version").fetchone()[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    open_in(folder)
    with db.connection():
        cast.build()
        built = world.build(cast.Office())
        db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.database.close()
    built.folder = folder
    return built


@pytest.fixture(scope="module")
def theatre(made, tmp_path_factory):
    found = Stage(made.folder, tmp_path_factory.mktemp("stage") / "data", made)
    yield found
    found.client.close()
    db.database.close()


@pytest.fixture
def stage(theatre):
    theatre.renew()
    return theatre


def url_of(row, ids: dict, nowhere=False) -> str:
    """The address of the row's thing, or of one that does not exist."""
    parts = {"number": 1, "key": "0-1", "nonce": "khongcogi", "post": ids["post"], "annex": ids["annex"], "recipient": ids["recipient"],
             "file": 1, "which": "before", "page": 1,
             "id": NOWHERE if nowhere or row.thing == "nothing" else ids.get(row.thing, NOWHERE)}  # fmt: skip
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: str(parts[found[1]]), row.path)


def shape(answer, thing_url: str) -> tuple:
    """What a stranger to the thing can tell from an answer: everything but the address he typed himself."""
    return (
        answer.status_code,
        answer.text.replace(thing_url, "…"),
        sorted(set(answer.headers) - {"content-length"}),
    )


def signs_in(answer) -> bool:
    return (
        answer.status_code == 303
        and answer.headers["location"].startswith("/sign-in?")
        or (answer.status_code == 303 and answer.headers["location"] == "/sign-in")
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_who_may(row, stage):
    """Goals Z1, Z5: the table's answer for each actor, and one same answer for what is hidden and what is not there."""
    if (row.method, row.path) not in ROUTES:
        pytest.skip("no such route")
    url, nowhere = url_of(row, stage.made.ids["a"]), url_of(row, stage.made.ids["a"], nowhere=True)
    for actor in sorted(world.ACTORS, key=lambda actor: actor in row.may):
        if actor in row.may and row.method == "POST":
            stage.renew()
        before = stage.marks()
        answer = stage.ask(actor, row.method, url, row.form)
        told = f"{actor}: {answer.status_code} {answer.headers.get('location', '')} {answer.text[:300]}"
        assert answer.status_code < 500, told
        if actor in row.may:
            assert answer.status_code in DONE, told
            left = signs_in(answer) and row.path not in ("/sign-out", "/password", "/first-run", "/sign-in")
            assert not left, told
            if row.method == "GET" and row.path not in MARKS_AS_READ and not RECORDED.match(row.path):
                assert stage.marks() == before, f"{actor}: a GET wrote (W2)"
        elif actor == "stranger":
            assert signs_in(answer) or row.thing == "nonce" and answer.status_code == 404, told
        elif actor in row.sees:
            assert answer.status_code in REFUSED, told
        else:
            assert answer.status_code in ((403, 404) if row.thing else (403,)), told
            if row.thing:
                other = stage.ask(actor, row.method, nowhere, row.form)
                assert shape(answer, url) == shape(other, nowhere), (
                    f"{told}\n{other.status_code} {other.text[:300]}"
                )
        if actor not in row.may and row.path not in MARKED_WHEN_REFUSED:
            assert stage.marks() == before, f"{actor} was refused, yet something was written"


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "POST"], ids=lambda row: row.name)
def test_a_post_from_elsewhere_is_refused(row, stage):
    """Goal W1: no header, another site, a foreign or null Origin → 403, and nothing changes."""
    if (row.method, row.path) not in ROUTES:
        pytest.skip("no such route")
    if row.thing == "nonce":
        pytest.skip("another program calls it; the address itself is the key")
    actor = next((one for one in ("clerk", "admin", "province") if one in row.may), "clerk")
    url, before = url_of(row, stage.made.ids["a"]), stage.marks()
    for headers in (
        {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
    ):  # fmt: skip
        answer = stage.ask(actor, "POST", url, row.form, **headers)
        assert answer.status_code == 403, f"{headers}: {answer.status_code}"
    for content_type in ("text/plain", "application/json"):
        answer = stage.client.post(
            url, content="{}", headers={"Content-Type": content_type, "Origin": "null"}
        )
        assert answer.status_code == 403
    assert stage.marks() == before


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=lambda row: row.name)
def test_headers_on_every_answer(row, stage):
    """Goal W3: also on refusals, redirects and pages that are not there."""
    if (row.method, row.path) not in ROUTES:
        pytest.skip("no such route")
    urls = {url_of(row, stage.made.ids["a"]), url_of(row, stage.made.ids["a"], nowhere=True)}
    for actor in ("stranger", "clerk", "b_officer", "province"):
        for url in urls:
            answer = stage.ask(actor, "GET", url)
            for name, value in web.HEADERS.items():
                if name == "Content-Security-Policy":
                    found = answer.headers[name]
                    assert "default-src 'none'" in found and "unsafe" not in found, found
                elif name == "Cache-Control" and row.path.startswith("/files/"):
                    assert re.search("no-store|no-cache", answer.headers[name]), answer.headers[name]
                else:
                    assert answer.headers.get(name) == value, name
            assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:", answer.text), "inline script"


@pytest.mark.parametrize("letter", ["a", "b"])
def test_no_canary_of_another_agency(letter, stage):
    """Goal Z2: every GET route, with own and foreign ids, as every actor of the other agency: no foreign word."""
    mine = [
        actor
        for actor in world.ACTORS
        if actor not in ("stranger", "province") and (actor in world.OF_B) == (letter == "b")
    ]
    foreign = world.CANARIES["b" if letter == "a" else "a"]
    own, seen = world.CANARIES[letter], 0
    for row in ROWS:
        if row.method != "GET" or (row.method, row.path) not in ROUTES:
            continue
        addresses = {url_of(row, stage.made.ids[one]) for one in "ab"}
        if row.path in ("/search", "/outgoing/recipients", "/incoming", "/outgoing", "/journal"):
            queries = ("q=Gui+di", "q=ve+viec", "q=Noi", "before=999999", "tab=all")
            addresses |= {f"{row.path}?{query}" for query in queries}
        if row.path.startswith("/admin"):
            addresses |= {
                f"{address}?agency={stage.made.ids[one]['agency']}"
                for address in set(addresses)
                for one in "ab"
            }
        for actor in mine:
            for url in addresses:
                answer = stage.ask(actor, "GET", url)
                assert foreign not in answer.text, f"{actor} {url}"
                assert foreign not in str(answer.headers), f"{actor} {url}"
                seen += own in answer.text
    assert seen > 20, "the crawl saw hardly anything of its own agency"


def test_a_signing_session_of_a_foreign_document_is_not_there(stage):
    """Goal Z5: the document is named in the body, not in the address."""
    for actor in ("b_leader", "b_clerk", "outsider", "province", "admin"):
        found = []
        for number in (stage.made.ids["a"]["draft"], NOWHERE):
            headers = {"Cookie": f"{web.COOKIE}={stage.made.tokens[actor]}", "Origin": "http://testserver"}
            answer = stage.client.post(
                "/signing/sessions", json={"documents": [number], "purpose": "leader"}, headers=headers
            )
            found.append((answer.status_code, answer.text))
        assert found[0] == found[1] and found[0][0] == 404, (actor, found)
