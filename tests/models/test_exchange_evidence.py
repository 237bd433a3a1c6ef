"""I16: the evidence of one document's exchange in one file, checked by the script inside it and by nothing else."""

import hashlib
import json
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from dataclasses import replace

import letters
import proofs
import pytest

from jobs import deliver, erasing, runner
from models import (
    clock,
    db,
    documents,
    edxml_write,
    errors,
    exchange,
    exchange_evidence,
    exchange_keys,
    exchange_proofs,
    files,
    incoming,
    journal,
    recalls,
    reception,
)

assert deliver and erasing and incoming
ANNEX = b"PK\x05\x06" + b"\0" * 18


@pytest.fixture
def told(office):
    """A letter of A that B has received, worked on, and cancelled after a recall."""
    with clock.freeze("2026-03-02 16:30"):
        doc = letters.issued(office.lan, [office.b], annex=ANNEX)
    _say(office, "2026-03-02 17:05")
    for minute, word in enumerate(("03", "04", "05")):
        with clock.freeze(f"2026-03-03 08:1{minute}"), db.write():
            exchange.report(letters.arrived(office.b)[0], word, f"Bước {word}", office.mai)
    _say(office, "2026-03-03 08:30")
    return doc


def _say(_office, at):
    with clock.freeze(at):
        while runner.run_one():
            pass


def _recall(office, doc):
    with clock.freeze("2026-03-03 09:00"):
        recalls.ask(doc, office.lan, "Ban hành nhầm", "Lê Văn Minh")
    _say(office, "2026-03-03 09:00")


def made(doc, actor, tmp_path, name="goi.zip"):
    path = tmp_path / name
    exchange_evidence.make(exchange_evidence.of(doc), actor, b"%PDF-1.7 tom tat", path)
    return path


def checked(path):
    """What the checker says: (all good, the sentences of what is wrong)."""
    script, found = proofs.checker(), []
    try:
        found.extend(script.check_pack(path if path.is_dir() else zipfile.Path(path)))
    except script.UNREADABLE as error:
        found.append((False, str(error)))
    return all(good for good, _ in found), [words for good, words in found if not good]


def test_i16_the_pack_holds_everything_byte_for_byte_and_checks_itself(office, told, tmp_path):
    _recall(office, told)
    path = made(told, office.lan, tmp_path)
    with zipfile.ZipFile(path) as pack:
        content = json.loads(pack.read("goi.json"))
        assert [pack.read(one["path"]) for one in content["documents"]] == [letters.PDF, ANNEX]
        one = exchange.sent(told)[0]
        assert pack.read(content["consignments"][0]["packet"]) == one.packet.read()
        rows = {message.status: message for message in one.messages}
        assert (
            {line["kind"] for line in content["messages"]}
            == set(rows)
            >= {"arrived", "recall_asked", "recalled"}
        )
        for line in content["messages"]:
            assert pack.read(line["packet"]) == rows[line["kind"]].packet.read()
            assert json.loads(pack.read(line["proof"]))["body"] == rows[line["kind"]].proof.body
        state = content["consignments"][0]
        assert (state["label"], state["queued_at"]) == (one.label, "2026-03-02T16:30:00+07:00")
        verbs = [json.loads(line)["values"][1] for line in pack.read("nhat-ky.jsonl").splitlines()]
        assert {"dispatch", "sent", "status"} <= set(verbs)
        pack.extract("kiem-tra.py", tmp_path)
    run = subprocess.run(
        [sys.executable, "-I", "kiem-tra.py", path],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (
        run.returncode == 0 and "KẾT LUẬN: gói chứng cứ đúng." in run.stdout and "Tin «Đã đến»" in run.stdout
    )
    assert exchange_keys.fingerprint(exchange_keys.history()[0].key_id) in run.stdout
    event = journal.Event.get(journal.Event.verb == "make_evidence")
    assert event.subject_id == told.id and len(event.facts["sha256"]) == 64


def test_i16_also_as_a_folder_for_programs_and_with_trusted_keys(told, office, tmp_path, capsys, monkeypatch):
    path, folder, script = made(told, office.lan, tmp_path), tmp_path / "mo", proofs.checker()
    shutil.unpack_archive(path, folder)
    assert checked(folder) == (True, [])
    read = exchange_keys.fingerprint(exchange_keys.history()[0].key_id)
    for named, code in ((read, 0), ("00000 " * 8, 1)):
        monkeypatch.setattr(sys, "argv", ["x", str(folder), "--json", "--fingerprint", named])
        assert (script.main(), json.loads(capsys.readouterr().out)["ok"]) == (code, code == 0)
    monkeypatch.setattr(sys, "argv", ["x", str(tmp_path / "khong-co.zip")])
    assert script.main() == 2


def _damage(path, target, change):
    """The pack written anew with one thing changed: change(name, bytes) → bytes, or None to leave it out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def _resealed(path, target, change):
    """The same by whoever holds another key: the list is made true again and signed anew."""
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist() if not name.startswith("goi.")}
        listed = json.loads(old.read("goi.json"))
    kept, listed = change(kept, listed)
    listed["files"] = [
        {"path": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)}
        for name, body in kept.items()
    ]
    raw = json.dumps(listed, ensure_ascii=False).encode()
    with zipfile.ZipFile(target, "w") as new:
        for name, body in kept.items():
            new.writestr(name, body)
        new.writestr("goi.json", raw)
        new.writestr("goi.chu-ky.json", json.dumps(exchange_keys.sign_bytes(raw)))
    return target


def test_i16_whatever_is_changed_in_a_pack_is_named(told, office, tmp_path):
    path, target = made(told, office.lan, tmp_path), tmp_path / "hong.zip"
    with zipfile.ZipFile(path) as pack:
        names = [name for name in pack.namelist() if not name.startswith("goi.")]
    for name in names:
        for change in (lambda n, body, name=name: body + b"x" if n == name else body,
                       lambda n, body, name=name: None if n == name else body):  # fmt: skip
            good, wrong = checked(_damage(path, target, change))
            assert not good and any(name in words for words in wrong), name
    assert checked(_damage(path, target, lambda _, body: body)) == (True, [])
    good, wrong = checked(_damage(path, target, lambda n, body: body + b" " if n == "goi.json" else body))
    assert not good and "SAI" in wrong[0]


def _line(listed, kind):
    return next(one for one in listed["messages"] if one["kind"] == kind)


def _without(kind):
    def change(kept, listed):
        line = _line(listed, kind)
        listed["messages"].remove(line)
        del kept[line["proof"]], kept[line["packet"]]
        return kept, listed

    return change


def _edited_body(kept, listed):
    line = _line(listed, "accepted")
    proof = json.loads(kept[line["proof"]])
    proof["body"] = proof["body"].replace("Bước 03", "Bước 30")
    kept[line["proof"]] = json.dumps(proof).encode()
    return kept, listed


def _edited_packet(kept, listed):
    line = _line(listed, "accepted")
    kept[line["packet"]] = kept[line["packet"]].replace("Bước 03".encode(), "Bước 30".encode())
    return kept, listed


def _other_document(kept, listed):
    kept[listed["documents"][0]["path"]] = b"%PDF-1.7 khac"
    listed["documents"][0] |= {"sha256": hashlib.sha256(b"%PDF-1.7 khac").hexdigest(), "size": 13}
    return kept, listed


def _called_unsigned(kept, listed):
    _line(listed, "accepted")["proved_by"] = "by_axis"
    return kept, listed


def _swapped(kept, listed):
    listed["messages"][0], listed["messages"][1] = listed["messages"][1], listed["messages"][0]
    return kept, listed


def _twice(kept, listed):
    listed["messages"].append(listed["messages"][-1])
    return kept, listed


def _edited_journal(kept, listed):
    kept["nhat-ky.jsonl"] = kept["nhat-ky.jsonl"].replace(b"dispatch", b"dispatcH")
    return kept, listed


@pytest.mark.parametrize(
    "change",
    [_without("arrived"), _without("accepted"), _edited_body, _edited_packet, _other_document, _called_unsigned, _swapped,
     _twice, _edited_journal],
)  # fmt: skip
def test_x8_a_pack_made_anew_by_its_maker_cannot_lie_about_the_other_side(told, office, tmp_path, change):
    """Even whoever may seal packs can neither change, drop, reorder nor repeat what the receiver has signed."""
    path = made(told, office.lan, tmp_path)
    assert checked(_resealed(path, tmp_path / "y.zip", lambda kept, listed: (kept, listed))) == (True, [])
    good, wrong = checked(_resealed(path, tmp_path / "x.zip", change))
    assert not good and wrong


def test_i16_the_receiver_proves_what_it_got_and_answered_even_after_the_content_is_gone(
    told, office, tmp_path
):
    got = letters.arrived(office.b)[0]
    first = made(got, office.mai, tmp_path, "truoc.zip")
    assert checked(first) == (True, [])
    _recall(office, told)
    path = made(type(got).get_by_id(got.id), office.mai, tmp_path, "sau.zip")
    assert checked(path) == (True, [])
    with zipfile.ZipFile(path) as pack:
        content = json.loads(pack.read("goi.json"))
        assert all(letters.PDF not in pack.read(name) for name in pack.namelist())
    assert [one["path"] for one in content["documents"]] == ["", ""]
    assert content["documents"][0]["sha256"] == exchange_proofs.travelling(told)[0].sha256


def test_i16_a_forged_message_is_in_the_pack_as_what_it_is(office, tmp_path):
    there = proofs.partner()
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [there], number="7")
        with db.write():
            row = proofs.talk(7, ("arrived",))[0]
    status = replace(proofs.status(row), description="Khác")
    path = tmp_path / "gia.edxml"
    edxml_write.encode(status, path)
    assert reception.receive_from_axis(path, "ax")[0].message.proved_by == "forged"
    pack = made(doc, office.lan, tmp_path)
    assert checked(pack) == (True, [])
    with zipfile.ZipFile(pack) as opened:
        (line,) = json.loads(opened.read("goi.json"))["messages"]
        assert line["proved_by"] == "forged" and opened.read(line["packet"]) == path.read_bytes()
        assert line["proof"]


def test_i16_memory_stays_flat_whatever_the_size(office, tmp_path):
    big = b"%PDF-1.7\n" + bytes(range(256)) * (24 << 12)
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b], content=big)
    found = exchange_evidence.of(doc)
    del big
    tracemalloc.start()
    exchange_evidence.make(found, office.lan, b"", tmp_path / "lon.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "lon.zip").stat().st_size > 24 << 20 > 4 * peak


def test_q14_2_a_a_stored_file_altered_on_the_disk_is_an_alarm_and_nothing_of_it_leaves(
    office, told, tmp_path
):
    row = exchange_proofs.travelling(told)[0]
    row.path().chmod(0o640)
    row.path().write_bytes(row.path().read_bytes().replace(b"thu mau", b"thu giA"))
    with pytest.raises(errors.Refused, match="không còn giống bản đã lưu"):
        row.read()
    assert any(row.name in sentence for sentence in files.check())
    with pytest.raises(errors.Refused, match="khôi phục từ bản sao lưu"):
        made(told, office.lan, tmp_path)
    assert journal.Event.get(journal.Event.verb == "damaged_file").facts["sha256"] == row.sha256


def test_a_document_that_never_travelled_has_no_evidence(office):
    with db.write():
        doc = documents.Document.create(
            agency=office.a, flow="incoming", state="arrived", source="paper", created_at=clock.now()
        )
    with pytest.raises(errors.Refused, match="chưa từng gửi hay nhận"):
        exchange_evidence.of(doc)
