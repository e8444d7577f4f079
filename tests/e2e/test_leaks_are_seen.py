"""
What looks for numbers and names in what the product sends, keeps and logs sees them through the served product itself:
each is put where it must not stand, seen, and taken away again.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection
from django.test import Client

from falin.kernel.models import Job
from falin.kernel.transactions import inside
from falin.portal.exports import confirm_export
from services.advisers.api import register_firm
from services.advisers.models import Firm
from tenants.identity.api import Role
from tests import leaks
from tests.app.identity.cast import enter, hold
from tests.conftest import ADMIN, ROOT, with_name
from tests.e2e.conftest import Site, a_worker
from tests.fixtures.adviser_sheets import phone
from tests.world import NOW, World

pytestmark = pytest.mark.e2e


def download(site: Site, client: Client, address: str) -> requests.Response:
    return requests.get(
        site.url + address, cookies={name: one.value for name, one in client.cookies.items()}, timeout=20
    )


def test_a_number_in_a_file_that_a_job_wrote_is_seen_when_it_leaves_and_where_it_lies(
    site: Site, world: World, sign_in: Any, tmp_path: Path
) -> None:
    """A list's export goes the way of every stored file: written by a job, kept in the store, sent in pieces."""
    scope, client = world.scope("county"), sign_in("county")
    enter("second", "许同观")
    hold(world, "second", Role.COUNTY_TEAM, "330106")
    second = world.scope("second")
    with inside(scope, read_only=False):
        register_firm(scope=scope, name="浙江青山律师事务所", now=NOW)
    Firm.objects.update(name=phone(7))  # past the form, which would refuse it
    with a_worker():
        asked = client.post("/lists/firms/export/", {"format": "xlsx", "purpose": "季度核对"})
        with inside(second, read_only=False):
            confirm_export(scope=second, job_id=Job.objects.get(state="held").id, now=NOW)
    page = client.get(asked.headers["Location"]).content.decode()
    (address,) = re.findall(r'href="(/files/[^"]+)"', page)
    answer = download(site, client, address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert leaks.texts_in(answer.content)[0].startswith("<")  # it came whole, though it was read on its way
    assert site.product.seen == [f"{urlsplit(address).path} (200): {phone(7)}"]
    site.product.seen.clear()
    url = with_name(ADMIN, str(connection.settings_dict["NAME"]))
    (stored,) = tmp_path.glob("t*/*/*/*.xlsx")
    assert leaks.numbers_in_store(tmp_path, url) == [f"{stored.relative_to(tmp_path)}: {phone(7)}"]
    stored.unlink()


def test_a_name_on_an_error_page_is_seen_but_for_the_readers_own(site: Site, world: World, sign_in: Any) -> None:
    client = sign_in("county")
    assert download(site, client, "/people/99999999/").status_code == 404
    assert site.product.seen == []  # his own stands at the head
    url = with_name(ADMIN, str(connection.settings_dict["NAME"]))
    assert "何淑兰" in leaks.names_of_people(url)
    for path, status, kind in (
        ("/people/x/", 404, ""),
        ("/people/x/", 500, ""),
        ("/figures/5/export.csv", 200, "attachment"),
    ):
        assert leaks.numbers_in_answer(path, status, kind, "何淑兰".encode(), {"何淑兰"}) == [
            f"{path} ({status}): 何淑兰"
        ]
    for path, status, kind in (("/x/", 409, ""), ("/lists/people/", 200, "attachment"), ("/people/", 200, "")):
        assert leaks.numbers_in_answer(path, status, kind, "何淑兰".encode(), {"何淑兰"}) == []


def test_what_a_process_of_a_test_logs_is_read_when_it_is_over(tmp_path: Path) -> None:
    """A traceback of a process of its own goes to its log; the run's listener hears nothing of it."""
    folder = tmp_path / "apart"
    folder.mkdir()
    for name, said in (("web", phone(7)), ("worker", "叶明远"), ("other", "person 7")):
        with (folder / f"{name}.log").open("wb") as log:
            program = f"import logging; logging.error('about %s', {said!r})"
            subprocess.run([sys.executable, "-c", program], stderr=log, cwd=ROOT, check=True)
    assert sorted(leaks.said_in_logs(folder)) == [f"web.log: {phone(7)}", "worker.log: 叶明远"]
