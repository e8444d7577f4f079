"""Each bench runs, in small, and says one JSON object a line and nothing else; how fast is no matter of tests."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from falin.runtime.home import Home

BENCH = Path(__file__).resolve().parents[3] / "infra" / "bench"
FIELDS = ["bench", "case", "unit", "value", "peer", "peer_value", "ratio", "goal", "met", "runs"]


def _a_page(folder: str) -> Path:
    """In place of a peer's page, which npm would install: words on white."""
    out = Path(tempfile.gettempdir()) / f"falin-bench-small-{folder}"
    out.mkdir(exist_ok=True)
    words = f"<!doctype html><title>{folder}</title><h1>{folder} 名单</h1>"
    (out / "index.html.gz").write_bytes(gzip.compress(words.encode()))
    return out


SMALL: dict[str, dict[str, Any]] = {
    "access": {"rows": 3000, "rounds": 2, "lookups": 5},
    "divisions": {"edition": "", "before": "", "counties": 2, "rounds": 1, "words": 5},
    "provision": {"rounds": 1},
    "migrate": {"tenants": 2, "rounds": 1},
    "tenants": {"rows": 1000, "schemas": (1, 2), "rounds": 1},
    "lists": {"rows": 300, "pages": 2, "rounds": 1},
    "audit": {"entries": 50, "acts": 3, "rounds": 1},
    "signin": {"bindings": 20, "rounds": 2, "times": 1},
    "pages": {"rounds": 1, "cases": ("public-find",), "streets": 1, "advisers": 1, "built": _a_page},
    "request": {"rows": 4000, "streets": 3, "communities": 2, "wide": 2, "rounds": 2, "requests": 2, "warm_up": 1},
}
CASES = {
    "access": {
        "access/clear-1000": "ms",
        "access/blind-index": "ms",
        "access/list": "ms",
        "access/list/city": "ms",
        "access/list/two-roles": "ms",
    },
    "divisions": {
        "divisions/import": "s",
        "divisions/compare": "s",
        "divisions/alone": "%",
        **{
            f"divisions/search/{kind}": "ms"
            for kind in (
                "1 characters",
                "2 characters",
                "3 characters",
                "4 characters",
                "committee words",
                "former name",
                "pinyin",
                "initials",
            )
        },
    },
    "provision": {"provision/spare": "s", "provision/cold": "s", "provision/first": "s"},
    "tenants": {"tenants/export/1": "s", "tenants/restore/1": "s", "tenants/export": "s", "tenants/restore": "s"},
    "migrate": {"migrate/nothing": "s", "migrate/addfield": "s", "migrate/addfield-parallel": "s"},
    "lists": {"lists/search": "ms"}
    | {f"lists/{name}/{place}": "ms" for name in ("advisers", "firms", "visits") for place in ("first", "deep")},
    "audit": {"audit/record": "ms", "audit/seal": "s", "audit/verify": "CPU s"},
    "signin": {"signin/many-bindings": "CPU ms"},
    "pages": {"pages/public-find/lcp": "ms", "pages/public-find/kilobytes": "KB"},
    "request": {
        "request/one/street": "ms",
        "request/one/county": "ms",
        "request/ten/street": "ms",
        "request/ten/county": "ms",
        "request/wide/one": "ms",
        "request/wide/ten": "ms",
    },
}
# What two runs differ by: at these sizes it is smaller than the noise of a machine and may fall below nothing.
DIFFERENCES = {"access/list", "access/list/city", "access/list/two-roles"}


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"bench_{name}", BENCH / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_bench_says_one_json_object_a_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALIN_BENCH_ADMIN_URL", os.environ["FALIN_TEST_ADMIN_URL"])
    monkeypatch.setattr(sys, "path", [*sys.path])
    bench = _load(name)
    with ThreadPoolExecutor(1) as pool:  # one drives a browser, which wants a thread where no other test's browser runs
        code = pool.submit(
            bench.run, Home(root=tmp_path).prepare(), as_json=True, size=bench.Size(**SMALL[name])
        ).result()
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["case"]: line["unit"] for line in lines} == CASES[name]
    for line in lines:
        assert list(line) == FIELDS
        assert line["bench"] == name
        assert line["value"] > 0 or line["case"] in DIFFERENCES
        assert line["ratio"] == pytest.approx(line["peer_value"] / line["value"], rel=0.05)
    assert code == (1 if any(line["met"] is False for line in lines) else 0)
