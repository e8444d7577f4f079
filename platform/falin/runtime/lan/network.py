"""Place of what this machine is called on the office network, and of telling the others so (multicast DNS)."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address

import ifaddr
from zeroconf import Error as NotTold
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from falin.runtime.lan.authority import reachable

ANYWHERE = ("192.0.2.1", 9)  # a number kept for examples: nothing is sent there, only the way is looked up


def own_addresses() -> list[str]:
    """This machine's addresses on inner networks; the one that leads outside first, for that is where the phones are."""
    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    return sorted({one for one in found if reachable(one)}, key=lambda one: (one != _leading_out(), ip_address(one)))


def _leading_out() -> str:
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(ANYWHERE)
        return str(way.getsockname()[0])
    return ""


def own_name() -> str:
    """What this machine is called where names end in .local."""
    word = re.sub(r"[^a-z0-9-]+", "-", socket.gethostname().split(".")[0].lower()).strip("-")
    return f"{word[:40] or 'falin'}.local"


class Told:
    """This machine's name, told to the office network until ``end``."""

    def __init__(self, *, name: str, addresses: Sequence[str], port: int) -> None:
        """A network that takes no multicast is said so in the log: phones then use the number."""
        self._speaker: Zeroconf | None = None
        service = ServiceInfo(
            "_https._tcp.local.", f"Falin {name.removesuffix('.local')}._https._tcp.local.", port=port,
            addresses=[socket.inet_aton(one) for one in addresses], server=f"{name}.",
        )  # fmt: skip
        try:
            self._speaker = Zeroconf(interfaces=list(addresses), ip_version=IPVersion.V4Only)
            self._speaker.register_service(service, allow_name_change=True)
        except (OSError, NotTold) as trouble:
            print(f"{name} is not told to the network: {trouble}", file=sys.stderr)
            self.end()

    def end(self) -> None:
        if self._speaker:
            self._speaker.close()
            self._speaker = None
