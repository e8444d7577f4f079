"""Place of the product itself, running on its own web server in front of a new database with a county at work in it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from falin.runtime.home import Home
from falin.runtime.launch.frontend import build_frontend
from falin.runtime.processes import free_port, standard_programs, wait_until_listening
from falin.runtime.sentences import say
from stand.children import Child
from stand.ground import ground

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where it answers; who opens which page; the sessions of those people."""

    url: str
    pages: dict[str, list[str]]  # what is measured: case → who, path
    shown: dict[str, list[str]]  # what is photographed
    cookie: str
    sessions: dict[str, str]

    def cookies(self, who: str) -> tuple[dict[str, str], ...]:
        """What the browser of this person carries; nothing for nobody."""
        return ({"name": self.cookie, "value": self.sessions[who]},) if who else ()


@contextmanager
def product(home: Home, *, streets: int = 12, advisers: int = 90) -> Iterator[Running]:
    """The web server and its database, with so many streets and advisers in a county; both are gone afterwards."""
    checkout = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd()))
    with ExitStack() as stack:
        base = stack.enter_context(ground(home))
        database = stack.enter_context(base.database("pages"))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="falin-pages-"))
        built = os.environ.get("FALIN_ASSETS") or build_frontend(
            home=home, checkout=checkout, python=Path(sys.executable)
        )
        port = free_port(HOST)
        given = {
            "FALIN_HOME": folder, "DATABASE_URL": database.app, "DATABASE_OWNER_URL": database.owner,
            "FALIN_ASSETS": str(built), "FALIN_HOSTS": HOST, "FALIN_DEMO": "",
        }  # fmt: skip
        say("正在准备一个县的数据…", "preparing a county…")
        with Child("ours.paging", settings="falin.config.settings", environ=given) as child:
            made = child("make", streets=streets, advisers=advisers)
        settings = {"DJANGO_SETTINGS_MODULE": "falin.config.settings"}
        web = standard_programs(home=base.home, host=HOST, port=port, environ={**os.environ, **given, **settings})[0]
        web.start()
        stack.callback(web.finish_stop, 5)
        stack.callback(web.begin_stop)
        wait_until_listening(HOST, port, seconds=60)
        yield Running(
            url=f"http://{HOST}:{port}",
            pages=made["pages"],
            shown=made["shown"],
            cookie=made["cookie"],
            sessions=made["sessions"],
        )
