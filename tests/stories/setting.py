"""The setting: a hub, Sở Kế hoạch (A) and xã Suối Mây (B), three installations with demonstration keys."""

import shutil
from contextlib import ExitStack
from pathlib import Path

import app
from jobs import demo_keys
from models import agencies, config, db, exchange_axis, hub, seed, users
from tests.stories.desk import Desk
from tests.stories.stage import Browser, Installation, free_port

SYSTEMS = {"a": "he-thong-a", "b": "he-thong-b"}
CODES = {"a": {"H99.10": "Sở Kế hoạch tỉnh Minh Sơn", "000.00.10.H99": "Sở Kế hoạch tỉnh Minh Sơn"},
         "b": {"H99.20.01": "UBND xã Suối Mây", "000.01.20.H99": "UBND xã Suối Mây"}}  # fmt: skip


class World:
    """Everything that runs while a story is played."""

    def __init__(self, folder: Path):
        self.folder, self.stack = folder, ExitStack()
        self.services = free_port()
        self.hub = Installation("hub", folder, free_port(), HUB="true")
        url = f"http://127.0.0.1:{self.services}/trinh-dien/tsa/tsa"
        self.agent_ports = {"a": free_port(), "b": free_port()}
        self.a, self.b = (
            Installation(name, folder, free_port(), TSA_URL=url, AGENT_URL=f"ws://127.0.0.1:{port}")
            for name, port in self.agent_ports.items()
        )
        self.keys: demo_keys.Keys | None = None
        self.secrets: dict[str, str] = {}

    def build(self) -> None:
        """Make the three data folders and the keys."""
        self.secrets = secrets = self._in(self.hub, self._build_hub)
        holders = self._in(self.a, lambda: self._build_office("a", secrets["a"]))
        holders += self._in(self.b, lambda: self._build_office("b", secrets["b"]))
        self.keys = demo_keys.make(self.folder / "keys", self.services, holders)
        self._in(self.a, lambda: self._give_keys("a"))
        self._in(self.b, lambda: self._give_keys("b"))
        db.database.close()

    def start(self) -> None:
        """Start the services and the three servers; everything ends with `stop`."""
        services = demo_keys.serve(self.folder / "keys", self.services)
        self.stack.callback(services.wait, 10)
        self.stack.callback(services.terminate)
        for one in (self.hub, self.a, self.b):
            self.stack.callback(one.stop)
            one.start()

    def browser(self, installation: Installation, login: str) -> Browser:
        """A person's browser."""
        browser = Browser(installation, login)
        self.stack.callback(browser.http.close)
        return browser

    def desk(self, browser: Browser) -> Desk:
        """A person's PC with the signing agent and the tokens plugged in."""
        return self._kept(Desk(self.keys, browser, browser.at.url))

    def office_desk(self, installation: Installation) -> Desk:
        """The agent at the address the installation's pages look for."""
        return self._kept(Desk(self.keys, None, installation.url, self.agent_ports[installation.name]))

    def _kept(self, desk: Desk) -> Desk:
        self.stack.callback(desk.stop)
        return desk

    def stop(self) -> None:
        """End every process."""
        self.stack.close()

    def _in(self, installation, act):
        settings = config.use(config.Config(data=installation.data, mode="demo"))
        app.open_installation(settings)
        with db.connection():
            return act()

    def _build_hub(self):
        seed.calendar()
        admin = _actor(seed.administrator())
        return {name: hub.register_system(admin, SYSTEMS[name], f"Hệ thống {name.upper()}", CODES[name])
                for name in SYSTEMS}  # fmt: skip

    def _build_office(self, name, secret):
        seed.calendar()
        admin = _actor(seed.administrator())
        cast = seed.so_a() if name == "a" else seed.xa_b()
        other = CODES["b" if name == "a" else "a"]
        codes = list(other)
        partner = agencies.create(other[codes[0]], code=codes[0], connection="axis")
        agencies.add_code(partner, codes[1])
        exchange_axis.connect(admin, f"{self.hub.url}/vxp", SYSTEMS[name], secret)
        return demo_keys.holders_of(name, cast)

    def _give_keys(self, name):
        demo_keys.trust(self.keys)
        agency = agencies.by_code(next(iter(CODES[name])))
        cast = _Cast(agency)
        demo_keys.establish(
            cast, name, self.keys, demo_keys.leaders_of(agency.id), cast.lan if name == "a" else cast.mai
        )


class _Cast:
    """People of an agency by login."""

    def __init__(self, agency):
        self.agency = agency
        for post in users.holders(agency.id):
            setattr(self, post.person.login, _actor(post))


def _actor(post) -> users.Actor:
    return users.Actor(post.person, post)


def clear(folder: Path) -> None:
    """Remove what a story left."""
    shutil.rmtree(folder, ignore_errors=True)
