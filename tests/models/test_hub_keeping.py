"""How long the hub keeps bytes: never what waits, not for ever what everybody has; the row stays."""

import hubs
import pytest

from models import clock, db, errors, files, hub, hub_keeping, hub_transit


@pytest.fixture
def ends(data):
    """(sender, receiver) systems."""
    with db.connection():
        yield hubs.system("SYS.A", "H98.1")[0], hubs.system("SYS.B", "H97.1", "H97.2")[0]


def sent(system, folder, document_id):
    hubs.packet(folder, sender="H98.1", receivers=("H97.1", "H97.2"), document_id=document_id)
    return hub_transit.accept(system, "edoc", folder / "goi.edxml")


def on_disk():
    return {path.name for path in files.root().glob("??/*")}


def test_bytes_go_once_everybody_has_them_and_the_time_is_over(ends, tmp_path):
    a, b = ends
    with clock.freeze("2026-03-02 08:00"):
        fetched, waiting, failed = (sent(a, tmp_path, name) for name in ("xong", "cho", "loi"))
        rows = list(hub.Delivery.select().order_by(hub.Delivery.id))
        for row in rows[:3]:
            hub_transit.update(b, row.axis_id, "done")
        for row in rows[4:]:
            hub_transit.update(b, row.axis_id, "fail", "hỏng")
    with clock.freeze("2026-05-30 08:00"):
        assert hub_keeping.erase_old() == 0
    with clock.freeze("2026-06-02 08:00"):
        assert hub_keeping.erase_old() == 1 and hub_keeping.erase_old() == 0
        kept = {packet.axis_id: packet for packet in hub.Packet.select()}
        assert (
            kept[fetched].file is None
            and kept[fetched].sha256 not in on_disk()
            and kept[fetched].title == "Thử"
        )
        assert {kept[waiting].sha256, kept[failed].sha256} == on_disk()
        with pytest.raises(hub.Rejected) as gone:
            hub_transit.bytes_of(b, rows[0].axis_id)
        assert gone.value.code == "10" and "hết hạn giữ" in str(gone.value)
        assert [
            row["receiveStatus"] for row in map(hub_transit.as_sent, hub_transit.sent(a, "edoc", fetched))
        ] == ["done"] * 2
        assert sent(a, tmp_path, "xong") == fetched, "the same bytes again are still the same packet"
    with clock.freeze("2027-03-03 08:00"):
        assert hub_keeping.erase_old() == 1
        with pytest.raises(errors.Refused, match="hết hạn giữ"):
            hub_transit.offer(hub.Delivery.get(hub.Delivery.state == "fail"))
        assert kept[waiting].sha256 in on_disk()
    assert list(files.check()) == []


def test_a_content_another_row_needs_stays(ends, tmp_path):
    a, b = ends
    with clock.freeze("2026-03-02 08:00"):
        sent(a, tmp_path, "chung")
        own = files.put(tmp_path / "goi.edxml", "ban-cua-minh.edxml", "application/xml")
        for row in hub.Delivery.select():
            hub_transit.update(b, row.axis_id, "done")
    with clock.freeze("2026-07-02 08:00"):
        assert hub_keeping.erase_old() == 1
    assert own.path().exists() and hub.Packet.get().file is None


def test_the_time_is_settable_within_reason(ends):
    assert hub_keeping.days() == 90
    hub_keeping.set_days(None, 30)
    assert hub_keeping.days() == 30
    for wrong in (0, 6, 3651):
        with pytest.raises(errors.Invalid):
            hub_keeping.set_days(None, wrong)
