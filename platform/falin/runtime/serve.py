"""Place of `falin serve`: the real start, without demo data."""

import os
import subprocess
import sys

from falin.runtime.cli import Arguments
from falin.runtime.doctor import messages
from falin.runtime.home import Home
from falin.runtime.instance import backing
from falin.runtime.lan.arranging import arrange
from falin.runtime.processes import Supervisor, require_free_port, standard_programs, wait_until_listening, web_workers
from falin.runtime.sentences import CannotStart, both, say

WEB_SECONDS = 60.0


def run(arguments: Arguments, home: Home) -> int:
    """`falin serve`: brings the database up to date, then runs web, both workers, relay and beat until Ctrl-C."""
    lan = arrange(home=home, environ=os.environ, host=arguments.host, port=arguments.port) if arguments.lan else None
    host, port = (lan.host, lan.door.port) if lan else (arguments.host or "127.0.0.1", arguments.port)
    address = lan.door.by_number if lan else f"http://{host}:{port}/"
    require_free_port(host, port)
    with backing(home=home, environ=os.environ, what=f"serve {address}") as found:
        environ = {**os.environ, **found.variables(), **(lan.variables(os.environ) if lan else {})}
        say("正在升级数据库结构…", "bringing the database up to date…")
        manage(environ, "prepare_pages")
        manage(environ, "migrate_cell")
        manage(environ, "keys", "check")
        children = standard_programs(
            home=home,
            host=host,
            port=port,
            environ=environ,
            workers=web_workers(),
            certificate=lan.door.papers.server if lan else None,
        )
        children += [lan.porter(home, environ)] if lan else []
        with Supervisor(children=children, backing=found.kept) as supervisor:
            wait_until_listening(host, port, seconds=WEB_SECONDS, supervisor=supervisor)
            say(f"法邻已启动：{address}", "Falin is running; Ctrl-C stops it")
            if lan:
                lan.greet()
            if not (written := messages(environ)).well:
                say(written.mend)
            manage(environ, "first_operator", "--address", address)
            supervisor.watch()
    return 0


def manage(environ: dict[str, str], *words: str) -> None:
    """One management command in a process of its own. :raises CannotStart: it failed; it has said why itself."""
    done = subprocess.run([sys.executable, "-m", "falin.runtime.cli", "manage", *words], env=environ, check=False)
    if done.returncode:
        command = " ".join(words)
        raise CannotStart(both(f"“{command}”没有成功。", f"“{command}” failed."))
