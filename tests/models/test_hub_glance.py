"""The hub's quick look at a packet says what the strict reader says, for every sample, variant and hostile packet."""

import pytest

from models import edxml_read, errors, hub_glance

FIELDS = ("sender", "recipients", "document_id", "subject", "code_number", "code_notation", "kind", "urgency", "about",
          "status", "description", "at", "issued_date", "answers", "to_places", "traces")  # fmt: skip


def told(reader, path):
    """What a reader says of the fields a hub needs, or its sentence."""
    try:
        found = reader(path)
    except errors.Invalid as error:
        return str(error)
    return type(found).__name__, [getattr(found, name, None) for name in FIELDS]


def test_every_sample_and_variant_is_read_alike(shared):
    folder = shared / "domain" / "exchange"
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".edxml", ".xml"))
    assert len(paths) > 60
    quick = 0
    for path in paths:
        assert told(hub_glance.glance, path) == told(edxml_read.glance, path), path.name
        quick += path.stat().st_size <= hub_glance.MOST_BYTES and hub_glance._quick(path) is not None
    assert quick > 30


START = '<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016">'


@pytest.mark.parametrize(
    "words",
    ['<!DOCTYPE edXML [<!ENTITY a "x">]>' + START + "&a;</edXML>", START + "<a>" * 300 + "</a>" * 300 + "</edXML>",
     START + "<a/>" * 20_000 + "</edXML>", START, "", "<a/>", START + "<!-- c --><?p q?></edXML>", START + "</edXML>x",
     "\x00" + START + "</edXML>", START + "&unknown;</edXML>"],
)  # fmt: skip
def test_odd_packets_are_judged_by_the_strict_reader(tmp_path, words):
    path = tmp_path / "goi"
    path.write_bytes(words.encode())
    assert told(hub_glance.glance, path) == told(edxml_read.glance, path)
    assert "không phải gói tin" in told(hub_glance.glance, path)
