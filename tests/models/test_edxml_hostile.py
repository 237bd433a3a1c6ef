"""Hostile packets: fourteen families of XML bombs, names, wrappers, noise; nothing surprises and nothing grows (U1, U2, U4, F1)."""

import io
import json
import re
import subprocess
import sys
import unicodedata
import zipfile
from pathlib import Path

import pytest
from faults import tier
from hypothesis import given, settings
from hypothesis import strategies as some
from packets import packet_with, read_one, zipped

from models import edxml, edxml_extras, edxml_read, filetypes
from models.errors import Invalid

DEEP = tier.size(1, 200)
ROOT = Path(__file__).parents[2]
HEAD = f'<edXML xmlns="{edxml.NAMESPACE}">'
BOMBS = {
    "billion_laughs": '<!DOCTYPE edXML [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)) + f"]>{HEAD}&m;</edXML>",
    "quadratic": f'<!DOCTYPE edXML [<!ENTITY a "{"x" * 50_000}">]>{HEAD}' + "&a;" * 5000 + "</edXML>",
    "external_entity": f'<!DOCTYPE edXML [<!ENTITY a SYSTEM "file:///etc/passwd">]>{HEAD}&a;</edXML>',
    "external_network": f'<!DOCTYPE edXML [<!ENTITY a SYSTEM "http://127.0.0.1:9/a">]>{HEAD}&a;</edXML>',
    "parameter_entity": f'<!DOCTYPE edXML [<!ENTITY % a SYSTEM "file:///etc/passwd">%a;]>{HEAD}</edXML>',
    "external_dtd": f'<!DOCTYPE edXML SYSTEM "file:///dev/zero">{HEAD}</edXML>',
    "undeclared_entity": f"{HEAD}&a;</edXML>",
    "deep": HEAD + "<a>" * 200_000,
    "wide": HEAD + "<a/>" * 400_000 + "</edXML>",
    "long_text": f"{HEAD}<edXMLEnvelope>" + "x" * (30 << 20),
    "long_attribute": f'{HEAD}<a b="' + "x" * (30 << 20),
    "many_attributes": f"{HEAD}<a " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/></edXML>",
    "many_namespaces": HEAD + "".join(f'<a xmlns:n{n}="urn:{n}">' for n in range(200)) + "<b/>" * 200_000,
    "long_name": f"{HEAD}<{'a' * (20 << 20)}/></edXML>",
    "xinclude": f'{HEAD}<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/></edXML>',
    "comments": HEAD + "<!--" + "x" * (20 << 20),
    "instructions": HEAD + "<?x " + "y" * (20 << 20),
}  # fmt: skip
CODE = """
import json, re, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
from models import edxml_read
from models.errors import Invalid
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
folder = Path(sys.argv[1])
found = {}
for path in sorted(folder.glob("*.xml")):
    seconds = above = 0
    for _ in range(int(sys.argv[2])):
        Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
        base, started = peak(), time.process_time()
        try:
            edxml_read.decode(path, folder)
            outcome = "read"
        except Invalid:
            outcome = "refused"
        seconds, above = max(seconds, time.process_time() - started), max(above, peak() - base)
    found[path.stem] = [outcome, seconds, above]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """family → [outcome, CPU seconds, kilobytes above the start], from one child with limits."""
    folder = tmp_path_factory.mktemp("bom")
    for name, text in BOMBS.items():
        (folder / f"{name}.xml").write_text(text)
    done = subprocess.run([sys.executable, "-c", CODE, str(folder), str(DEEP)], cwd=ROOT, check=False,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    left = [path.name for path in folder.iterdir() if path.suffix != ".xml"]
    return json.loads(done.stdout), left


@pytest.mark.parametrize("family", BOMBS)
def test_u1_each_family_of_bombs_is_refused_in_time_and_memory(verdicts, family):
    outcome, seconds, kilobytes = verdicts[0][family]
    assert outcome == "refused" and seconds <= 0.5 and kilobytes <= 64 << 10
    assert verdicts[1] == [], "a refused packet leaves files behind"


@pytest.mark.parametrize("entries, word", [
    ([(f"{n}.pdf", b"x") for n in range(201)], "nhiều hơn"),
    ([("a.pdf", b"\0" * (64 << 20))], "bom nén"),
    ([], "rỗng"),
])  # fmt: skip
def test_u2_wrappers_are_limited(tmp_path, entries, word):
    item = read_one(tmp_path, "a.pdf", zipped(entries) if entries else EMPTY_ZIP)
    assert item.path is None and word in item.fault


EMPTY_ZIP = b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18


@pytest.mark.parametrize(
    "inner", ["../../../etc/cron.d/x", "/etc/x", "C:\\x", "a/../../b.pdf", "\u202egpj.pdf"]
)
def test_u2_the_names_inside_a_wrapper_are_never_paths(tmp_path, inner):
    item = read_one(tmp_path, "a.pdf", zipped([(inner, b"%PDF-1")]))
    assert item.path.parent == tmp_path / "ra" and item.path.read_bytes() == b"%PDF-1"
    assert [path.name for path in (tmp_path / "ra").iterdir()] == [item.path.name]


def test_u2_a_link_in_a_wrapper_is_only_its_bytes(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.pdf")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    item = read_one(tmp_path, "a.pdf", out.getvalue())
    assert not item.path.is_symlink() and item.path.read_bytes() == b"/etc/passwd"


NAMES = [
    "0.000000000\"0",
    "Báo cáo số 12 - Ủy ban nhân dân xã Suối Mây.pdf", unicodedata.normalize("NFD", "Tờ trình về đất ở.pdf"), "a" * 500 + ".pdf",
    "../../../etc/passwd", "..\\..\\boot.ini", "tệp\u202efdp.exe", "CON.pdf", "nul", "a\nb\r\n.pdf", 'a"b;c%00.pdf', "   ", "...", "🏛️.pdf",
    "x.pdf\u0000.exe", "=cmd()|x.csv",
]  # fmt: skip
RESERVED = {"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(1, 10))}


def is_safe(name):
    return (
        0 < len(name) <= filetypes.MOST_NAME and unicodedata.normalize("NFC", name) == name
        and not re.search(r'[<>:"/\\|?*\x00-\x1f\u202a-\u202e]', name) and name not in (".", "..")
        and name.partition(".")[0].strip().lower() not in RESERVED and not name.endswith((".", " "))
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_u4_names_survive_as_names(name):
    assert is_safe(filetypes.safe_name(name))


@settings(max_examples=tier.size(150, 2000), deadline=None)
@given(some.text(max_size=300))
def test_u4_any_name_is_made_safe(name):
    assert is_safe(filetypes.safe_name(name))


def test_u4_a_vietnamese_name_comes_out_as_it_went_in(tmp_path):
    name = "Tờ trình về việc bổ sung kinh phí – đợt 2 (Ủy ban).pdf"
    item = read_one(tmp_path, unicodedata.normalize("NFD", name), b"%PDF")
    assert item.name == name and unicodedata.normalize("NFC", item.given_name) == name


def test_f1_mutated_packets_never_surprise(tmp_path):
    """Bytes flipped, cut, doubled and swapped: read, or refused with a sentence."""
    chance = tier.chance("f1")
    whole = packet_with(tmp_path, "a.pdf", zipped([("a.pdf", b"%PDF" * 20)])).read_bytes()
    status = (
        f"{HEAD}<edXMLEnvelope><edXMLHeader><MessageHeader><From><OrganId>H9</OrganId></From><StatusCode>13</StatusCode>"
        "<ResponseFor><OrganId>1/UB</OrganId><Code>H8</Code><PromulgationDate>2014/02/30</PromulgationDate></ResponseFor>"
        "</MessageHeader></edXMLHeader></edXMLEnvelope></edXML>"
    ).encode()
    path = tmp_path / "doi"
    tries = tier.size(250, 50_000)
    tier.counted("U1", tries + DEEP * len(BOMBS))
    for _ in range(tries):
        data = bytearray(chance.choice((whole, status)))
        for _ in range(chance.randint(1, 6)):
            at, to = sorted(chance.randrange(len(data)) for _ in range(2))
            kind = chance.randrange(4)
            if kind == 0:
                data[at] = chance.randrange(256)
            elif kind == 1:
                del data[at : at + chance.randrange(40)]
            elif kind == 2:
                data[at:at] = data[at : min(to, at + 60)]
            else:
                data[at:at] = chance.choice(
                    (b"<", b">", b"&", b'"', b"\0", b"\xff\xfe", b"<![CDATA[", b"]]>", b"99999999999")
                )
            data = data or bytearray(b"<")
        path.write_bytes(data)
        edxml_extras.hint(path)
        try:
            edxml_read.decode(path, tmp_path)
        except Invalid as refusal:
            assert str(refusal)


@settings(max_examples=100, deadline=None)
@given(some.text(max_size=40))
def test_f1_any_text_is_a_moment_or_none(text):
    found = edxml_read.moment(text)
    assert found is None or found.tzinfo
