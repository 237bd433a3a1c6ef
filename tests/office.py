"""The cast: Sở Kế hoạch (A) and xã Suối Mây (B) of the demonstration province, and a browser for each person.

Dũng works in another unit and must see nothing of Tuấn's papers; everybody of B must see nothing of A's.
"""

from starlette.testclient import TestClient

from models import agencies, db, seed, users
from views import web


def build() -> None:
    """Make the cast in the open, empty installation."""
    seed.calendar()
    seed.administrator()
    seed.so_a()
    seed.xa_b()


class Office:
    """Two agencies and their people: `office.lan` … are users.Actor, `office.a`/`office.b` the agencies.

    A person is looked up when first named: most tests name two or three.
    """

    def __init__(self):
        self.a, self.b = agencies.by_code("H99.10"), agencies.by_code("H99.20.01")

    def __getattr__(self, name):
        with db.connection():
            setattr(self, name, self._units() if name == "units" else self._person(name))
        return getattr(self, name)

    def _units(self):
        return {unit.name: unit for unit in agencies.units_of(self.a.id)}

    def _person(self, login):
        person = users.Person.get_or_none(users.Person.login == login)
        if person is None:
            raise AttributeError(login)
        first = users.Post.select(users.Post, agencies.Agency).join(agencies.Agency)
        return users.Actor(person, first.where(users.Post.person == person).order_by(users.Post.id).first())

    def everybody(self) -> list[users.Actor]:
        """All people of both agencies."""
        return [getattr(self, person.login) for person in users.Person.select()]


class Browser(TestClient):
    """A browser of one person: `get`, `post` (as from our own page), `hx=True` as htmx sends it."""

    def __init__(self, application, login: str | None = None):
        super().__init__(application, base_url="http://testserver", follow_redirects=False)
        if login:
            self.cookies.set(web.COOKIE, users.open_session(users.Person.get(users.Person.login == login)))

    def post(self, url, *, hx=False, **rest):
        """A form sent from one of our own pages."""
        headers = {"Origin": "http://testserver", **rest.pop("headers", {})}
        if hx:
            headers["HX-Request"] = "true"
        return super().post(url, headers=headers, **rest)
