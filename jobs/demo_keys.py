"""Keys of the demonstration: a fictional CA, SoftHSM2 tokens, pictures, and the processes that serve them.

Only for a demonstration installation; the roots are stored with their demonstration mark, which a real one never trusts.
"""

import base64
import io
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from models import clock, db, files, tokens, tokens_custody, tokens_entry, tokens_readers, users
from models import trust as trust_list
from signing import certificates

ROOT = Path(__file__).resolve().parents[1]
BLUE, RED = (28, 63, 170, 255), (200, 24, 24, 235)
SEAL_MM = 36


@dataclass(frozen=True)
class Keys:
    """What `make` made: trust, certificates by label (DER), module, PIN, addresses."""

    root: bytes
    intermediates: list[bytes]
    certificates: dict[str, bytes]
    module: str
    softhsm2_conf: str
    pin: str
    tsa_url: str


def make(folder: Path, port: int, holders: list[dict]) -> Keys:
    """Certificates and tokens for these holders (`holders_of` each agency)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "holders.json").write_text(json.dumps(holders, ensure_ascii=False))
    done = subprocess.run(
        [*_program("signing.demo"), "make", "--folder", folder, "--port", str(port), "--holders",
         folder / "holders.json", "--moment", clock.now().isoformat()],
        cwd=ROOT, check=True, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = json.loads(done.stdout)
    return Keys(
        base64.b64decode(said["root"]), [base64.b64decode(der) for der in said["intermediates"]],
        {label: base64.b64decode(der) for label, der in said["certificates"].items()},
        said["module"], said["softhsm2_conf"], said["pin"], said["tsa_url"],
    )  # fmt: skip


def serve(folder: Path, port: int) -> subprocess.Popen:
    """Time stamps, OCSP and revocation lists on loopback; returns once they answer."""
    process = subprocess.Popen(
        [*_program("signing.demo"), "serve", "--folder", folder, "--port", str(port)],
        cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    process.stdout.readline()
    return process


def agent(keys: Keys, origins: list[str], port: int = 0, **pipes) -> subprocess.Popen:
    """The signing agent as it runs on a person's PC, over the demonstration's tokens."""
    named = [part for origin in origins for part in ("--origin", origin)]
    return subprocess.Popen(
        [*_program("signing.agent"), "--module", keys.module, "--port", str(port), "--ask", "console", *named],
        cwd=ROOT, env=os.environ | {"SOFTHSM2_CONF": keys.softhsm2_conf}, text=True, **pipes,
    )  # fmt: skip


def establish(cast, name: str, keys: Keys, leaders, clerk) -> None:
    """Record certificates, keeper and pictures of one agency by the office's own verbs."""
    chain = b"".join(keys.intermediates)
    admin = cast.quantri if hasattr(cast, "quantri") else clerk
    for leader in leaders:
        der = keys.certificates[leader.person.login]
        tokens_entry.bind(admin, der, certificates.read_certificate(der), leader.person, chain)
        stored = files.put(signature_picture(leader.id), "chu-ky.png", "image/png")
        tokens.load_picture(leader, stored, person=leader.person)
    der = keys.certificates[f"seal-{name}"]
    seal = tokens_entry.bind(
        admin, der, certificates.read_certificate(der), chain=chain, serial=f"TD-{name.upper()}-001",
        place="Két sắt phòng văn thư",
    )  # fmt: skip
    head = next(leader for leader in leaders if tokens_readers.is_head(leader))
    act = tokens_custody.open_hand_over(
        head, tokens.device_of(seal), clerk.post, minutes_number="01/BB-TD", minutes_date=clock.today(),
        assignment_number="01/QĐ-TD", assignment_date=clock.today(), condition="Mới, niêm phong nguyên vẹn",
    )  # fmt: skip
    tokens_custody.receive(clerk, act)
    stored = files.put(seal_picture(), "dau.png", "image/png")
    tokens.load_picture(admin, stored, diameter_mm=SEAL_MM)


def trust(keys: Keys) -> None:
    """Accept the demonstration's authorities, marked as such."""
    with db.write():
        trust_list.trust(
            None, keys.root, certificates.read_certificate(keys.root), "root", "Trình diễn", demo=True
        )
        for der in keys.intermediates:
            trust_list.trust(
                None, der, certificates.read_certificate(der), "intermediate", "Trình diễn", demo=True
            )


def leaders_of(agency_id: int) -> list[users.Actor]:
    """Who signs in an agency."""
    return [users.Actor(post.person, post) for post in users.holders(agency_id, "leader")]


def signature_picture(seed: int) -> bytes:
    """A blue scribble on a transparent ground."""
    image = Image.new("RGBA", (520, 220), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    points = [
        (40 + 11 * step, 110 + 70 * math.sin(step * (0.7 + seed % 5 / 12)) * math.cos(step * 0.23 + seed))
        for step in range(40)
    ]
    draw.line(points, fill=BLUE, width=7, joint="curve")
    draw.line([(60, 190), (460, 165)], fill=BLUE, width=5)
    return _png(image)


def seal_picture() -> bytes:
    """A red double ring with a star on a transparent ground, 36 mm at 300 dpi."""
    size = round(SEAL_MM / 25.4 * 300)
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, size - 4, size - 4), outline=RED, width=9)
    draw.ellipse((70, 70, size - 70, size - 70), outline=RED, width=5)
    middle, long, short = size / 2, size / 5, size / 13
    star = []
    for corner in range(10):
        radius = long if corner % 2 == 0 else short
        angle = math.pi / 5 * corner - math.pi / 2
        star.append((middle + radius * math.cos(angle), middle + radius * math.sin(angle)))
    draw.polygon(star, fill=RED)
    return _png(image)


def holders_of(name: str, cast) -> list[dict]:
    """Who needs a key in an agency: its leaders, and the agency itself for its seal (label «seal-<name>»)."""
    found = [
        {"label": leader.person.login, "kind": "person", "name": leader.name, "title": leader.title,
         "organisation": cast.agency.name}
        for leader in leaders_of(cast.agency.id)
    ]  # fmt: skip
    seal = {
        "label": f"seal-{name}",
        "kind": "organisation",
        "name": cast.agency.name,
        "organisation": cast.agency.name,
    }
    return [*found, seal]


def _program(module):
    return [sys.executable, "-m", module]


def _png(image):
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
