"""What every test may ask for: an empty data folder, the cast, the application and browsers."""

from pathlib import Path

import pytest
from office import Browser, Office

import app
from models import config, db, schema

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def data(tmp_path):
    """An empty installation in a folder of its own."""
    settings = config.use(config.Config(data=tmp_path / "data", mode="demo"))
    settings.data.mkdir()
    db.open_database(settings.data / "vanthu.db")
    with db.connection():
        schema.migrate()
    yield settings
    db.database.close()


@pytest.fixture
def office(data):
    """The cast in an empty installation."""
    return Office()


@pytest.fixture
def application(office):
    """The web application over the cast's installation, without background workers."""
    return app.application(workers=False)


@pytest.fixture
def browser(application):
    """browser("lan") is Lan's browser, signed in; browser() is a stranger's."""
    opened = []

    def open_one(login=None):
        opened.append(Browser(application, login))
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
