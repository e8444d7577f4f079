"""What a page weighs on the wire: itself and every built file it names, each compressed as the server sends it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

MOST = 60_000  # bytes, of a page with a list


def shows_a_list(page: str) -> bool:
    return '<table class="f-table' in page


def files_of(page: str) -> set[str]:
    """The style sheets, scripts and pictures a page names."""
    return set(re.findall(r'(?:src|href)="/static/([^"?]+)"', page))


def weight(client: Any, path: str, assets: Path) -> int:
    """As a browser that keeps nothing asks for it. What the server did not compress weighs what it is."""
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200, path
    sent: bytes = answer.content
    page = gzip.decompress(sent) if answer.headers.get("Content-Encoding") == "gzip" else sent
    return len(sent) + sum(len(gzip.compress((assets / name).read_bytes())) for name in files_of(page.decode()))
