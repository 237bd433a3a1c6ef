"""What every test may ask for: an empty data folder, the cast, the application and browsers."""

import os
import shutil
from pathlib import Path

import argon2
import office as cast
import pytest

import app
from models import config, db, schema, users

SHARED = Path(__file__).resolve().parents[2] / "shared"
MEMORY, SPACIOUS = Path("/dev/shm"), 4 << 30
users._hasher = argon2.PasswordHasher(
    time_cost=1, memory_cost=64, parallelism=1
)  # slow on purpose, but not here


def pytest_configure():
    """Tests' folders lie in memory where there is enough: whoever is killed loses no more there than on a disk."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > SPACIOUS:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def open_in(folder: Path) -> config.Config:
    """An installation in this folder, with whatever database lies in it."""
    settings = config.use(config.Config(data=folder, mode="demo"))
    folder.mkdir(parents=True, exist_ok=True)
    db.open_database(folder / "vanthu.db")
    with db.connection():
        schema.migrate()
    return settings


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    """Two databases made once and copied for each test: empty, and with the cast."""
    made = {}
    for name in ("empty", "cast"):
        folder = tmp_path_factory.mktemp(name)
        open_in(folder)
        if name == "cast":
            with db.connection():
                cast.build()
        made[name] = folder / "copy.db"
        db.database.execute_sql("VACUUM INTO ?", (str(made[name]),))
        db.database.close()
    return made


@pytest.fixture
def data(tmp_path, prepared, request):
    """An empty installation in a folder of its own; with the cast where the test asks for `office`."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copyfile(prepared["cast" if "office" in request.fixturenames else "empty"], folder / "vanthu.db")
    yield open_in(folder)
    db.database.close()


@pytest.fixture
def office(data):
    """The cast."""
    with db.connection():
        return cast.Office()


@pytest.fixture
def application(office):
    """The web application over the cast's installation, without background workers."""
    return app.application(workers=False)


@pytest.fixture
def browser(application):
    """browser("lan") is Lan's browser, signed in; browser() is a stranger's."""
    opened = []

    def open_one(login=None):
        opened.append(cast.Browser(application, login))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture(scope="session")
def shared():
    """The test material beside the checkout; tests that need it are skipped elsewhere."""
    if not SHARED.exists():
        pytest.skip("no test material beside the checkout")
    return SHARED
