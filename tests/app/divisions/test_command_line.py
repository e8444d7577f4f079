"""The command line's door: one object a line with ``--json``, sentences without."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.world import World


def run(*arguments: str) -> list[Any]:
    out = io.StringIO()
    call_command("divisions", *arguments, "--json", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.usefixtures("world")
def test_show_counts_what_lies_below() -> None:
    [place] = run("show", "330106")
    assert (place["name"], place["level"]) == ("西湖区", "county")
    assert place["counts"] == {"province": 0, "city": 0, "county": 1, "street": 2, "community": 5}


def test_search_below_a_place(world: World) -> None:
    assert [(place["name"], place["id"]) for place in run("search", "hbc", "--under", "3301")] == [
        ("湖埠村", world.node("330106109200"))
    ]
    assert run("search", "hbc", "--under", "3302") == []


@pytest.mark.usefixtures("world")
def test_an_unknown_code_is_a_sentence() -> None:
    with pytest.raises(CommandError, match="没有这个地方"):
        run("show", "999999")


@pytest.mark.usefixtures("world")
def test_a_list_is_imported_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "list.tgz"
    tables = {
        "provinces": "code,name\n50,重庆市\n",
        "cities": "code,name,provinceCode\n5001,市辖区,50\n",
        "areas": "code,name,cityCode\n500101,万州区,5001\n",
        "streets": "code,name,areaCode\n500101001,高笋塘街道,500101\n",
        "villages": "code,name,streetCode\n500101001001,白岩路社区,500101001\n",
    }
    with tarfile.open(archive, "w:gz") as files:
        for name, text in tables.items():
            entry = tarfile.TarInfo(f"package/dist/{name}.csv")
            entry.size = len(text.encode())
            files.addfile(entry, io.BytesIO(text.encode()))
    outcome, refused = run("import", "--province", "50", "--list", str(archive))
    assert (outcome["created"], outcome["counts"]["city"], outcome["refused"]) == (4, 0, 1)
    assert refused == {"level": "city", "code": "5001", "name": "市辖区", "refused": "placeholder"}
    assert run("import", "--province", "50", "--list", str(archive))[0]["created"] == 0
