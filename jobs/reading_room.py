"""Phòng đọc: reads what waits, page by page, on all cores at the lowest priority; one worker works here at a time.

The rows of models/readings_queue.py are the record. What is under way when the server dies waits again; what somebody
stops is let go within a second.
"""

import json
import os
import shutil
import tempfile
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

from jobs import reading, reading_kept, reading_pages, reading_places, render, runner
from models import (
    documents,
    errors,
    extraction,
    extraction_extras,
    files,
    outbox,
    previews,
    readings_queue,
)
from models.readings_queue import Task
from models.readings_rows import Reading

UNSEEN = (
    "Máy chủ quá bận nên chưa xem được dấu trên trang đầu (có thể có dấu độ mật). Tệp vẫn còn như lúc nhận; hãy xem bằng mắt, "
    "rồi bấm «Đọc lại»."
)
LOOKS = 1  # files looked at beside the pages being read
PACE = 1.0  # seconds until what was stopped is noticed
LEASE_USED = timedelta(minutes=2)
SHOWN_DPI = {True: 120, False: 96}  # of a scan's first page and of a document's, as the desk shows them

_open = threading.Lock()
_more = threading.Event()


def work(order: outbox.Order) -> None:
    """Read until nothing waits. When somebody reads already, he hears that there is more, and this order is done."""
    _more.set()
    while _more.is_set():
        if not _open.acquire(blocking=False):
            return
        try:
            readings_queue.take_up()
            while _more.is_set():
                _more.clear()
                with ThreadPoolExecutor(reading_pages.workers() + LOOKS, "reading") as pool:
                    _Round(order, pool).go()
        finally:
            _open.release()


def read_at_once(row: Reading, said: list[dict]) -> None:
    """A file whose pages all have a text of their own: read here and now from its words."""
    readings_queue.looked(row, said)
    _finished(Task("finish", row), (reading.understood(said, None), None))
    _draw_first(row)


class _Round:
    """Tasks given out and taken back until nothing is left; only the thread that goes touches the database."""

    def __init__(self, order, pool):
        self.order, self.pool = order, pool
        self.under_way = {}  # future → task
        self.readers = {}  # key of a task → the place that reads its page
        self.served, self.count = {}, 0

    def go(self):
        """Until nothing is left; when the server stops, what is in hand waits again."""
        while True:
            if runner.stopping():
                self._let_go(lambda task: True)
                raise outbox.Retry("Máy chủ dừng; đọc tiếp khi chạy lại.", after=0, counts=False)
            self._give_out()
            if not self.under_way:
                return
            done, _ = wait(self.under_way, timeout=PACE, return_when=FIRST_COMPLETED)
            for future in done:
                self._take_back(self.under_way.pop(future), future)
            outbox.keep(self.order, LEASE_USED)
            self._let_go(lambda task: not readings_queue.is_wanted(task.reading))

    def _give_out(self):
        busy = {task.key for task in self.under_way.values()}
        looks = sum(task.kind == "look" for task in self.under_way.values())
        while looks < LOOKS and (task := readings_queue.next_look(busy)):
            if readings_queue.is_wanted(task.reading) and readings_queue.begin(task.reading):
                self._start(task, _look, busy)
                looks += 1
            else:
                readings_queue.stop(task.reading)
        while len(self.under_way) - looks < reading_pages.workers():
            task = readings_queue.next_page(busy, self.served)
            if task is None:
                return
            self.count += 1
            self.served[task.reading.agency_id] = self.count
            if not readings_queue.is_wanted(task.reading):
                readings_queue.stop(task.reading)
            elif task.kind == "finish":
                if readings_queue.once_more(task.reading):
                    self._start(task, _finish, busy)
            elif kept := reading_kept.found(task.reading, task.number):
                _page_read(task, kept)
            elif readings_queue.begin_page(task):
                self._start(task, self._read, busy)

    def _start(self, task, function, busy):
        busy.add(task.key)
        self.under_way[self.pool.submit(function, task)] = task

    def _read(self, task):
        source = _source(task.reading)
        if not source.exists():
            return None
        return reading_places.read(
            source, task.reading.sha256, task.number,
            lambda place: self.readers.__setitem__(task.key, place),
        )  # fmt: skip

    def _take_back(self, task, future):
        self.readers.pop(task.key, None)
        if not readings_queue.is_wanted(task.reading):
            readings_queue.stop(task.reading)
            return
        try:
            TAKE_BACK[task.kind](task, future.result())
        except reading.Unreadable as error:
            readings_queue.fail(task.reading, str(error))

    def _let_go(self, unwanted):
        for task in list(self.under_way.values()):
            place = self.readers.get(task.key)
            if place is not None and unwanted(task):
                place.interrupt()


# ---- outside the database: these run in threads ------------------------------------------------------------------


def _look(task):
    """Words of every page; pages that are no pictures are finished by that. The first page is drawn for the desk."""
    row = task.reading
    with reading.folder() as box:
        source = box / "in.pdf"
        said = reading.look(files.place(row.sha256), row.media_type, source)
        if any(page["scanned"] for page in said) and not shutil.which("tesseract"):
            raise reading.Unreadable(reading_pages.NO_ENGINE)
        if row.media_type != "application/pdf":
            _keep(row.page_file(0, "pdf"), source.read_bytes())
        for page in said:
            if not page["scanned"]:
                _keep(row.page_file(page["number"], "json"), json.dumps(page, ensure_ascii=False).encode())
    return said


def _finish(task):
    """(what the whole file says, its rendition in the store); None when pages got lost and must be read again."""
    row, said, instead = task.reading, [], {}
    for number in range(1, row.pages_total + 1):
        path = row.page_file(number, "json")
        page = json.loads(path.read_bytes()) if path.exists() else None
        said.append(page)
        if page and row.page_file(number, "pdf").exists():
            instead[number] = row.page_file(number, "pdf")
    if not instead:
        return _whole(said, row), None
    with reading.folder() as box:
        reading_pages.join(_source(row), instead, box / "whole.pdf")
        found = reading.understood(_present(said, row), box / "whole.pdf")
        if row.scan_id and not found.stamps_seen:
            raise reading.Unreadable(UNSEEN)
        return found, files.store(box / "whole.pdf")


def _whole(said, row):
    present = _present(said, row)
    if not any(page["words"] for page in present) and any(page["scanned"] for page in present):
        raise reading.Unreadable(readings_queue.ALL_UNREAD)
    return reading.understood(present, None)


def _present(said, row) -> list[dict]:
    """Pages nobody could read stand empty in their place."""
    sizes = row.page_sizes
    return [
        page
        or {"number": number, "of": len(said), "width": sizes[number - 1][0], "height": sizes[number - 1][1],
            "scanned": True, "text": False, "words": []}
        for number, page in enumerate(said, 1)
    ]  # fmt: skip


def _source(row) -> Path:
    """The PDF that is read: the stored file, or what was made of a picture."""
    return files.place(row.sha256) if row.media_type == "application/pdf" else row.page_file(0, "pdf")


def _keep(target: Path, content: bytes) -> None:
    """Into the folder of what can be made again. Raises Unreadable when the content was recalled meanwhile."""
    handle, temporary = tempfile.mkstemp(dir=files.spool().resolve(), prefix="box-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, target)
    except (FileExistsError, NotADirectoryError, FileNotFoundError) as error:
        raise reading.Unreadable("Văn bản vừa bị thu hồi nên không đọc nữa.") from error
    finally:
        Path(temporary).unlink(missing_ok=True)


# ---- back in the thread that goes --------------------------------------------------------------------------------


def _looked(task, said):
    readings_queue.looked(task.reading, said)
    own = [extraction.page_of(page) for page in said if not page["scanned"]]
    if readings_queue.refuse_secret(task.reading, reading.text_of(own)):
        return
    _draw_first(task.reading)


def _page_read(task, page):
    row = task.reading
    if page is None or page.reason == "gone":
        readings_queue.page_ended(task, "waiting")
    elif page.reason:
        readings_queue.page_ended(task, "unread")
    else:
        _keep(row.page_file(task.number, "pdf"), page.pdf)
        _keep(row.page_file(task.number, "json"), json.dumps(page.words, ensure_ascii=False).encode())
        size = [page.words["width"], page.words["height"]]
        readings_queue.page_ended(task, "read", page.words.get("turned", 0), size)
        reading_kept.keep(row, task.number)
        seen = extraction.page_of(page.words)
        if readings_queue.refuse_secret(row, reading.text_of([seen])):
            reading_places.stop()  # no copy of a secret page stays in a reader's folder
        elif task.number <= 2:
            _foresee(row)


def _foresee(row):
    """Fields of the first pages while the rest is read; without second readings hardly any is sure."""
    if row.pages_total < 2:
        return
    paths = [row.page_file(number, "json") for number in (1, 2)]
    pages = [extraction.page_of(json.loads(path.read_bytes())) for path in paths if path.exists()]
    readings_queue.foresee(row, extraction.read(pages))


def _finished(task, outcome):
    found, rendition = outcome
    if readings_queue.refuse_secret(task.reading, found.text):
        reading_places.stop()
        if rendition:
            files.drop(rendition)
        return
    fields = {name: field.row() if field else None for name, field in found.fields.items()}
    readings_queue.finish(task.reading, found, extraction_extras.read(found.looked_at, fields), rendition)


def _draw_first(row) -> None:
    """The first page as the desk shows it, so that it is there when the clerk opens it; never a reason to fail."""
    owner = row.scan or row.document
    file = owner.pages_file if row.scan_id else documents.main_file(owner)
    try:
        if file:
            render.kept_page(file, 1, SHOWN_DPI[bool(row.scan_id)])
    except errors.DomainError:
        previews.folder(row.sha256)  # the page itself will say why when somebody opens it


TAKE_BACK = {"look": _looked, "page": _page_read, "finish": _finished}
