"""Whose program is at the other end of a loopback connection: on a PC for several people, only the same person's.

Linux tells in /proc/net/tcp, Windows in its TCP table; where the system does not tell, nobody is refused for it.
"""

import ctypes
import os
import struct
from pathlib import Path

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_OWNER_PID_CONNECTIONS = 4  # TCP_TABLE_OWNER_PID_CONNECTIONS
_AF_INET = 2
_QUERY_LIMITED, _TOKEN_QUERY, _TOKEN_USER = 0x1000, 0x0008, 1


def is_same_user(peer: tuple[str, int], own: tuple[str, int], tables=TABLES, windows=None) -> bool:
    """True when the process at `peer`, connected to `own` (address, port), is of this very user, or nobody can tell."""
    if os.name == "nt" or windows is not None:
        windows = windows or Windows()
        pid, me = owner_pid(windows.table(), peer, own), windows.user(os.getpid())
        return pid is None or me is None or windows.user(pid) in (None, me)
    uid = owner_uid(tables, peer, own)
    return uid is None or uid == os.getuid()


def owner_uid(tables, peer, own) -> int | None:
    """The user id of the socket at `peer`; None when the tables do not show it."""
    sought = (_hex(peer), _hex(own))
    for table in tables:
        try:
            lines = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except (OSError, ValueError):
            continue
        for line in lines:
            parts = line.split()
            if len(parts) > 7 and (_v4(parts[1]), _v4(parts[2])) == sought:
                return int(parts[7])
    return None


def owner_pid(table: bytes, peer, own) -> int | None:
    """The process id at `peer` in a MIB_TCPTABLE_OWNER_PID; None when it is not there."""
    if len(table) < 4:
        return None
    (amount,) = struct.unpack_from("<I", table)
    for number in range(min(amount, (len(table) - 4) // 24)):
        _, local, local_port, remote, remote_port, pid = struct.unpack_from("<6I", table, 4 + 24 * number)
        if (_address(local, local_port), _address(remote, remote_port)) == (peer, own):
            return pid
    return None


class Windows:
    """What Windows tells, through its own libraries."""

    def table(self) -> bytes:
        """The TCP connections with their processes, as GetExtendedTcpTable lays them out."""
        ask = ctypes.windll.iphlpapi.GetExtendedTcpTable
        size = ctypes.c_ulong(0)
        for _attempt in range(5):  # the table may grow between two calls
            room = ctypes.create_string_buffer(max(size.value, 4))
            if ask(room, ctypes.byref(size), False, _AF_INET, _OWNER_PID_CONNECTIONS, 0) == 0:
                return room.raw
        return b""

    def user(self, pid: int) -> bytes | None:
        """The security identifier of a process's user; None where it may not be read."""
        kernel, rights = ctypes.windll.kernel32, ctypes.windll.advapi32
        kernel.OpenProcess.restype = ctypes.c_void_p
        process = kernel.OpenProcess(_QUERY_LIMITED, False, pid)
        if not process:
            return (
                b"" if pid != os.getpid() else None
            )  # another user's process may not be opened: not this user
        token = ctypes.c_void_p()
        try:
            if not rights.OpenProcessToken(ctypes.c_void_p(process), _TOKEN_QUERY, ctypes.byref(token)):
                return b"" if pid != os.getpid() else None
            return self._sid(rights, token)
        finally:
            if token:
                kernel.CloseHandle(token)
            kernel.CloseHandle(ctypes.c_void_p(process))

    def _sid(self, rights, token):
        size = ctypes.c_ulong(0)
        rights.GetTokenInformation(token, _TOKEN_USER, None, 0, ctypes.byref(size))
        room = ctypes.create_string_buffer(max(size.value, ctypes.sizeof(ctypes.c_void_p)))
        if not rights.GetTokenInformation(token, _TOKEN_USER, room, size, ctypes.byref(size)):
            return None
        sid = ctypes.c_void_p.from_buffer(room).value
        rights.GetLengthSid.restype = ctypes.c_ulong
        return ctypes.string_at(sid, rights.GetLengthSid(ctypes.c_void_p(sid)))


def _hex(place):
    """(address, port) as /proc/net/tcp writes it, on a little-endian machine."""
    packed = bytes(int(part) for part in place[0].split("."))
    return f"{int.from_bytes(packed, 'little'):08X}:{place[1]:04X}"


def _v4(text):
    """An IPv4 address in a tcp6 row loses its prefix."""
    address, _, port = text.partition(":")
    return f"{address[-8:]}:{port}"


def _address(number, port):
    packed = number.to_bytes(4, "little")
    return ".".join(str(part) for part in packed), ((port & 0xFF) << 8) | (port >> 8 & 0xFF)
