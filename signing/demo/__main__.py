"""`python -m signing.demo make|serve --folder F --port N [--holders holders.json] --moment 2026-03-02T08:00:00+07:00`.

make: keys, certificates and SoftHSM2 tokens for the holders (JSON list of Holder fields) that have none yet; prints
      as JSON where things are. serve: time stamps, OCSP and revocation lists until the process is ended.
"""

import argparse
import base64
import json
import sys
from datetime import datetime
from pathlib import Path

from signing.demo import pki, serve, tokens


def main() -> int:
    """Carry out one command."""
    parser = argparse.ArgumentParser(
        prog="python -m signing.demo", description="Chứng thư và thiết bị trình diễn."
    )
    parser.add_argument("command", choices=("make", "serve"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--holders", type=Path, help="tệp JSON: [{label, kind, name, organisation, title, key, state}]"
    )
    parser.add_argument("--moment", help="thời điểm lập CA, ISO 8601 có múi giờ (cần cho make)")
    options = parser.parse_args()
    if options.command == "serve":
        serve.serve(pki.Demo(options.folder), options.port)
        return 0
    holders = [pki.Holder(**item) for item in json.loads(options.holders.read_text())]
    demo = pki.make(options.folder, holders, options.port, datetime.fromisoformat(options.moment))
    tokens.build(options.folder, demo, [holder.label for holder in holders])
    json.dump(describe(demo, holders, options.folder), sys.stdout, ensure_ascii=False)
    return 0


def describe(demo: pki.Demo, holders, folder: Path) -> dict:
    """What a caller needs: the root and intermediates to trust, certificates by label, module, PIN, addresses."""
    return {
        "root": _text(demo.root_der),
        "intermediates": [_text(der) for der in demo.chain],
        "certificates": {holder.label: _text(demo.certificate(holder.label)) for holder in holders},
        "module": tokens.SOFTHSM,
        "softhsm2_conf": str(Path(folder).absolute() / tokens.CONFIG),
        "pin": tokens.PIN,
        "tsa_url": demo.tsa_url,
    }


def _text(der):
    return base64.b64encode(der).decode()


if __name__ == "__main__":
    sys.exit(main())
