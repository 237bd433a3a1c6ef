"""Every known sample and variant with the outcome expected of it, and the layout of what we write beside the builder's."""

import base64
import io
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from models import clock, edxml, edxml_read, edxml_write
from models.errors import Invalid

SHARED = Path(__file__).parents[2] / ".." / "shared" / "domain" / "exchange"
pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the sample packets lie outside the repository")
NEW = {
    "kind": "new", "sender": "000.00.00.H35", "to": ["000.00.00.G22"], "id": "000.00.00.H35,2026/01/15,12/UBND-VX",
    "code": "12/UBND-VX", "issued": date(2026, 1, 15), "due": date(2026, 1, 31), "urgency": 0, "type": 18, "name": "Công văn",
    "steering": 0, "traces": 1, "subject": "V/v thử nghiệm", "pages": 1, "files": [("a.pdf", b"%PDF")], "notes": 0,
}  # fmt: skip
STATUS = {
    "status": "accepted", "sender": "000.00.00.G22", "about": "000.00.00.H35", "code": "12/UBND-VX",
    "id": "000.00.00.H35,2026/01/15,12/UBND-VX", "issued": date(2026, 1, 15), "at": clock.at("2026-01-15 09:00"),
    "description": "Đã tiếp nhận", "staff": "Trần Thị Mẫu",
}  # fmt: skip
PK = b"PK\x03\x04"
VARIANTS = {
    "00_base": {}, "01_no_prefix": {}, "02_other_prefix": {}, "03_bom": {}, "04_cte_unprefixed": {}, "05_b64_wrapped76": {},
    "06_no_signature_no_trace": {"traces": 0}, "07_steering_empty": {"steering": None}, "08_steering_absent": {"steering": None},
    "09_priority_empty_amounts_empty": {"pages": None}, "10_duedate_empty": {"due": None}, "11_date_ddmmyyyy": {},
    "12_date_iso": {}, "13_date_iso_time": {}, "14_prefixed_attachments": {},
    "15_docx_raw_ooxml_mime": {"files": [("a.docx", PK)]}, "16_docx_raw_sdk_mime": {"files": [("a.docx", PK)]},
    "17_xlsx_zipped": {"files": [("a.xlsx", PK)]}, "18_docx_labelled_zip_not_wrapped": {"files": [("a.docx", PK)]},
    "19_zip_file": {"files": [("a.zip", PK)]}, "20_zip_upper_ext": {"files": [("a.ZIP", PK)]},
    "21_no_extension": {"files": [("a", b"%PDF")]}, "22_name_path_traversal": {"files": [("x.pdf", b"%PDF")]},
    "23_no_attachment_block": {"files": [], "notes": 1}, "24_empty_attachment_block": {"files": [], "notes": 1},
    "25_two_attachments_same_cid": {"files": [("a.pdf", b"%PDF"), ("b.pdf", b"%PDF")]}, "26_manifest_name": {},
    "27_digitalsignature_empty": {}, "28_wrong_ns": None, "29_utf16": {}, "30_doctype": None,
    "31_cdata_subject": {"subject": "V/v <thử> & nghiệm"}, "32_cid_bare": {}, "33_direction_bad": {},
    "34_priority_text": {"urgency": 3}, "35_type_text": {"type": None}, "36_doctype_absent": {"type": None, "name": ""},
    "37_promulgation_absent": {"issued": None}, "38_bussinessdoctype_text": {"notes": 1}, "39_trace_timestamp_iso": {},
    "40_pagecount_big": {"pages": None}, "41_content_type_octet_zip_payload": {"files": [("a.pdf", PK)]},
    "42_no_doc_id": {"id": ""}, "50_status_base": {}, "51_status_element_Status": {}, "52_status_code_unpadded": {},
    "53_status_timestamp_iso": {}, "54_status_empty_staff": {"staff": ""},
    "55_status_no_responsefor": {"about": "", "code": "", "id": "", "issued": None},
    "56_status_description_missing": {"description": ""},
}  # fmt: skip
# stem → (kind, sender, receivers, code, files that can be had); a status: (word, sender, receiver, code)
G22, VPCP = "000.00.00.G22", "7816/VPCP-TTĐT"
SAMPLES = {
    "bkav_edoc_new": ("new", "000.00.11.H53", 1, "2491/STC-BCTC", 1), "bkav_edoc_update": ("update", G22, 3, VPCP, 1),
    "bkav_status_processing_05": ("in_progress", "000.00.00.H41", G22, VPCP),
    "pvn-gateway_1da394ba": ("new", "vxp.saas.03", 1, "20251020104803/GW-AUTO", 3),
    "pvn-gateway_1f881896": ("new", "vxp.saas.03", 1, "20251016110432/GW-AUTO", 3),
    "pvn-gateway_b6e1f29d": ("new", "vxp.saas.03", 1, "20251016112435/GW-AUTO", 2),
    "pvn_edXMLAttachments_variant": ("new", "vxp.saas.03", 1, "GW-20251014073327634-773/GW-TEST", 1),
    "pvn_edoc_new_junk-prefix": None, "pvn_test_edxml_with_content": ("new", "vxp.saas.03", 1, "123/TEST", 0),
    "pvn_test_user_edxml": ("new", "vxp.saas.03", 1, "", 1), "quangnam-ws_dc0bdef0": ("new", G22, 3, VPCP, 1),
    "quangnam-ws_edoc_new": ("new", "000.00.00.A80", 1, "74fass22/VPCP-TTĐT", 1),
    "quangnam_edoc": ("new", "14.00.W00", 1, "34E31/PRO-TEST-CASE1", 1),
    "quangnam_edoc_new": ("new", "000.00.00.K19", 1, "781622e22/VPCP-TTĐT", 1),
    "vpcp-sdk_edoc_new": ("new", "000.00.00.A80", 1, "74fass22/VPCP-TTĐT", 1),
    "vpcp-sdk_edoc_not-ns-wellformed": ("new", "002.00.20.H13", 1, "12234555512/PRO-TEST-CASE1", 0),
    "vpcp-sdk_edoc_not-ns-wellformed_bak": ("new", "000.00.15.H51", 1, "1223412/PRO-TEST-CASE1", 0),
    "vpcp-sdk_edoc_replacement": ("replace", G22, 3, VPCP, 1), "vpcp-sdk_edoc_revocation": ("recall", G22, 3, VPCP, 1),
    "vpcp-sdk_edoc_update": ("update", G22, 3, VPCP, 1), "vpcp-sdk_status": ("arrived", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_acceptance_03": ("accepted", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_assignment_04": ("assigned", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_cancellation_13": ("recall_asked", G22, "000.00.00.H41", VPCP),
    "vpcp-sdk_status_change-acceptance_15": ("recalled", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_change-rejection_16": ("recall_refused", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_finish_06": ("completed", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_inbox_01": ("arrived", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_processing_05": ("in_progress", "000.00.00.H41", G22, VPCP),
    "vpcp-sdk_status_rejection_02": ("refused", "000.00.00.H41", G22, VPCP),
    "vxp-received_2019_852e179c": ("new", "000.00.15.H51", 1, "1223412/PRO-TEST-CASE1", 1),
    "vxp-received_2025_874e0f18": ("new", "vxp.saas.03", 1, "BINTEST123/GW-AUTO", 1),
    "vxp-received_2025_9e272474": ("new", "vxp.saas.03", 1, "202545/VPCP-TTĐT", 1),
}  # fmt: skip


def files_of(packet):
    return [(item.name, item.path.read_bytes()[:4]) for item in packet.attachments]


def facts(packet):
    if isinstance(packet, edxml.Status):
        about = packet.about
        return {"status": packet.status, "sender": packet.sender.organ_id, "about": about.organ_id, "code": about.code,
                "id": about.document_id, "issued": about.issued_date, "at": packet.at, "description": packet.description,
                "staff": packet.staff.name if packet.staff else ""}  # fmt: skip
    return {"kind": packet.kind, "sender": packet.sender.organ_id, "to": [one.organ_id for one in packet.recipients],
            "id": packet.document_id, "code": packet.code, "issued": packet.issued_date, "due": packet.due_date,
            "urgency": packet.urgency, "type": packet.type_code, "name": packet.type_name, "steering": packet.steering,
            "traces": len(packet.traces), "subject": packet.subject, "pages": packet.page_amount,
            "files": files_of(packet), "notes": len(packet.notes)}  # fmt: skip


def test_u4_every_known_file_is_in_the_table():
    made = {path.stem for path in (SHARED / "constructed" / "variants").glob("*.edxml")}
    assert made == set(VARIANTS) and len(made) >= 50
    assert {path.stem for path in (SHARED / "samples").glob("*.edxml")} == set(SAMPLES)


@pytest.mark.parametrize("stem", VARIANTS)
def test_i11_each_variant_means_what_it_should(stem, tmp_path):
    path = SHARED / "constructed" / "variants" / f"{stem}.edxml"
    if VARIANTS[stem] is None:
        with pytest.raises(Invalid):
            edxml_read.decode(path, tmp_path)
        return
    packet = edxml_read.decode(path, tmp_path)
    base = STATUS if isinstance(packet, edxml.Status) else NEW
    assert facts(packet) == base | VARIANTS[stem]
    assert packet.unknown == ()


@pytest.mark.parametrize("stem", SAMPLES)
def test_i11_each_sample_means_what_it_should(stem, tmp_path):
    path = SHARED / "samples" / f"{stem}.edxml"
    if SAMPLES[stem] is None:
        with pytest.raises(Invalid):
            edxml_read.decode(path, tmp_path)
        return
    packet = edxml_read.decode(path, tmp_path)
    if isinstance(packet, edxml.Status):
        found = (packet.status, packet.sender.organ_id, packet.about.organ_id, packet.about.code)
    else:
        found = (packet.kind, packet.sender.organ_id, len(packet.recipients), packet.code,
                 sum(item.path is not None for item in packet.attachments))  # fmt: skip
    assert found == SAMPLES[stem] and packet.unknown == ()


def test_i11_a_day_that_does_not_exist_is_no_day_and_is_said(tmp_path):
    text = (SHARED / "constructed" / "variants" / "00_base.edxml").read_text()
    path = tmp_path / "p"
    path.write_text(text.replace("PromulgationDate>2026/01/15<", "PromulgationDate>2014/02/30<"))
    packet = edxml_read.decode(path, tmp_path)
    assert packet.issued_date is None and "2014/02/30" in packet.notes[0]


# ---- what we write, beside the official builder ---------------------------------------------------------------

BUILT = ("edoc_type0", "edoc_type1", "edoc_type2", "edoc_type3", "status_02")


def shape(data: bytes) -> list[tuple]:
    """Each element in order: depth, name with its prefix as written, attributes, its text when it has no children."""
    found = []
    for event, element in etree.iterparse(io.BytesIO(data), events=("start", "end")):
        if event == "end":
            continue
        depth = len(list(element.iterancestors()))
        name = (
            f"{element.prefix}:{etree.QName(element).localname}"
            if element.prefix
            else etree.QName(element).localname
        )
        found.append((depth, name, dict(element.attrib), element))
    return [
        (depth, name, attributes, (element.text or "") if not len(element) else None)
        for depth, name, attributes, element in found
    ]


@pytest.mark.parametrize("stem", BUILT)
def test_q14_1_b_our_packets_have_the_builders_layout_element_by_element(stem, tmp_path):
    path = SHARED / "captures" / "built_by_sdk" / f"{stem}.edxml"
    packet = edxml_read.decode(path, tmp_path)
    ours = edxml_write.encode(packet, tmp_path / "ours").read_bytes()
    theirs = path.read_bytes()
    mine, official = shape(ours), shape(theirs)
    assert [line[:3] for line in mine] == [line[:3] for line in official]
    for (_, name, _, text), (_, _, _, wanted) in zip(mine, official):
        if name.endswith(("ContentTransferEncoded", "ContentType")):
            continue  # zip entries carry a random name there; the builder writes zip for every Reference
        assert text == wanted, name
    assert ours.count(b"\n") == ours.count(b"\r\n"), "line ends as the builder writes them"


@pytest.mark.parametrize("stem", BUILT)
def test_what_we_write_breaks_no_known_reader(stem, tmp_path):
    """Whole numbers where readers want them, no empty element, no line break in base64, no raw Word file called zip."""
    packet = edxml_read.decode(SHARED / "captures" / "built_by_sdk" / f"{stem}.edxml", tmp_path)
    if isinstance(packet, edxml.Envelope):
        packet = replace(packet, steering=None, urgency=4)
    ours = edxml_write.encode(packet, tmp_path / "ours").read_bytes()
    lines = shape(ours)
    values = {name.rpartition(":")[2]: text for _, name, _, text in lines if text is not None}
    assert all(text.strip() for _, name, _, text in lines if text is not None), "an empty element"
    encoded = [text for _, name, _, text in lines if name.endswith("ContentTransferEncoded")]
    assert not any(re.search(r"\s", text) for text in encoded)
    if isinstance(packet, edxml.Status):
        assert re.fullmatch(r"\d\d", values["StatusCode"])
        assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", values["Timestamp"])
        return
    assert (values["SteeringType"], values["Priority"], values["TypeDetail"]) == ("0", "4", "0")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d", values["PromulgationDate"])
    again = edxml_read.decode(tmp_path / "ours", tmp_path)
    assert files_of(again) == [(item.name, item.path.read_bytes()[:4]) for item in packet.attachments]


def test_a_word_file_is_never_sent_raw_under_the_name_of_a_zip(tmp_path):
    docx = tmp_path / "a.docx"
    with zipfile.ZipFile(docx, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    packet = edxml.Envelope(edxml.Organ("H9"), (edxml.Organ("H8"),), "x", "y",
                            attachments=(edxml.Attachment("a.docx", docx),))  # fmt: skip
    text = edxml_write.encode(packet, tmp_path / "goi").read_text()
    raw = base64.b64decode(re.search(r"TransferEncoded[^>]*>([^<]+)<", text)[1])
    (tmp_path / "trong").write_bytes(raw)
    with zipfile.ZipFile(tmp_path / "trong") as archive:
        (entry,) = archive.namelist()
        assert entry.endswith(".docx") and archive.read(entry) == docx.read_bytes()
