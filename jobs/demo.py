"""The demonstration province of `bin/dev`: made at the first start, with its certificate authority and signing agent.

Lives in a folder of its own that carries a demonstration mark; a folder with real data is never touched.
"""

import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import urlsplit

from jobs import demo_issued, demo_keys, demo_papers, runner
from models import agencies, config, db, errors, incoming, seed, users
from signing.demo import pki

MARK = "demo-keys"
SERVICES_PORT = 9448


def settings(loaded: config.Config) -> config.Config:
    """The settings of the demonstration. Raises Refused for a folder with data that are not the demonstration's."""
    folder = loaded.data
    if (folder / "vanthu.db").exists() and not (folder / MARK).exists():
        raise errors.Refused(
            f"Thư mục {folder} đã có dữ liệu không phải của bản trình diễn nên không đụng vào. "
            "Hãy đặt VANTHU_DATA tới một thư mục khác."
        )
    return replace(
        loaded, mode="demo", hub=True, tsa_url=f"http://127.0.0.1:{SERVICES_PORT}/{pki.ARCHITECTURE}/tsa/tsa"
    )


@contextmanager
def running(current: config.Config):
    """Make what is missing, run the certificate services and the agent, tell who may sign in."""
    keys_folder = current.data / MARK
    with ExitStack() as stack:
        first = not (keys_folder / "done").exists()
        with db.connection():
            if first:
                print("Lần chạy đầu: đang tạo tỉnh mẫu Minh Sơn (khoảng một phút)…", flush=True)
                _people()
            casts = _casts()
            holders = [one for name, cast in casts.items() for one in demo_keys.holders_of(name, cast)]
            keys = demo_keys.make(keys_folder, SERVICES_PORT, holders)
            stack.callback(_end, demo_keys.serve(keys_folder, SERVICES_PORT))
            if first:
                _fill(casts, keys, pki.Demo(keys_folder))
                (keys_folder / "done").touch()
        origin = current.base_url or f"http://{current.host}:{current.port}"
        port = urlsplit(current.agent_url.split()[0]).port or 0
        stack.callback(_end, demo_keys.agent(keys, [origin, origin.replace("127.0.0.1", "localhost")], port))
        _tell(origin, keys)
        yield


def _people() -> None:
    """Agencies and their people; what an interrupted first start already made is kept."""
    if agencies.by_code("H99") is None:
        seed.calendar()
        seed.administrator()
    if agencies.by_code("H99.10") is None:
        seed.so_a()
    if agencies.by_code("H99.20.01") is None:
        seed.xa_b()


def _casts() -> dict:
    return {name: _cast(code) for name, code in (("a", "H99.10"), ("b", "H99.20.01"))}


def _cast(code) -> SimpleNamespace:
    agency = agencies.by_code(code)
    cast = SimpleNamespace(agency=agency, units={unit.name: unit for unit in agencies.units_of(agency.id)})
    for post in users.holders(agency.id):
        setattr(cast, post.person.login, users.Actor(post.person, post))
    return cast


def _fill(casts, keys, demo) -> None:
    """Keys in their owners' hands, letters in every state."""
    demo_keys.trust(keys)
    for name, clerk in (("a", "lan"), ("b", "mai")):
        cast = casts[name]
        demo_keys.establish(cast, name, keys, demo_keys.leaders_of(cast.agency.id), getattr(cast, clerk))
    demo_papers.enter(casts["a"])
    demo_issued.enter(casts, agencies.by_code("H99"), demo)
    runner.run_due()
    _work_at_b(casts["b"])
    runner.run_due()


def _work_at_b(cast) -> None:
    """The commune has registered one of the letters that came; the other waits."""
    arrived = [doc for doc in incoming.waiting(cast.mai) if doc.verdict == "valid"]
    for doc in arrived[-1:]:
        incoming.register_and_forward(doc, cast.mai, cast.binh.post)


def _tell(origin, keys) -> None:
    print(
        f"""
Văn Thư – bản trình diễn: {origin}
  Mật khẩu của mọi người: {seed.PASSWORD}
  Sở Kế hoạch:    lan (văn thư)   minh, hoa (lãnh đạo)   thao (trưởng phòng)   tuan (chuyên viên)
                  khoa (thể thức)   quantri (quản trị)
  Xã Suối Mây:    mai (văn thư, quản trị)   binh (chủ tịch)   nam (công chức)
  Toàn tỉnh:      admin
  Phần mềm ký đang chạy ở cửa sổ này: khi trang yêu cầu ký, gõ mã PIN {keys.pin} tại đây.
  Dừng: Ctrl+C
""",
        flush=True,
    )


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
