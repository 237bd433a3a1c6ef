"""The cast: Sở Kế hoạch (A) and xã Suối Mây (B) of the demonstration province, and a browser for each person.

Dũng works in another unit and must see nothing of Tuấn's papers; everybody of B must see nothing of A's.
"""

from starlette.testclient import TestClient

from models import agencies, seed, users
from views import web


def build() -> None:
    """Make the cast in the open, empty installation."""
    seed.calendar()
    seed.administrator()
    seed.so_a()
    seed.xa_b()


class Office:
    """Two agencies and their people: `office.lan` … are users.Actor, `office.a`/`office.b` the agencies."""

    def __init__(self):
        self.a, self.b = agencies.by_code("H99.10"), agencies.by_code("H99.20.01")
        self.units = {unit.name: unit for unit in agencies.units_of(self.a.id)}
        for person in users.Person.select():
            setattr(self, person.login, users.Actor(person, users.posts_of(person)[0]))


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
