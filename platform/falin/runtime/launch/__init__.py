"""Place of the launcher: from a bare Python to a running `falin` command.

Standard library only, and quick when there is nothing to do: it stands before every command.
"""

import os
import sys
from pathlib import Path

from falin.runtime.home import find_home
from falin.runtime.launch.environment import make_environment
from falin.runtime.launch.frontend import build_frontend, find_node
from falin.runtime.launch.loopback import ensure_loopback
from falin.runtime.launch.programs import ensure_programs
from falin.runtime.sentences import CannotStart, complain

# Answered before anything is installed, so that a newcomer may look first.
HELP_WORDS = frozenset({"-h", "--help", "help"})


def launch(checkout_folder: str, arguments: list[str]) -> int:
    """Sets up what is missing, then becomes the command. Returns only when it could not."""
    checkout = Path(checkout_folder)
    if not arguments or arguments[0] in HELP_WORDS:
        from falin.runtime.cli import main

        return main(["--help"])
    try:
        _become_command(checkout, arguments)
    except CannotStart as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        print("\n已停下，再次运行会接着做 · Stopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def _become_command(checkout: Path, arguments: list[str]) -> None:
    home = find_home(os.environ).prepare()
    word = arguments[0]
    measuring = word in ("drill", "bench")  # some are tests in full, some open pages in a browser
    python = make_environment(home=home, checkout=checkout, for_tests=measuring or word == "test")
    environ = {
        **os.environ,
        "FALIN_HOME": str(home.root),
        "FALIN_CHECKOUT": str(checkout),
        "PYTHONPATH": os.pathsep.join((str(checkout / "platform"), str(checkout))),
        "PATH": os.pathsep.join((str(python.parent), os.environ.get("PATH", os.defpath))),
    }
    if environ.pop("PYTHONDONTWRITEBYTECODE", "") or not os.access(checkout, os.W_OK):
        # A checkout that cannot be written, or is to be left as it is, would be compiled anew at every start.
        environ.setdefault("PYTHONPYCACHEPREFIX", str(home.cache / "bytecode"))
    whole = word == "test" and "--fast" not in arguments
    keycloak = whole or arguments[:2] == ["keycloak", "start"]
    environ.update(ensure_programs(home=home, for_tests=whole or measuring, java=keycloak))
    if measuring or word in ("demo", "serve", "test"):
        assets = build_frontend(home=home, checkout=checkout, python=python)
        if assets:
            environ["FALIN_ASSETS"] = str(assets)
        ensure_loopback()
    if whole or measuring:
        # The one that comes with the browser's driver wants a library that a bare Debian lacks (libatomic).
        environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(find_node(home=home, checkout=checkout)))
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(python, [str(python), "-m", "falin.runtime.cli", *arguments], environ)  # noqa: S606 (no shell is the point)
