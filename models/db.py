"""The database handle, the base model and the only door to a writing transaction.

SQLite through APSW, since the distribution's own library has the WAL-reset fault and we write from several
threads. Connection state is per thread; a connection stays open for its thread.
"""

import os
import threading
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime

import apsw
from peewee import (
    EXCLUDED,
    AutoField,
    BlobField,
    CharField,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    Model,
    ModelSelect,
    OperationalError,
    TextField,
    fn,
)
from playhouse.apsw_ext import APSWDatabase, BooleanField, DateField

from models.db_rows import Rows

__all__ = [
    "EXCLUDED", "AutoField", "Base", "BlobField", "BooleanField", "CharField", "DateField", "ForeignKeyField", "IntegerField",
    "IntegrityError", "MomentField", "OperationalError", "TextField", "after_commit", "connection", "database",
    "fn", "open_database", "write",
]  # fmt: skip

OLDEST_SAFE_ENGINE = (3, 51, 3)  # the first release without the WAL-reset fault
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: what is acknowledged survives a power cut
    "foreign_keys": 1,
    "secure_delete": 1,  # a recalled document's words must not stay in free pages
    "cache_size": -16000,
    "temp_store": 2,
}


class Database(APSWDatabase):
    """Binds days and moments that a library hands over as Python objects."""

    def _add_conn_hooks(self, conn):
        super()._add_conn_hooks(conn)
        conn.convert_binding = lambda cursor, place, value: str(value)


database = Database(None, pragmas=PRAGMAS, timeout=10, autoconnect=False)
_generation = 0
_thread = threading.local()


class Turn:
    """Writers of this process queue here, first come first served; whoever has the turn may take it again.

    The engine's own waiting is by chance, and so is a lock of the standard library: with many clerks at once some would
    wait ten times as long as others.
    """

    def __init__(self):
        self._guard = threading.Lock()
        self._waiting = deque()
        self._owner, self._depth = None, 0

    def __enter__(self):
        me = threading.get_ident()
        with self._guard:
            if self._owner in (None, me):
                self._owner, self._depth = me, self._depth + 1
                return
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append((me, gate))
        gate.acquire()

    def __exit__(self, *_failure):
        with self._guard:
            self._depth -= 1
            if self._depth:
                return
            self._owner = None
            if self._waiting:
                self._owner, gate = self._waiting.popleft()
                self._depth = 1
                gate.release()


_turn = Turn()


def _new_turn() -> None:
    """A forked child has none of its parent's threads; a turn one of them held would never end."""
    global _turn
    _turn = Turn()


os.register_at_fork(after_in_child=_new_turn)


class UnsafeEngine(Exception):
    """The database engine or its set-up could lose acknowledged work; the start is refused."""


class MomentField(TextField):
    """A moment: aware datetime in Python, sortable UTC text in the database."""

    def db_value(self, value):
        if value is None or isinstance(value, str):
            return value
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def python_value(self, value):
        return None if value is None else datetime.fromisoformat(value)


_columns: dict = {}  # (model, its name in the query) → its columns in words


class Select(ModelSelect):
    """A query of whole rows; the names of a table's columns are put into words once, which is most of a query's cost."""

    def __sql_selection__(self, ctx, is_subquery=False):
        if not self._is_default or is_subquery:
            return super().__sql_selection__(ctx, is_subquery)
        known = (self.model, ctx.alias_manager[self.model._meta.table])
        if known not in _columns:
            before = len(ctx._sql)
            super().__sql_selection__(ctx, is_subquery)
            _columns[known] = "".join(ctx._sql[before:])
            return ctx
        return ctx.literal(_columns[known])


class Base(Rows, Model):
    """A row. Writing needs `write()` around it, so that no fact is half-stored."""

    class Meta:
        database = database
        legacy_table_names = False

    @classmethod
    def select(cls, *fields):
        """A query of whole rows, or of these fields."""
        return Select(cls, fields or cls._meta.sorted_fields, is_default=not fields)

    def save(self, *args, **kwargs):
        """Write the row; raises RuntimeError outside `write()`."""
        if not database.in_transaction():
            raise RuntimeError(f"{type(self).__name__} written outside write()")
        return super().save(*args, **kwargs)

    def set(self, **values):
        """Change and save the named fields only, so that two people's changes to other fields both live."""
        for name, value in values.items():
            setattr(self, name, value)
        self.save(only=[self._meta.fields[name] for name in values])
        return self


def open_database(path) -> None:
    """Use the database file at `path`; raises UnsafeEngine when engine or set-up is not safe."""
    global _generation
    engine = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if engine < OLDEST_SAFE_ENGINE:
        raise UnsafeEngine(
            f"SQLite {apsw.sqlite_lib_version()} có lỗi làm mất dữ liệu khi ghi song song (cần từ 3.51.3). "
            "Hãy cài lại gói apsw đúng phiên bản trong requirements.txt."
        )
    if not database.is_closed():
        database.close()
    database.init(str(path))
    _generation += 1
    with connection():
        for pragma, wanted in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            found = database.execute_sql(f"PRAGMA {pragma}").fetchone()[0]
            if found != wanted:
                raise UnsafeEngine(
                    f"Cơ sở dữ liệu chạy với {pragma}={found} thay vì {wanted}: có thể mất dữ liệu khi mất điện. "
                    "Thư mục dữ liệu phải nằm trên đĩa trong máy (không phải ổ mạng)."
                )


@contextmanager
def connection():
    """This thread's connection, opened when needed and kept for the thread."""
    if getattr(_thread, "generation", None) != _generation and not database.is_closed():
        database.close()
    if database.is_closed():
        database.connect()
    _thread.generation = _generation
    yield database


@contextmanager
def write():
    """The only writing transaction: the outermost is BEGIN IMMEDIATE, inner ones join it.

    Inside: no network, no subprocess, no reading or hashing of files, no rendering.
    """
    with connection():
        if database.in_transaction():
            yield
            return
        with _turn, database.atomic("IMMEDIATE"):
            yield


def tune() -> None:
    """Let the engine refresh what it knows of the tables' sizes; cheap, at the start and once an hour."""
    database.execute_sql("PRAGMA analysis_limit = 400")
    database.execute_sql("PRAGMA optimize = 0x10002")


def empty_log() -> bool:
    """Bring the write-ahead log into the database and empty its file, so that nothing erased lives on in it.

    False when a reader still needs it.
    """
    busy = database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not busy


def after_commit(function) -> None:
    """Run `function` once the outermost write() has committed; dropped on rollback."""
    database.after_commit(function)
