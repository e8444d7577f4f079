"""Finished jobs, ended invitations, answered feedback and the contacts of who left go in time; what is not over never goes."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from falin.config.tasks import clean_up
from falin.kernel import clock, parameters, retention
from falin.kernel.models import AuditEntry, Job, JobState
from falin.kernel.scope import PUBLIC_SCHEMA, Scope
from falin.kernel.transactions import inside, shared
from services.desk.models import Feedback
from tenants.identity.api import create_person
from tenants.identity.models import Binding, Invitation, Person
from tenants.identity.types import Standing
from tests.world import NOW, World


@pytest.fixture
def scope(world: World) -> Scope:
    return world.scope("county")


@pytest.fixture
def jobs(scope: Scope) -> None:
    """One that ended, one that failed a day later, one that waits and one that runs."""
    ends = {JobState.DONE: 0, JobState.FAILED: 1, JobState.QUEUED: None, JobState.RUNNING: None}
    with inside(scope, read_only=False):
        for state, days in ends.items():
            Job.objects.create(kind="tests", title=state, person_id=scope.person_id, scope={}, state=state,
                               created_at=NOW - timedelta(days=1),
                               ended_at=None if days is None else NOW + timedelta(days=days))  # fmt: skip


def left(scope: Scope) -> list[str]:
    with inside(scope, read_only=True):
        return sorted(Job.objects.values_list("state", flat=True))


def run(schema: str, *, days: int) -> int:
    with time_machine.travel(NOW + timedelta(days=days, hours=1), tick=True):
        return clean_up(schema)


def test_a_finished_job_goes_after_a_year_and_an_open_one_never(scope: Scope, jobs: None) -> None:
    assert run(scope.schema, days=364) == 0
    assert run(scope.schema, days=365) == 1
    assert left(scope) == ["failed", "queued", "running"]
    assert run(scope.schema, days=4000) == 1
    assert left(scope) == ["queued", "running"]
    with inside(scope, read_only=True):
        booked = AuditEntry.objects.filter(act="kernel.rows.removed").order_by("id")
        assert [(row.role, row.after) for row in booked] == [
            ("system", {"purpose": "job", "days": 365, "rows": 1}),
        ] * 2


def test_more_than_a_batch_goes_in_one_night(scope: Scope, jobs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 1)
    assert run(scope.schema, days=366) == 2


def test_a_province_may_keep_jobs_for_fewer_days(scope: Scope, jobs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parameters, "_resolver", [lambda key, node, day: 60 if key == "kernel.jobs_kept" else None])
    assert run(scope.schema, days=60) == 1


@pytest.fixture
def invitations(world: World) -> None:
    with shared(read_only=False) as system:
        person = create_person(scope=system, username="guest", name="来宾", password=None, encoded="!", now=NOW)
        for name, used, days in (("used", NOW, 3), ("too old", None, 3), ("open", None, 50)):
            Invitation.objects.create(token_hash=name, person_id=person.id, made_at=NOW, made_by=0, used_at=used,
                                      expires_at=NOW + timedelta(days=days))  # fmt: skip


def test_an_invitation_goes_a_month_after_it_ended_and_an_open_one_stays(world: World, invitations: None) -> None:
    assert run(world.schema("330106"), days=40) == 0  # they lie in the shared schema, and are no county's to remove
    assert run(PUBLIC_SCHEMA, days=32) == 0
    assert run(PUBLIC_SCHEMA, days=33) == 2
    with shared(read_only=True):
        assert list(Invitation.objects.values_list("token_hash", flat=True)) == ["open"]
        booked = AuditEntry.objects.get(act="kernel.rows.removed").after
    assert booked == {"purpose": "invitation", "days": 30, "rows": 2}


def test_who_left_can_be_reached_for_a_year_and_then_only_be_named(world: World) -> None:
    """The last role counts, whether it was ended or ran out; who still holds one, or waits for one, is not touched."""
    with shared(read_only=False) as system:
        for name, roles in (
            ("left", (-40, -3)),
            ("ran out", (-2,)),
            ("still here", (-40, None)),
            ("comes", (-40, 900)),
        ):
            person = create_person(scope=system, username=name, name="来宾", password=None, encoded="!", now=NOW,
                                   email=f"{name}@example.cn".replace(" ", "."))  # fmt: skip
            for n, days in enumerate(roles):
                until = None if days is None else (NOW + timedelta(days=days)).date()
                Binding.objects.create(
                    person_id=person.id, role="liaison", node_id=world.node("330106109201") + n, granted_by=0, reason="测试",
                    created_at=NOW, valid_from=date(2020, 1, 1), valid_to=until, standing=Standing.CONFIRMED,
                    ended_at=NOW + timedelta(days=days) if name == "left" and days else None,
                )  # fmt: skip
        again = create_person(
            scope=system, username="same", name="来宾", password=None, encoded="!", now=NOW, email="a@b.cn"
        )
        Person.objects.filter(id=again.id).update(merged_into=Person.objects.get(username="ran out"))
    assert run(world.schema("330106"), days=500) == 0  # the register is shared, and no county's to empty
    assert run(PUBLIC_SCHEMA, days=361) == 0
    assert run(PUBLIC_SCHEMA, days=362) == 1
    assert run(PUBLIC_SCHEMA, days=400) == 1
    assert run(PUBLIC_SCHEMA, days=401) == 0
    kept = dict(Person.objects.filter(name="来宾").values_list("username", "email"))
    assert kept == {"left": "", "ran out": "", "same": "", "still here": "still.here@example.cn",
                    "comes": "comes@example.cn"}  # fmt: skip
    with shared(read_only=True):
        booked = AuditEntry.objects.filter(act="identity.contacts.erased").order_by("id")
        assert [(row.role, row.why[:4]) for row in booked] == [("system", "保存期满")] * 2


def test_feedback_goes_two_years_after_its_answer_and_never_before_it(world: World) -> None:
    for answered in (None, NOW):
        Feedback.objects.create(person_id=1, role="liaison", tenant_id=0, page="/", text="看不清", release="", at=NOW,
                                answer="改好了" if answered else "", answered_at=answered)  # fmt: skip
    assert run(PUBLIC_SCHEMA, days=729) == 0
    assert run(PUBLIC_SCHEMA, days=3000) == 1
    assert Feedback.objects.get().answered_at is None


def test_a_removal_that_is_undone_leaves_rows_and_log_as_they_were(scope: Scope, jobs: None) -> None:
    with pytest.raises(ZeroDivisionError), inside(scope, read_only=False):
        assert retention.remove(scope=scope, now=NOW + timedelta(days=500)) == 2
        raise ZeroDivisionError
    assert len(left(scope)) == 4
    with inside(scope, read_only=True):
        assert not AuditEntry.objects.filter(act="kernel.rows.removed").exists()


def test_the_page_and_the_command_say_what_would_go_and_touch_nothing(scope: Scope, jobs: None, sign_in: Any) -> None:
    over = clock.now() - timedelta(days=400)
    with inside(scope, read_only=False):
        Job.objects.exclude(ended_at=None).update(ended_at=over)
    out = io.StringIO()
    call_command("retention", "preview", stdout=out)
    assert f"{scope.schema}  做完的任务和它的日志 > 365 d: 2 ({over.date()})" in out.getvalue()
    page = sign_in("county").get("/settings/kept/").content.decode()
    row = page[page.index("做完的任务和它的日志") :].split("</tr>", 1)[0]
    assert "365 天" in row
    assert ">2</td>" in row
    found = {one["purpose"]: one["due"] for one in sign_in("county").get("/api/v1/settings/kept/").json()}
    assert found["job"] == 2
    assert "invitation" not in found
    assert len(left(scope)) == 4
