"""Place where drills, benchmarks and pictures are found by name: modules of `infra/drills`, `bench` and `pictures`."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from falin.runtime.cli import Arguments
from falin.runtime.home import Home
from falin.runtime.sentences import CannotStart, both


def drill(arguments: Arguments, home: Home) -> int:
    """`falin drill NAME`: `infra/drills/NAME.py` answers with `run(home) -> exit code`."""
    found: int = _module("drills", arguments.name).run(home=home)
    return found


def bench(arguments: Arguments, home: Home) -> int:
    """`falin bench NAME…`: `infra/bench/NAME.py` answers with `run(home, as_json) -> exit code`; the worst counts."""
    modules = [_module("bench", name) for name in arguments.names]
    codes: list[int] = [module.run(home=home, as_json=arguments.json) for module in modules]
    return max(codes)


def shots(arguments: Arguments, home: Home) -> int:
    """`falin shots`: `infra/pictures/shots.py` answers with `run(home) -> exit code`."""
    made: int = _module("pictures", "shots").run(home=home)
    return made


def _module(folder: str, name: str) -> ModuleType:
    place = Path(os.environ.get("FALIN_CHECKOUT", Path.cwd())) / "infra" / folder
    file = place / f"{name}.py"
    if not name.isidentifier() or not file.is_file():
        known = ", ".join(sorted(f.stem for f in place.glob("[a-z]*.py"))) or "—"
        raise CannotStart(
            both(f"没有叫 {name} 的。", f"There is none called {name}."), both(f"有：{known}", f"Known: {known}")
        )
    spec = importlib.util.spec_from_file_location(f"falin_{folder}_{name}", file)
    if spec is None or spec.loader is None:
        raise CannotStart(both(f"{file} 读不进来。", f"{file} cannot be loaded."))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
