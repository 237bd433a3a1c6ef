"""The page of keys: our fingerprint, partners' keys, comparing one by telephone, changing ours."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models import agencies, clock, db, exchange_keys, exchange_pins, journal

AT = "/admin/proofs"


def public():
    return base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()


@pytest.fixture
def keys(office):
    """A partner with a pinned key and another one that waits; and our own key."""
    there = agencies.create("Viện Mẫu", code="H98.77", connection="axis", telephone="0213 3 111 222")
    with db.write():
        exchange_keys.current()
        for key in (public(), public()):
            exchange_pins.weigh(there, key, (), clock.now())
    return {row.state: row for row in exchange_pins.of_partners()}


def groups(row):
    found = exchange_keys.fingerprint(row.key_id).split()
    return f"{found[0]} {found[-1]}"


def test_the_page_tells_our_key_and_what_waits(office, keys, browser):
    page = browser("admin").get(AT)
    own = exchange_keys.history()[0]
    assert page.status_code == 200 and exchange_keys.fingerprint(own.key_id) in page.text
    assert "Viện Mẫu" in page.text and 'href="tel:02133111222"' in page.text and "gặp lần đầu" in page.text
    assert browser("lan").get(AT).status_code == 403
    agency_admin = browser("quantri").get(AT)
    assert agency_admin.status_code == 200 and "Xác nhận đã đối chiếu" not in agency_admin.text


def test_before_the_first_answer_there_is_no_key(office, browser):
    assert "Khóa được tạo tự động" in browser("admin").get(AT).text


def test_a_key_is_confirmed_only_with_the_groups_the_other_side_reads(office, keys, browser):
    row, admin = keys["waiting"], browser("admin")
    at = f"{AT}/keys/{row.id}/confirmation"
    wrong = admin.post(at, data={f"read-{row.id}": "12345 54321"})
    assert (
        wrong.status_code == 422
        and "Không khớp với mã khóa" in wrong.text
        and 'value="12345 54321"' in wrong.text
    )
    assert exchange_pins.load(row.id).state == "waiting"
    assert browser("quantri").post(at, data={f"read-{row.id}": groups(row)}).status_code == 403
    assert admin.post(at, data={f"read-{row.id}": groups(row)}).status_code == 303
    now = exchange_pins.load(row.id)
    assert (now.state, now.how, exchange_pins.load(keys["pinned"].id).state) == (
        "pinned",
        "administrator",
        "retired",
    )
    assert now.decided_by.startswith(office.admin.name) and journal.Event.get(
        journal.Event.verb == "confirm_key"
    )
    assert admin.post(at, data={f"read-{row.id}": groups(row)}).status_code == 409


def test_a_key_may_be_refused(office, keys, browser):
    row = keys["waiting"]
    assert browser("admin").post(f"{AT}/keys/{row.id}/refusal").status_code == 303
    assert exchange_pins.load(row.id).state == "refused" and journal.Event.get(
        journal.Event.verb == "refuse_key"
    )
    assert browser("admin").post(f"{AT}/keys/99999/refusal").status_code == 404


def test_our_key_is_changed_only_when_one_is_sure(office, keys, browser):
    before = exchange_keys.history()[0].key_id
    assert browser("admin").post(f"{AT}/rotation").status_code == 422
    assert exchange_keys.history()[0].key_id == before
    assert browser("admin").post(f"{AT}/rotation", data={"sure": "1"}).status_code == 303
    assert exchange_keys.history()[0].key_id != before and journal.Event.get(
        journal.Event.verb == "rotate_proof_key"
    )
