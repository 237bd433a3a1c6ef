"""Time stamps, OCSP answers and revocation lists of the demonstration CA, on loopback."""

from aiohttp import web
from certomancer.integrations.aiohttp_animator import build_animator_app

from signing.demo.pki import Demo


def serve(demo: Demo, port: int) -> None:
    """Serve until the process is ended; says so on stdout when it listens."""
    application = build_animator_app(demo.config.pki_archs, with_web_ui=False, allow_time_override=True)
    web.run_app(
        application,
        host="127.0.0.1",
        port=port,
        print=lambda *_: print(f"ready {port}", flush=True),
        access_log=None,
    )
