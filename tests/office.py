"""The cast: Sở Kế hoạch (A) and xã Suối Mây (B) of the demonstration province, and a browser for each person.

Dũng works in another unit and must see nothing of Tuấn's papers; everybody of B must see nothing of A's.
"""

from starlette.testclient import TestClient

from models import seed


class Office:
    """Two agencies and their people; `office.lan` … are users.Actor, `office.a`/`office.b` the agencies."""

    def __init__(self):
        seed.calendar()
        self.province = seed.administrator()
        self.cast_a, self.cast_b = seed.so_a(), seed.xa_b()
        self.a, self.b = self.cast_a.agency, self.cast_b.agency
        for cast in (self.cast_a, self.cast_b):
            for login in cast.posts:
                setattr(self, login, getattr(cast, login))


class Browser(TestClient):
    """A browser of one person: `get`, `post` (as from our own page), `hx=True` as htmx sends it."""

    def __init__(self, application, login: str | None = None):
        super().__init__(application, base_url="http://testserver", follow_redirects=False)
        if login:
            answer = self.post("/sign-in", data={"login": login, "password": seed.PASSWORD})
            assert answer.status_code == 303, answer.text

    def post(self, url, *, hx=False, **rest):
        """A form sent from one of our own pages."""
        headers = {"Origin": "http://testserver", **rest.pop("headers", {})}
        if hx:
            headers["HX-Request"] = "true"
        return super().post(url, headers=headers, **rest)
