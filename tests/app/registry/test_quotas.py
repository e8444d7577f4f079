"""What one tenant may take of what all share, and the plain words when it has taken it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile

from falin.kernel import clock, files, jobs, quotas
from falin.kernel.clock import legal_day
from falin.kernel.models import Job, StoredFile
from falin.kernel.quotas import EXPORT_ROWS, JOBS_A_DAY, MB, STORAGE, OverQuota
from falin.kernel.refusals import Refused
from falin.kernel.transactions import inside
from tenants.registry.commands.life import DAYS_BEFORE_REMOVAL
from tenants.registry.commands.restoring import DAYS as DAYS_OF_RESTORES
from tenants.settings import api as levels
from tenants.settings.models import Setting
from tests.world import NOW, World

KIND = "tests.quota"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture(autouse=True)
def _a_kind_of_job() -> None:
    jobs.register(KIND, lambda run: {})


def _province_says(world: World, key: str, value: int, *, of: str = "33") -> None:
    """As the province's leader says it: a day ago, and so in force now."""
    scope, said = world.scope("leader"), NOW - timedelta(days=2)
    with inside(scope, read_only=False):
        levels.make_statement(scope=scope, key=key, node_id=world.node(of), value=value, locked=False, now=said,
                              valid_from=legal_day(NOW) - timedelta(days=1), why="按各单位的规模")  # fmt: skip


def _take_in(world: World, username: str) -> StoredFile:
    scope = world.scope(username)
    with inside(scope, read_only=False):
        return files.take_in(
            scope=scope, upload=ContentFile(PNG, name="a.png"), purpose=files.PHOTO, node_id=None, now=NOW
        )


def _ask(world: World, username: str, now: datetime = NOW) -> Any:
    scope = world.scope(username)
    with inside(scope, read_only=False):
        return jobs.ask(scope=scope, kind=KIND, title="试", parameters={}, now=now)


def test_a_file_that_does_not_fit_is_refused_at_its_field_and_the_neighbour_goes_on(world: World) -> None:
    _province_says(world, STORAGE.key, 100)
    kept = _take_in(world, "county")
    with inside(world.scope("county"), read_only=False):
        StoredFile.objects.filter(id=kept.id).update(size=100 * MB - len(PNG) + 1)
    with pytest.raises(OverQuota) as refused:
        _take_in(world, "county")
    assert (refused.value.code, refused.value.field) == ("kernel.no_room", "file")
    assert "100 MB" in refused.value.message
    with inside(world.scope("county"), read_only=True):
        assert StoredFile.objects.count() == 1
        assert [use.used for use in quotas.uses(world.scope("county"), now=NOW)] == [100, 0, None]
    assert _take_in(world, "county2").size == len(PNG)


def test_the_last_byte_that_fits_is_taken(world: World) -> None:
    _province_says(world, STORAGE.key, 100)
    kept = _take_in(world, "county")
    with inside(world.scope("county"), read_only=False):
        StoredFile.objects.filter(id=kept.id).update(size=100 * MB - len(PNG))
    _take_in(world, "county")


def test_as_many_jobs_a_day_as_the_tenant_may_and_tomorrow_again(world: World) -> None:
    _province_says(world, JOBS_A_DAY.key, 10)
    for _number in range(10):
        _ask(world, "county")
    with pytest.raises(OverQuota) as refused:
        _ask(world, "street")  # another person of the same body
    assert (refused.value.code, refused.value.status) == ("kernel.jobs_a_day", 429)
    _ask(world, "county2")
    with inside(world.scope("county"), read_only=False):
        assert Job.objects.count() == 10
        Job.objects.update(created_at=NOW.replace(day=15))
    _ask(world, "county")


def test_the_province_gives_one_large_county_more_and_its_neighbour_stays_where_it_is(world: World) -> None:
    _province_says(world, JOBS_A_DAY.key, 10)
    _province_says(world, JOBS_A_DAY.key, 12, of="330106")
    for who, most in (("county", 12), ("county2", 10)):
        for _number in range(most):
            _ask(world, who)
        with pytest.raises(OverQuota):
            _ask(world, who)


@pytest.mark.parametrize(
    ("who", "key", "of", "code"),
    [
        ("county", JOBS_A_DAY.key, "330106", "settings.not_this_level"),  # nobody gives himself more
        ("county", JOBS_A_DAY.key, "330102", "settings.not_yours"),
        ("city", JOBS_A_DAY.key, "330106", "settings.not_yours"),
        ("leader", JOBS_A_DAY.key, "330106109", "settings.not_yours"),  # a street is no body
        ("leader", DAYS_BEFORE_REMOVAL.key, "330106", "settings.not_yours"),  # told for the whole province alone
        ("leader", DAYS_OF_RESTORES.key, "33", "settings.not_this_level"),  # of operators' files, which lie in no place
    ],
)
def test_nobody_but_the_province_says_what_one_body_may_take(
    world: World, who: str, key: str, of: str, code: str
) -> None:  # fmt: skip
    scope = world.scope(who)
    with pytest.raises(Refused) as refused, inside(scope, read_only=False):
        levels.make_statement(scope=scope, key=key, node_id=world.node(of), value=100, locked=False, now=NOW,
                              valid_from=legal_day(NOW) + timedelta(days=1), why="不够用")  # fmt: skip
    assert refused.value.code == code
    assert not Setting.objects.filter(key=key).exists()


def test_the_leader_raises_a_countys_limit_on_the_page(world: World, sign_in: Any) -> None:
    leader, county = sign_in("leader"), world.node("330106")
    page = leader.get(f"/settings/{STORAGE.key}/").content.decode()
    assert f'<option value="{county}">西湖区</option>' in page
    its = leader.get(f"/settings/{STORAGE.key}/?place={county}").content.decode()
    assert 'name="value"' in its
    assert "<option" not in its
    told = {
        "value": "40960",
        "valid_from": str(legal_day(clock.now()) + timedelta(days=1)),
        "why": "照片多",
        "checked": "on",
    }
    said = leader.post(f"/settings/{STORAGE.key}/say/?place={county}", told)
    assert said.status_code == 302
    assert Setting.objects.get(key=STORAGE.key).value == 40_960
    assert 'name="value"' not in sign_in("county").get(f"/settings/{STORAGE.key}/?place={county}").content.decode()


def test_what_the_system_does_by_itself_is_not_counted(world: World) -> None:
    from tenants.identity.api import system_of
    from tenants.registry.api import find_by_schema

    _province_says(world, JOBS_A_DAY.key, 10)
    system = system_of(find_by_schema(world.schema("330106")))
    for _number in range(12):
        with inside(system, read_only=False):
            jobs.ask(scope=system, kind=KIND, title="夜里", parameters={}, now=NOW)
    _ask(world, "county")


def test_an_export_of_too_many_rows_says_how_many_it_may_have(world: World) -> None:
    _province_says(world, EXPORT_ROWS.key, 1_000)
    scope = world.scope("county")
    with inside(scope, read_only=True):
        quotas.check_export(scope, 1_000, now=NOW)
        with pytest.raises(OverQuota) as refused:
            quotas.check_export(scope, 1_001, now=NOW)
    assert refused.value.code == "kernel.export_rows"
    assert "1,001" in refused.value.message


def test_the_bodys_people_and_its_operator_read_the_same_use(world: World, sign_in: Any) -> None:
    from tests.app.registry.cast import tenant_of

    _take_in(world, "county")
    _ask(world, "county", clock.now())
    own = sign_in("county").get("/api/v1/settings/use/").json()
    tenant = tenant_of(world, "330106")
    theirs = sign_in("operator").get(f"/api/v1/tenants/{tenant}/uses/").json()
    assert own == theirs[:3]
    assert [(one["key"], one["used"]) for one in own] == [
        (STORAGE.key, 1), (JOBS_A_DAY.key, 1), (EXPORT_ROWS.key, None),
    ]  # fmt: skip
    assert "本单位的用量" in sign_in("county").get("/settings/use/").content.decode()
    assert "上限" in sign_in("operator").get(f"/tenants/{tenant}/room/").content.decode()


def test_a_full_tenant_reads_the_sentence_on_the_page_where_it_uploads(world: World, sign_in: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    _province_says(world, STORAGE.key, 100)
    kept = _take_in(world, "county")
    with inside(world.scope("county"), read_only=False):
        StoredFile.objects.filter(id=kept.id).update(size=100 * MB)
    county = sign_in("county")
    sheet = county.get("/advisers/import/template.xlsx").content
    page = county.post("/advisers/import/", {"file": SimpleUploadedFile("名单.xlsx", sheet)})
    assert page.status_code == 422
    assert "放不下这个文件" in page.content.decode()
