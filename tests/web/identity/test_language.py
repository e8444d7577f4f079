"""The language one is written to is one's own: chosen while signed in, kept with the person, and nobody else's."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import translation
from icalendar import Calendar

from falin.kernel.models import AuditEntry, Job
from falin.kernel.transactions import inside, shared
from services.desk.models import Notice
from services.desk.tasks import send_due
from services.desk.types import Way
from tenants.identity.commands import erase_contacts_of_account
from tenants.identity.models import Binding, Person
from tenants.identity.signing import sending
from tests.app.desk.test_notices import _relay, _system
from tests.app.duty.cast import GEM, SINCE, VILLAGE, Adviser, engage
from tests.web.identity.test_codes import CODE, MOBILE, ask, reachable, sent
from tests.web.identity.way_in import deliver, text
from tests.web.portal.test_exports import _export, peopled
from tests.world import NOW, World

__all__ = ["peopled", "reachable", "sent"]


@pytest.fixture(autouse=True)
def _today() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=True) as clock:
        yield clock


def choose(client: Client, language: str) -> None:
    assert client.post("/prefs/", {"language": language}).status_code == 302


def written_in(username: str) -> str:
    return str(Person.objects.get(username=username).language)


@pytest.fixture
def two(world: World) -> tuple[Adviser, Adviser]:
    """Two advisers with accounts and addresses, each told of an appointment."""
    lu = engage(world, begins_on=SINCE, places=(("county", VILLAGE),))
    gu = engage(world, "顾听澜", username="gutinglan", number=2, begins_on=SINCE, places=(("county", GEM),))
    for one in (lu, gu):
        Person.objects.filter(username=one.username).update(email=f"{one.username}@example.org")
    return lu, gu


def test_who_chose_english_is_mailed_in_english_and_the_others_in_chinese(
    world: World, two: tuple[Adviser, Adviser], sign_in: Any
) -> None:
    lu, gu = two
    choose(sign_in(lu.username), "en")
    assert (written_in(lu.username), written_in(gu.username)) == ("en", "")
    _relay(world)
    with translation.override("en"):  # whatever the process speaks that sends
        assert send_due(_system(world)) == 2
    found = {message.to[0].split("@")[0]: message for message in mail.outbox}
    assert found[lu.username].subject == "Falin: you have 1 new notices"
    assert found[lu.username].body.startswith("You are the legal adviser of 湖埠村")
    assert found[gu.username].subject == "法邻：您有 1 条新通知"
    assert found[gu.username].body.startswith("您从 2026年1月1日起担任宝石社区的法律顾问。")


def test_several_in_one_mail_and_a_text_message_are_in_ones_language_too(
    world: World, two: tuple[Adviser, Adviser], sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lu, gu = two
    choose(sign_in(lu.username), "en")
    choose(sign_in(gu.username), "zh-hant")
    _relay(world)
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr(sending, "send_sms", lambda number, said: texts.append((number, said)))
    monkeypatch.setattr(sending, "phone_of", lambda person: person.username)
    with inside(_system(world), read_only=False):
        Notice.objects.update(way=Way.SMS)
    assert send_due(_system(world)) == 2
    assert sorted(texts) == [
        (gu.username, "法鄰：您有 1 條新通知，請登錄查看。"),
        (lu.username, "Falin: you have 1 new notices. Please sign in to read them."),
    ]


def test_the_choice_is_there_on_a_browser_that_knows_of_none_and_a_browsers_own_comes_first(
    world: World, sign_in: Any
) -> None:
    choose(sign_in("county"), "en")
    phone = sign_in("county")
    assert '<html lang="en"' in phone.get("/").content.decode()
    assert phone.get("/").headers["Content-Language"] == "en"
    assert phone.get("/api/v1/today/", headers={"accept-language": "zh-hans"}).headers["Content-Language"] == "en"
    phone.cookies["falin_prefs"] = "language=zh-hant&size=24"
    assert '<html lang="zh-Hant"' in phone.get("/").content.decode()
    phone.cookies["falin_prefs"] = "size=24"
    page = phone.get("/").content.decode()
    assert '<html lang="en"' in page and 'data-size="24"' in page
    phone.post("/accounts/logout/")
    assert '<html lang="zh-CN"' in phone.get("/accounts/login/").content.decode()
    assert '<html lang="zh-CN"' in sign_in("street").get("/").content.decode()


def test_without_an_account_the_choice_is_the_browsers_alone_and_no_public_page_keeps_a_persons(
    world: World, sign_in: Any
) -> None:
    visitor = Client()
    choose(visitor, "en")
    assert '<html lang="en"' in visitor.get("/accounts/login/").content.decode()
    assert not Person.objects.exclude(language="").exists()
    county = sign_in("county")
    choose(county, "en")
    again = sign_in("county")
    assert '<html lang="en"' in again.get("/public/").content.decode()
    assert '<html lang="zh-CN"' in Client().get("/public/").content.decode()


def test_choosing_is_booked_once_and_what_is_no_language_or_no_choice_of_one_changes_nothing(
    world: World, sign_in: Any
) -> None:
    client = sign_in("county")
    for language in ("xx", "", "en", "en"):
        client.post("/prefs/", {"language": language})
    client.post("/prefs/", {"size": "24"})
    assert written_in("county") == "en"
    assert not Person.objects.exclude(username="county").exclude(language="").exists()
    with shared(read_only=True):
        entry = AuditEntry.objects.get(act="identity.language.chosen")
    assert (entry.before, entry.after) == ({"language": ""}, {"language": "en"})
    shown = client.get("/api/v1/me/security/").json()
    assert shown["language"] == "en"
    assert (
        client.put("/api/v1/me/language/", {"language": "zh-hant"}, content_type="application/json").status_code == 204
    )
    assert written_in("county") == "zh-hant"
    assert client.put("/api/v1/me/language/", {"language": "xx"}, content_type="application/json").status_code == 422


def test_a_code_and_what_happened_to_the_account_are_said_in_it(
    reachable: World, sent: list[tuple[str, str]], sign_in: Any
) -> None:
    choose(sign_in("county"), "en")
    client = ask()
    deliver()
    assert sent[-1][1].startswith("Your code is ")
    code = sent[-1][1].removeprefix("Your code is ")[:6]
    assert client.post(CODE, {"code": code, "password": "the heron stands in the shallow water"}).status_code == 302
    deliver()
    assert sent[-1][0] == MOBILE and "password" in sent[-1][1] and "您" not in sent[-1][1]
    Person.objects.filter(username="county").update(language="")
    ask()
    deliver()
    assert sent[-1][1].startswith("验证码 ")


def test_a_calendar_is_in_the_language_of_whose_it_is(world: World, two: tuple[Adviser, Adviser], sign_in: Any) -> None:
    client = sign_in("county")
    held = Binding.objects.get(person__username="county")
    page = client.post("/calendar/subscribe/", {"binding": held.pk}).content.decode()
    address = page[page.index("/calendar/flk_") :].split(".ics")[0] + ".ics"
    assert str(Calendar.from_ical(Client().get(address).content)["x-wr-calname"]) == "法邻日历"
    choose(client, "en")
    answer = Client().get(address)
    assert str(Calendar.from_ical(answer.content)["x-wr-calname"]) == "Falin calendar"
    assert answer.headers["Content-Language"] == "en"


def test_what_a_job_says_and_writes_is_in_the_language_it_was_asked_in(
    world: World, peopled: Adviser, sign_in: Any
) -> None:
    """By a worker, which speaks Chinese."""
    client, scope = sign_in("county"), world.scope("county")
    choose(client, "en")
    heads = _export(client, scope, "firms")[0]
    with inside(scope, read_only=True):
        assert Job.objects.get().log.splitlines()[-1] == "Done."
    assert heads[0] == "Name"


def test_ones_own_data_name_it_and_it_goes_with_what_one_was_reached_by(world: World, sign_in: Any) -> None:
    client = sign_in("county")
    choose(client, "en")
    archive = zipfile.ZipFile(BytesIO(client.post("/me/data/").content))
    assert json.loads(archive.read("data.json"))["account"]["language"] == "en"
    assert "English" in archive.read("data.html").decode()
    Person.objects.filter(username="county").update(email="county@example.org")
    Binding.objects.filter(person__username="county").update(ended_at=NOW - timedelta(days=1))
    with shared(read_only=False) as system:
        erase_contacts_of_account(scope=system, person_id=Person.objects.get(username="county").id, why="离开", now=NOW)
    assert written_in("county") == ""


def test_the_page_of_ways_says_where_the_language_comes_from(world: World, sign_in: Any) -> None:
    assert "邮件、短信和日历用您选的语言写" in text(sign_in("county").get("/desk/notices/ways/"))
