"""Correction, replacement, further recipients: seen field by field, the old one stays (I14; ND30 Điều 18.3)."""

import asked
import dispatches
import letters
import pytest

from jobs import deliver, erasing, runner
from models import clock, db, documents, edxml_read, exchange, exchange_packets, recalls, updates

assert deliver and erasing and dispatches


@pytest.fixture
def old(office):
    with clock.freeze("2026-03-02 09:00"):
        doc = letters.issued(office.lan, [office.b], annex=b"PK cu")
        runner.run_due()
        yield doc


def newer(office, old, kind, **fields):
    """A released document that corrects or replaces the old one."""
    with db.write():
        new = documents.Document.create(
            agency=office.a, flow="outgoing", state="draft", source="draft", created_at=clock.now()
        )
        documents.Link.create(source=new, target=old, kind=kind)
    made = letters.issued(
        office.lan, [], number="20", content=letters.PDF + b"moi", subject="Về việc báo cáo quý II", **fields
    )
    with db.write():
        documents.Link.update(source=made).where(documents.Link.source == new).execute()
        documents.Recipient.create(document=made, agency=office.b, name=office.b.name)
        exchange.dispatch(made, office.lan)
    runner.run_due()
    return made


@pytest.mark.parametrize(
    ("path", "kind", "type_code"), [("correction", "correct", "CV"), ("replacement", "replace", "CV")]
)
def test_i14_a_draft_with_everything_is_one_press_away(browser, office, old, path, kind, type_code):
    one = browser("lan")
    assert "thay thế" in one.get(f"/outgoing/{old.id}/update").text
    done = one.post(f"/outgoing/{old.id}/{path}")
    assert done.status_code == 303
    draft = documents.Document.get_by_id(int(done.headers["location"].rpartition("/")[2]))
    assert (draft.state, draft.type_code) == ("draft", type_code)
    assert [line.agency_id for line in draft.recipients] == [office.b.id]
    assert documents.Link.get(documents.Link.source == draft).kind == kind
    again = one.post(f"/outgoing/{old.id}/{path}")
    assert again.headers["location"] == done.headers["location"]
    assert (
        "Thay thế" in one.get(f"/outgoing/{draft.id}").text
        or "Đính chính" in one.get(f"/outgoing/{draft.id}").text
    )
    assert browser("mai").post(f"/outgoing/{old.id}/{path}").status_code == 404


def test_i14_the_receiver_sees_what_changed_and_the_old_stays(browser, office, old):
    newer(office, old, "replace")
    first, second = letters.arrived(office.b)
    clerk = browser("mai")
    page = clerk.get(f"/incoming/{first.id}").text
    assert "Đã được thay thế bởi" in page and "20/SKH-KH" in page
    assert clerk.get(f"/files/{documents.main_file(first).id}").status_code == 200
    changes = {
        change.label: (change.before, change.after, change.what) for change in updates.changes(second, first)
    }
    assert changes["Trích yếu"] == (first.subject, "Về việc báo cáo quý II", "changed")
    assert changes["Số, ký hiệu"][:2] == ("12/SKH-KH", "20/SKH-KH")
    assert changes["Tệp: văn bản chính"][2] == "changed" and changes["Tệp: bang-ke.xlsx"][2] == "removed"
    seen = clerk.get(f"/incoming/{second.id}/update").text
    assert "Về việc báo cáo quý II" in seen and first.subject in seen and "Đồng ý cập nhật" not in seen
    assert "Đã được thay thế bởi" in browser("lan").get(f"/outgoing/{old.id}").text
    assert browser("lan").get(f"/incoming/{second.id}/update").status_code == 404


def test_i14_a_correction_asks_and_is_answered(browser, office, old, tmp_path):
    made = newer(office, old, "correct")
    one = exchange.sent(made)[0]
    packet = exchange_packets.envelope_of([one])
    assert (packet.kind, packet.changed_document_id, packet.content_changed) == (
        "update",
        old.document_id,
        True,
    )
    assert edxml_read.decode(one.packet.path(), tmp_path).kind == "update"
    got = letters.arrived(office.b)[1]
    clerk = browser("mai")
    assert "Đồng ý cập nhật" in clerk.get(f"/incoming/{got.id}/update").text
    wrong = clerk.post(f"/incoming/{got.id}/update/refusal", data={"reason": ""})
    assert wrong.status_code == 422 and "lý do" in wrong.text
    assert clerk.post(f"/incoming/{got.id}/update/agreement").status_code == 303
    assert clerk.post(f"/incoming/{got.id}/update/agreement").status_code == 409
    runner.run_due()
    answer = one.messages.where(exchange.StatusMessage.status == "recalled").get()
    assert (
        "cập nhật" in answer.description and exchange.load(one.id).state == "arrived"
    )  # nobody asked it back
    # and when it is asked back after all, the old answer to the update is no answer to that
    with clock.freeze("2026-03-03 09:00"):
        recalls.ask(made, office.lan, "Sai", "Giám đốc")
        assert exchange.load(one.id).state == "recall_asked"
        runner.run_due()
        assert exchange.load(one.id).state == "recalled"


def test_further_recipients_get_the_same_bytes(browser, office, old):
    third = asked.third()
    one = browser("lan")
    none = one.post(f"/outgoing/{old.id}/recipients", data={"recipients": str(office.b.id)})
    assert none.status_code == 422 and "chưa có trong văn bản" in none.text
    assert one.post(f"/outgoing/{old.id}/recipients", data={"recipients": str(third.id)}).status_code == 303
    runner.run_due()
    assert documents.main_file(letters.arrived(third)[0]).sha256 == documents.main_file(old).sha256
    assert len(letters.arrived(office.b)) == 1
    recalls.ask(old, office.lan, "Sai", "Giám đốc")
    assert one.post(f"/outgoing/{old.id}/recipients", data={"recipients": "1"}).status_code == 409
