"""Place of what `--lan` adds to a start: papers, variables for the pages, the porter's process, the words on the screen."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from falin.kernel.squares import square
from falin.runtime.home import Home
from falin.runtime.lan.porter import Door, find_door
from falin.runtime.processes import Child, require_free_port
from falin.runtime.sentences import CannotStart, both, say

EVERYWHERE = "0.0.0.0"  # noqa: S104 -- to be reached by others is what was asked for
TLS_BESIDE = 443  # Falin itself is at the page's port and this: 8000 and 8443


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    """One start on the office network."""

    door: Door
    folder: Path
    host: str

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """For the pages: that they are served over TLS of our own, and under which name beside this machine's numbers."""
        hosts = environ.get("FALIN_HOSTS") or "127.0.0.1,localhost"
        return {"FALIN_LAN": str(self.folder), "FALIN_HOSTS": f"{hosts},{self.door.name}"}

    def porter(self, home: Home, environ: Mapping[str, str]) -> Child:
        command = (
            sys.executable, "-m", "falin.runtime.lan.porter", "--folder", str(self.folder), "--host", self.host,
            "--page-port", str(self.door.page_port), "--port", str(self.door.port),
        )  # fmt: skip
        return Child(name="lan", command=command, log=home.logs / "lan.log", folder=home.root, environ=environ)

    def trusting(self) -> ssl.SSLContext:
        """As a phone trusts that has installed the certificate."""
        return ssl.create_default_context(cadata=self.door.papers.authority)

    def greet(self) -> None:
        """The square and the words beside it, on the terminal."""
        square(self.door.page).print_ascii(out=sys.stderr, tty=sys.stderr.isatty())
        say(f"手机扫这个方块，或打开 {self.door.page}", "phones: scan it, or open that address")
        say(f"装好证书以后：{self.door.by_name}", f"or {self.door.by_number}")
        say(f"证书的指纹 {self.door.papers.fingerprint}", "the fingerprint to compare on the phone")


def arrange(*, home: Home, environ: Mapping[str, str], host: str | None, port: int) -> Arranged:
    """
    What a start on the office network needs. The papers lie in this home's ``lan``: demos and the real installation share
    them, so that a phone installs one certificate.

    :raises CannotStart: no office network here, a port is taken, or a proxy is said to be in front.
    """
    if environ.get("FALIN_HTTPS", "").lower() in {"1", "true", "yes", "on", "t", "y"}:
        raise CannotStart(
            both("FALIN_HTTPS 是给前面有代理的服务器用的，不能和 --lan 一起用。",
                 "FALIN_HTTPS is for a server behind a proxy; it does not go together with --lan."),
            both("请取消其中一个。", "Leave one of them out."),
        )  # fmt: skip
    bound = host or EVERYWHERE
    require_free_port(bound, port)
    require_free_port(bound, port + TLS_BESIDE)
    folder = home.root / "lan"
    door = find_door(folder=folder, page_port=port, port=port + TLS_BESIDE)
    if door is None:
        raise CannotStart(
            both("这台机器没有办公室网络的地址（10、172.16–31、192.168 开头）。",
                 "This machine has no address on an inner network (10.…, 172.16–31.…, 192.168.…)."),
            both("请先连上办公室的网线或 Wi-Fi；用公网地址的服务器请在前面放代理，用正式的证书。",
                 "Connect it first; a server with a public address wants a proxy in front and a real certificate."),
        )  # fmt: skip
    return Arranged(door=door, folder=folder, host=bound)
