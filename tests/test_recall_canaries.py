"""X9: after a recall nothing of the document can be read at the receiver, by any way, and nothing lies on his disk.

A stranger's letters with canary words in trích yếu, text, annex, annex name and notes come to every state a document can be
in; each is recalled; then every page of every person is read and every byte of the data folder is searched.
"""

import random
import re
import shutil
from dataclasses import replace
from datetime import date, timedelta

import canaries
import office
import pytest
from faults import tier

import app
import views
from jobs import erasing, pages, runner, verify
from models import (
    assignments,
    clock,
    copies,
    db,
    documents,
    drafts,
    edxml,
    exchange,
    files,
    fulltext,
    incoming,
    outbox,
    recalls_rows,
    receivers,
    signatures,
    users,
)

assert erasing and pages and verify
SHORT = ("not_arrived", "pending", "registered", "replied", "copied", "offline")
ELSEWHERE = (
    "/admin",
    "/tokens",
    "/trust",
    "/self-test",
    "/hub",
    "/paper",
    "/journal",
    "/help",
    "/verification",
)
DRAWN = re.compile(
    r"pdf|xlsx|print|pack|minutes"
)  # forms drawn as files take their time: one of each kind is enough
STATES = (
    "not_arrived",
    "pending",
    "verified",
    "registered",
    "forwarded",
    "assigned",
    "replied",
    "completed",
    "copied",
    "offline",
)
PEOPLE = ("lan", "minh", "tuan", "quantri")


@pytest.fixture
def receiver(office, tmp_path):
    """(office, folder for packets): Tuesday 03/03/2026, nine o'clock."""
    with db.write():
        users.Post.update(starts_on=date(2026, 1, 1)).execute()
    canaries.partner()
    folder = tmp_path / "packets"
    folder.mkdir()
    with clock.freeze("2026-03-03 09:00"):
        yield office, folder
    shutil.rmtree(folder, ignore_errors=True)


def check(doc):
    """What the signature check says, with the names of the files in it as a real one has them."""
    names = [row.file.name for row in documents.attachments(doc)]
    report = {"verdict": "valid", "sentence": f"Hợp lệ: {', '.join(names)}", "retry": False, "signatures": [],
              "sha256": documents.main_file(doc).sha256, "files": names}  # fmt: skip
    evidence = files.store(repr(names).encode())
    signatures.checked(doc, report, evidence)


def bring(office, doc, state):
    """Take an arrived letter to a state through the verbs."""
    if state in ("pending", "offline"):
        return
    check(doc)
    if state == "verified":
        return
    incoming.register(doc, office.lan)
    if state == "registered":
        return
    if state == "copied":
        fields = {
            "form": "sao_y",
            "medium": "paper",
            "purpose": "Giao đơn vị",
            "part": "",
            "copied_from": "",
            "amount": 1,
        }
        copies.propose(office.minh, fields, None, doc)
        return
    incoming.forward(doc, office.lan, office.minh.post)
    if state == "forwarded":
        return
    lead = next(one for one in receivers.of(office.minh) if one.post and one.post.id == office.tuan.post.id)
    assignments.assign(doc, office.minh, lead)
    if state == "replied":
        drafts.create(
            office.tuan, {"type_code": "CV", "subject": "V/v trả lời", "signer": office.hoa.post}, answers=doc
        )
    if state == "completed":
        assignments.complete(doc, office.tuan, "Đã làm xong")


def work():
    for order in outbox.Order.select().where(outbox.Order.kind == "verify"):
        if order.state == "due":
            outbox.finish(order)  # no genuine signatures here; what a check says is written by `check`
    runner.run_due()


def ask_back(office, folder, place, dice, at):
    """The order in one of its two forms, now and then twice, now and then in both (exchange.md c, c.1)."""
    message = canaries.status(office.a, place, at=at)
    packet = replace(canaries.envelope([office.a], place, folder), kind="recall", reason="Phát hành nhầm",
                     traces=(edxml.Trace(canaries.SENDER, edxml.moment(at)),))  # fmt: skip
    for content in dice.choice(
        ([message], [packet], [message, message], [message, packet], [packet, message])
    ):
        canaries.take(content, folder)


def recall_all(office, folder, states, dice):
    for place, state in enumerate(states):
        if state != "offline":
            ask_back(office, folder, place, dice, clock.now())
    work()
    with clock.freeze("2026-04-02 09:00"):  # thirty days without a line
        for place, state in enumerate(states):
            if state == "offline":
                ask_back(office, folder, place, dice, clock.now() - timedelta(days=30))
            if state == "not_arrived":
                canaries.take(canaries.envelope([office.a], place, folder), folder)
        work()


def play(office, folder, states, dice):
    """Everything up to the recall of each letter; the words."""
    for place, state in enumerate(states):
        if state != "not_arrived":
            canaries.take(canaries.envelope([office.a], place, folder), folder)
    work()
    for doc in documents.Document.select().where(documents.Document.flow == "incoming"):
        bring(office, doc, states[int(doc.code_number) - 1])
    words = [canaries.word(part, place) for place in range(len(states)) for part in canaries.PARTS]
    here = [place for place, state in enumerate(states) if state != "not_arrived"]
    known = {canaries.word(part, place) for place in here for part in canaries.PARTS}
    seen = {line.partition(": ")[2] for line in canaries.left_in_files(files.root().parent, words)}
    assert seen == known  # the search finds what is there
    recall_all(office, folder, states, dice)
    for path in folder.iterdir():
        path.unlink()
    return words


def read_everything(application, words, people=PEOPLE, most=1) -> list[str]:
    """Every GET address of the application for every document there is, and one of every other kind.

    «who address: word» of each leak; a search for the word itself may show the word.
    """
    ids = [doc.id for doc in documents.Document.select()]
    many = files.File.select(db.fn.MAX(files.File.id)).scalar() or 1
    urls = [f"/search?q={words[0]}", "/search?q=thu+h%E1%BB%93i"]
    for path in sorted({route.path for route in views.routes() if "GET" in (route.methods or ())}):
        if path.startswith(("/sign-out", "/static", "/vxp")) or (most == 1 and path.startswith(ELSEWHERE)):
            continue
        of_documents = path.startswith(("/incoming/{", "/outgoing/{", "/copies/{", "/documents/{"))
        numbers = ids if of_documents else range(1, many + 1) if path.startswith("/files/{") else (1,)
        numbers = list(numbers)[:1] if DRAWN.search(path) else list(numbers)[:most]
        found = [re.sub(r"\{\w+:int\}", str(number), path, count=1) for number in numbers]
        urls += [re.sub(r"\{\w+(?::\w+)?\}", "1", one) for one in dict.fromkeys(found)]
    leaks, urls = [], list(dict.fromkeys(urls))
    for who in people:
        browser = office.Browser(application, who)
        for url in urls:
            answer = browser.get(url)
            leaks += [
                f"{who} {url}: {one}" for one in words if one.encode() in answer.content and one not in url
            ]
        browser.close()
    return leaks


def test_x9_after_the_recall_no_word_is_left(receiver, data):
    cast, folder = receiver
    dice = tier.chance("x9")
    states = SHORT if tier.TIMES == 1 else [dice.choice(STATES) for _ in range(12 * tier.TIMES)]
    words = play(cast, folder, states, dice)
    rows = canaries.left_in_rows(words)
    assert rows == [], rows
    assert canaries.left_in_files(data.data, words) == []
    with clock.freeze("2026-04-02 09:30"):
        assert read_everything(app.application(workers=False), words, most=1 if tier.TIMES == 1 else 12) == []
    for place, state in enumerate(states):
        one = exchange.Consignment.get(exchange.Consignment.wire_id.endswith(f",{place + 1}/VM-VP"))
        assert one.state == "recalled", state
        recall = recalls_rows.Recall.get(recalls_rows.Recall.consignment == one)
        graves = list(recall.tombstones)
        assert graves and all(
            len(grave.sha256) == 64 and grave.erased_at and not grave.shared for grave in graves
        ), state
    assert fulltext.matching(cast.a.id, "thu hồi phát hành nhầm")
    tier.counted("X9", len(states))


def test_x9_the_mutants_leave_words(receiver, data, monkeypatch):
    """An index that only marks its entries dead, and a recall that forgets the index, are noticed."""
    cast, folder = receiver

    put = fulltext.put

    def without_deleting(document_id, *parts, **pages):
        """The new entry beside the former one."""
        db.database.execute_sql("DELETE FROM document_heads WHERE id = ?", (document_id,))
        put(document_id, *parts, **pages)

    monkeypatch.setattr(fulltext, "put", without_deleting)
    words = play(cast, folder, ("registered",), random.Random(1))
    assert any("vanthu.db" in line for line in canaries.left_in_files(data.data, words))
    db.database.execute_sql("DROP TABLE document_words")
    db.database.execute_sql(
        "CREATE VIRTUAL TABLE document_words USING fts5(words, content='', contentless_delete=1)"
    )
    db.database.execute_sql("INSERT INTO document_words(document_words, rank) VALUES('secure-delete', 1)")
    db.database.execute_sql("INSERT INTO document_words(rowid, words) VALUES (1, 'coquan kanarixyz het')")
    db.database.execute_sql("DELETE FROM document_words WHERE rowid = 1")
    assert canaries.left_in_files(data.data, ["kanarixyz"]) == ["vanthu.db: kanarixyz"]
