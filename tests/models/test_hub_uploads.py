"""Packets in parts: what is answered is on the disk, a cut costs at most a part, nothing wrong becomes a packet."""

import hashlib

import hubs
import pytest

from models import clock, files, hub, hub_uploads, vxp

PART = 256 << 10


@pytest.fixture
def sender(data):
    return hubs.system("SYS", "H99.1", "H99.2")[0]


@pytest.fixture
def whole(tmp_path):
    """A packet of three parts, the last one short."""
    return hubs.packet(tmp_path, sender="H99.1", receivers=("H99.2",), content=b"%PDF-1.7\n" + b"x" * 450_000)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def send_part(sender, whole, offset, size=PART):
    return hub_uploads.add(sender, digest(whole), str(len(whole)), str(offset), whole[offset : offset + size])


def test_parts_become_the_packet(sender, whole):
    sha = digest(whole)
    assert hub_uploads.state(sender, sha, str(len(whole))) == 0
    assert send_part(sender, whole, 0) == PART
    assert send_part(sender, whole, 0) == PART, "a part held already changes nothing"
    assert send_part(sender, whole, 2 * PART) == PART, "a gap is not filled"
    assert hub_uploads.state(sender, sha, str(len(whole))) == PART
    with pytest.raises(hub.Rejected) as early:
        hub_uploads.finish(sender, sha, "edoc", "")
    assert early.value.code == vxp.FILE_FAULT
    assert send_part(sender, whole, PART - 100) == 2 * PART - 100, "a part may overlap what is held"
    assert send_part(sender, whole, 2 * PART - 100) == len(whole)
    axis_id = hub_uploads.finish(sender, sha, "edoc", "H99.1")
    assert hub.Packet.get().axis_id == axis_id and hub.Packet.get().file.path().read_bytes() == whole
    assert list(hub_uploads.folder().iterdir()) == [] and hub.Upload.select().count() == 0
    assert hub_uploads.finish(sender, sha, "edoc", "H99.1") == axis_id, "asked again: the same id"
    assert hub_uploads.state(sender, sha, str(len(whole))) == len(whole)


def test_what_lies_behind_the_known_offset_is_written_over(sender, whole):
    send_part(sender, whole, 0)
    path = hub_uploads.path_of(hub.Upload.get())
    with path.open("ab") as torn:  # a power cut after the bytes and before the row
        torn.write(b"\0" * 5000)
    send_part(sender, whole, PART)
    send_part(sender, whole, 2 * PART)
    hub_uploads.finish(sender, digest(whole), "edoc", "")
    assert hub.Packet.get().file.path().read_bytes() == whole


def test_wrong_bytes_begin_anew(sender, whole):
    wrong = b"<" + whole[1:-1] + b"?"
    for offset in range(0, len(whole), PART):
        hub_uploads.add(sender, digest(whole), str(len(whole)), str(offset), wrong[offset : offset + PART])
    with pytest.raises(hub.Rejected) as caught:
        hub_uploads.finish(sender, digest(whole), "edoc", "")
    assert caught.value.code == vxp.FILE_FAULT
    assert hub_uploads.state(sender, digest(whole), str(len(whole))) == 0 and hub.Packet.select().count() == 0


@pytest.mark.parametrize(
    ("sha", "size"),
    [("x", "10"), ("0" * 63, "10"), ("0" * 64, "0"), ("0" * 64, "-1"), ("0" * 64, "1e9"), ("../" + "0" * 61, "10"),
     ("0" * 64, str(1 << 40)), ("0" * 64, "")],
)  # fmt: skip
def test_what_is_no_upload(sender, sha, size):
    with pytest.raises(hub.Rejected) as caught:
        hub_uploads.state(sender, sha, size)
    assert caught.value.code == vxp.BAD_FILE


def test_a_part_outside_the_packet_is_refused(sender):
    for offset, count in (("x", 1), ("-1", 1), ("95", 10), ("0", PART + 1)):
        with pytest.raises(hub.Rejected):
            hub_uploads.add(sender, "0" * 64, "100" if count < 100 else str(10 * PART), offset, b"x" * count)


def test_a_system_holds_no_more_than_its_share(sender, monkeypatch):
    monkeypatch.setattr(hub_uploads, "MOST_OPEN", 1000)
    hub_uploads.state(sender, "1" * 64, "600")
    with pytest.raises(hub.Rejected, match="gửi dở"):
        hub_uploads.state(sender, "2" * 64, "600")
    other = hubs.system("OTHER", "H98.1")[0]
    assert hub_uploads.state(other, "2" * 64, "600") == 0


def test_systems_do_not_see_each_others_parts(sender, whole):
    send_part(sender, whole, 0)
    other = hubs.system("OTHER", "H98.1")[0]
    assert hub_uploads.state(other, digest(whole), str(len(whole))) == 0
    with pytest.raises(hub.Rejected):
        hub_uploads.finish(other, digest(whole), "edoc", "")


def test_what_nobody_goes_on_with_is_swept_after_a_week(sender, whole):
    with clock.freeze("2026-03-02 08:00"):
        send_part(sender, whole, 0)
    with clock.freeze("2026-03-08 08:00"):
        assert hub_uploads.sweep() == 0
    with clock.freeze("2026-03-09 08:01"):
        assert hub_uploads.sweep() == 1
    assert list(hub_uploads.folder().iterdir()) == []


def test_a_refused_packet_leaves_nothing(sender, tmp_path):
    data = hubs.packet(tmp_path, sender="H11.1", receivers=("H99.2",))
    hub_uploads.add(sender, digest(data), str(len(data)), "0", data)
    with pytest.raises(hub.Rejected) as caught:
        hub_uploads.finish(sender, digest(data), "edoc", "")
    assert caught.value.code == vxp.NO_SENDER
    assert list(hub_uploads.folder().iterdir()) == [] and not any(files.root().glob("??/*"))
