"""
The programs themselves, killed by SIGKILL in the middle of their work: what people asked for is done once, what was told is
told once, what lay half written beside the store is gone when they are started again.
"""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from falin.kernel import clock
from falin.kernel.models import AuditEntry, Job, StoredFile
from falin.kernel.transactions import inside
from falin.portal.exports import ask_export
from services.desk import commands
from services.desk.models import Notice
from services.desk.rules import QUIET_FROM, QUIET_UNTIL
from services.desk.types import Draft, NoticeKind, Way
from tenants.identity.api import system_of
from tenants.identity.models import Person
from tenants.registry.api import find_by_schema
from tenants.settings.models import Setting
from tests import conftest
from tests.fixtures.programs import kill, programs, until
from tests.world import NOW, World

TOLD = ("county", "street", "street2", "liaison", "auditor3")


def send(task: str) -> None:
    from falin.config.celery import app

    app.send_task(f"falin.config.tasks.{task}")


class Postman(socketserver.ThreadingTCPServer):
    """A mail server that stops in the middle of a message, while ``stuck`` says so."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, after: int) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.taken: list[str] = []
        self.after, self.stuck, self.reached = after, threading.Event(), threading.Event()
        self.stuck.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Talk(socketserver.StreamRequestHandler):
    server: Postman

    def say(self, words: bytes) -> None:
        self.wfile.write(words + b"\r\n")

    def handle(self) -> None:
        self.say(b"220 here")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.say(b"354 go on")
                self.take()
            elif word == b"QUIT":
                self.say(b"221 bye")
                return
            else:
                self.say(b"250 well")

    def take(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        if self.server.stuck.is_set() and len(self.server.taken) >= self.server.after:
            self.server.reached.set()
            self.rfile.readline()  # until whoever sends is no more
            return
        self.server.taken.append(str(message_from_bytes(b"".join(lines))["To"]))
        self.say(b"250 taken")


@pytest.fixture
def postman() -> Iterator[Postman]:
    with Postman(after=2) as one:
        yield one
        one.shutdown()


@pytest.fixture
def five_to_tell(world: World) -> World:
    """Five people of one county with an address, each with something to be told; and it is never night."""
    system = system_of(find_by_schema(world.schema("330106")))
    drafts = []
    for key, hour in ((QUIET_FROM.key, 24), (QUIET_UNTIL.key, 0)):
        Setting.objects.create(key=key, node_id=world.node("33"), value=hour, locked=False, valid_from=date(2026, 1, 1),
                               person_id=0, why="测试", recorded_at=NOW)  # fmt: skip
    for username in TOLD:
        person = Person.objects.get(username=username)
        Person.objects.filter(id=person.id).update(email=f"{username}@example.org")
        drafts.append(Draft(kind=NoticeKind.JOB_ENDED, person_id=person.id, key=f"job:{username}",
                            facts={"job": "0", "outcome": "done", "thing": "表"}))  # fmt: skip
    with inside(system, read_only=False):
        commands.tell(scope=system, drafts=drafts, now=clock.now())
        Notice.objects.update(way=Way.MAIL)
    return world


def test_clicks_killed_while_it_tells_people_tells_nobody_twice(
    five_to_tell: World, postman: Postman, tmp_path: Path
) -> None:
    system = system_of(find_by_schema(five_to_tell.schema("330106")))
    address = f"smtp://127.0.0.1:{postman.server_address[1]}"
    with programs(tmp_path, "clicks", FALIN_MAIL_URL=address) as running:
        send("send_notices")
        assert postman.reached.wait(60)
        kill(running["clicks"])
        assert len(postman.taken) == 2
        postman.stuck.clear()
        with inside(system, read_only=False):  # a quarter of an hour later
            Notice.objects.filter(sent_at__isnull=True).update(claimed_at=clock.now() - timedelta(minutes=16))
        running["clicks"].start()
        send("send_notices")
        until(lambda: len(postman.taken) >= len(TOLD))
        send("send_notices")
        time.sleep(3)
    assert sorted(postman.taken) == sorted(f"{one}@example.org" for one in TOLD)
    with inside(system, read_only=True):
        assert Notice.objects.filter(sent_at__isnull=False).count() == len(TOLD)


def test_a_worker_killed_in_the_middle_of_a_file_leaves_nothing_of_it_and_another_try_makes_one(
    world: World, sign_in: Any, tmp_path: Path
) -> None:
    scope, page = world.scope("auditor3"), sign_in("auditor3")
    database, scratch = conftest.with_name(conftest.ADMIN, str(connection.settings_dict["NAME"])), _scratch(tmp_path)
    with programs(tmp_path, "clicks", "beat") as running:
        with inside(scope, read_only=False):
            job_id = ask_export(scope=scope, name="audit", query="", file_format="csv", now=clock.now())
        with psycopg.connect(database) as own:
            own.execute(f'lock table "{scope.schema}".kernel_auditentry in access exclusive mode')
            running["short"].start()
            until(lambda: list(scratch.rglob("list")))
            kill(running["short"])
            own.rollback()
        assert list(scratch.rglob("list")), "half a list of the log lies there"
        assert "正在做" in page.get(f"/jobs/{job_id}/").content.decode()
        running["short"].start()
        until(lambda: _state(scope, job_id) == "done", 90)
        assert list(scratch.rglob("list")) == []
    with inside(scope, read_only=True):
        job = Job.objects.get(id=job_id)
        (kept,) = StoredFile.objects.all()
        assert (job.attempts, job.result["file"]) == (2, str(kept.id))
        assert AuditEntry.objects.filter(act="portal.list.exported").count() == 1
    said = page.get(f"/jobs/{job_id}/").content.decode()
    assert "中断了，已重新排队" in said and "做完了" in said


def _scratch(folder: Path) -> Path:
    return folder / "home" / "tmp" / "short"


def _state(scope: Any, job_id: Any) -> str:
    with inside(scope, read_only=True):
        return str(Job.objects.get(id=job_id).state)
