"""The demonstration CA: keys in a folder, certificates by certomancer, services on loopback.

demo = pki.make(folder, HOLDERS, port, moment)      writes keys and certomancer.yml, once
demo.root_der, demo.chain, demo.certificate("minh")
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ARCHITECTURE = "trinh-dien"
CONFIG = "certomancer.yml"
SERVICE_KEYS = ("root", "issuer", "ocsp", "tsa")


@dataclass(frozen=True)
class Holder:
    """Whom a demonstration certificate is for. `kind`: person, organisation; `state`: good, expired, revoked;
    `key`: rsa2048, rsa3072, p256, p384."""

    label: str
    kind: str
    name: str
    organisation: str
    title: str = ""
    key: str = "rsa2048"
    state: str = "good"


class Demo:
    """A demonstration CA in a folder."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.config = CertomancerConfig.from_file(str(self.folder / CONFIG), key_search_dir=str(self.folder))
        self.arch = self.config.get_pki_arch(ArchLabel(ARCHITECTURE))

    def certificate(self, label: str) -> bytes:
        """The certificate of a holder, DER."""
        return self.arch.get_cert(CertLabel(label)).dump()

    @property
    def root_der(self) -> bytes:
        """The root to trust, DER."""
        return self.certificate("root")

    @property
    def chain(self) -> list[bytes]:
        """The intermediate certificates, DER."""
        return [self.certificate("issuer")]

    @property
    def tsa_url(self) -> str:
        """Where time stamps are had."""
        return f"{self.config.external_url_prefix}/{ARCHITECTURE}/tsa/tsa"

    def key(self, label: str):
        """The private key of a holder."""
        content = (self.folder / "keys" / f"{label}.pem").read_bytes()
        return serialization.load_pem_private_key(content, None)


def make(folder: Path, holders, port: int, moment: datetime) -> Demo:
    """Make the CA for these holders as of `moment`, with services on this loopback port.

    Made again in the same folder with the same holders first, the same certificates come out (the port is part of them).
    """
    folder = Path(folder)
    keys = folder / "keys"
    keys.mkdir(parents=True, exist_ok=True)
    for label, kind in [*((name, "rsa2048") for name in SERVICE_KEYS), *((h.label, h.key) for h in holders)]:
        if not (keys / f"{label}.pem").exists():
            _write_key(keys / f"{label}.pem", kind)
    config, before = folder / CONFIG, None
    if config.exists():
        before = yaml.safe_load(config.read_text())["x-made-at"]
    made = datetime.fromisoformat(before) if before else moment
    content = {**_config(holders, port, made), "x-made-at": made.isoformat()}
    config.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return Demo(folder)


def _write_key(path, kind):
    curves = {"p256": ec.SECP256R1, "p384": ec.SECP384R1}
    if kind in curves:
        key = ec.generate_private_key(curves[kind]())
    else:
        key = rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.chmod(0o600)


def _config(holders, port, moment):
    labels = [*SERVICE_KEYS, *(holder.label for holder in holders)]
    return {
        "external-url-prefix": f"http://127.0.0.1:{port}",
        "keysets": {
            "all": {"path-prefix": "keys", "keys": {label: {"path": f"{label}.pem"} for label in labels}}
        },
        "pki-architectures": {
            ARCHITECTURE: {
                "keyset": "all",
                "entity-defaults": {"country-name": "VN"},
                "entities": _entities(holders),
                "certs": _certificates(holders, moment),
                "services": _services(),
            }
        },
    }


def _entities(holders):
    demo = "CHỨNG THƯ TRÌNH DIỄN - KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
    entities = {
        "root": {"organization-name": demo, "common-name": "CA gốc trình diễn Văn Thư"},
        "issuer": {"organization-name": demo, "common-name": "CA cấp dưới trình diễn Văn Thư"},
        "ocsp": {"organization-name": demo, "common-name": "OCSP trình diễn Văn Thư"},
        "tsa": {"organization-name": demo, "common-name": "Dấu thời gian trình diễn Văn Thư"},
    }
    for holder in holders:
        entity = {"organization-name": holder.organisation, "common-name": holder.name}
        if holder.title:
            entity["title"] = holder.title
        entities[holder.label] = entity
    return entities


def _certificates(holders, moment):
    start, long = _words(moment - timedelta(days=400)), _words(moment + timedelta(days=3650 * 2))
    authority = {"params": {"crl-repo": "issuer", "ocsp-service": "issuer"}}
    certificates = {
        "root": {
            "subject": "root", "issuer": "root", "validity": {"valid-from": start, "valid-to": long},
            "profiles": [{"id": "simple-ca", "params": {"crl-repo": "root"}}],
        },
        "issuer": {
            "subject": "issuer", "issuer": "root", "validity": {"valid-from": start, "valid-to": long},
            "profiles": [{"id": "simple-ca", "params": {"max-path-len": 0, **authority["params"]}}],
        },
        "ocsp": {
            "subject": "ocsp", "issuer": "issuer", "validity": {"valid-from": start, "valid-to": long},
            "profiles": ["ocsp-responder"],
        },
        "tsa": {
            "subject": "tsa", "issuer": "issuer", "validity": {"valid-from": start, "valid-to": long},
            "extensions": [
                {
                    "id": "key_usage", "critical": True,
                    "smart-value": {"schema": "key-usage", "params": ["digital_signature"]},
                },
                {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
            ],
        },
    }  # fmt: skip
    for holder in holders:
        certificates[holder.label] = _certificate(holder, moment, start)
    return certificates


def _certificate(holder, moment, start):
    until = moment + timedelta(days=700) if holder.state != "expired" else moment - timedelta(days=30)
    certificate = {
        "subject": holder.label,
        "issuer": "issuer",
        "validity": {"valid-from": start, "valid-to": _words(until)},
        "profiles": ["digsig-commitment"],
    }
    if holder.state == "revoked":
        certificate["revocation"] = {
            "revoked-since": _words(moment - timedelta(days=20)),
            "reason": "key_compromise",
        }
    return certificate


def _services():
    return {
        "ocsp": {"issuer": {"for-issuer": "issuer", "responder-cert": "ocsp", "signing-key": "ocsp"}},
        "crl-repo": {
            "root": {"for-issuer": "root", "signing-key": "root", "simulated-update-schedule": "P30D"},
            "issuer": {"for-issuer": "issuer", "signing-key": "issuer", "simulated-update-schedule": "P1D"},
        },
        "time-stamping": {"tsa": {"signing-cert": "tsa"}},
    }


def _words(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")
