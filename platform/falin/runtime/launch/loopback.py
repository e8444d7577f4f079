"""Place of one small mercy: in a fresh network namespace even 127.0.0.1 is down, and nothing of ours could listen."""

import errno
import fcntl
import os
import socket
import struct

from falin.runtime.sentences import CannotStart, both

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1


def ensure_loopback() -> None:
    """Makes sure that a server can listen on 127.0.0.1; as root it brings the device up itself.

    :raises CannotStart: it cannot, and we may not change it.
    """
    if _can_listen():
        return
    if os.geteuid() == 0:
        _bring_up()
    if not _can_listen():
        raise CannotStart(
            both("本机的环回网络（127.0.0.1）没有启用。", "The loopback network (127.0.0.1) of this machine is down."),
            both("请以 root 运行：ip link set lo up", "Run as root: ip link set lo up"),
        )


def _can_listen() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(("127.0.0.1", 0))
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as caller:
                listener.listen(1)
                caller.settimeout(1)
                caller.connect(listener.getsockname())
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.ENETUNREACH, errno.ENETDOWN) or isinstance(
                error, TimeoutError
            ):
                return False
            raise
    return True


def _bring_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh22x", b"lo", 0))
            flags = struct.unpack("16sh22x", answer)[1]
            fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))
        except OSError:
            return
