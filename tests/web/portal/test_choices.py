"""A setting that is a choice is read and said by words, on the page, by programs and at the terminal; never by number."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from falin.kernel.models import AuditEntry
from falin.kernel.parameters import Parameter, declared
from falin.kernel.transactions import inside
from falin.portal import acts
from falin.runtime.home import Home
from falin.runtime.levels import settings as explained
from tenants.identity.homes import SIGN_ON
from tenants.identity.rules import SECOND_FACTOR
from tenants.settings import api
from tenants.settings.models import Setting
from tests.world import TODAY, World

CHOICES = [one for one in declared() if one.options]
TOMORROW = TODAY + timedelta(days=1)


def _set(world: World, parameter: Parameter, value: int, code: str = "33") -> None:
    Setting.objects.create(key=parameter.key, node_id=world.node(code), value=value, locked=False, valid_from="2026-01-01",
                           person_id=0, why="测试", recorded_at=world.now)  # fmt: skip
    api.forget()


def _address(world: World, parameter: Parameter, code: str = "330106", way: str = "") -> str:
    return f"/settings/{parameter.key}/{way}?place={world.node(code)}"


@pytest.mark.parametrize(
    ("parameter", "option"), [(one, option) for one in CHOICES for option in one.options],
    ids=lambda one: getattr(one, "word", getattr(one, "key", "")),
)  # fmt: skip
def test_every_option_is_words_on_the_page_for_programs_and_at_the_terminal(
    world: World, sign_in: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], parameter: Parameter, option: Any
) -> None:
    assert isinstance(parameter, Parameter)
    _set(world, parameter, option.value)
    county = sign_in("county")
    assert f"现在是 {option.label}" in county.get(_address(world, parameter)).content.decode()
    listed = county.get(f"/settings/?place={world.node('330106')}").content.decode()
    assert f">{option.label}</td>" in listed
    answer = county.get(f"/api/v1/settings/{parameter.key}/?place={world.node('330106')}").json()
    assert (answer["value"], answer["words"]) == (option.value, option.label)
    assert {"value": option.value, "word": option.word, "shown": option.label} in answer["options"]
    assert answer["steps"][0]["words"] == option.label
    for as_json in (True, False):
        explained(Namespace(key=parameter.key, at="330106", on=None, json=as_json), Home(root=tmp_path))
        said = capsys.readouterr().out
        assert (json.loads(said)["words"] == option.label) if as_json else (f": {option.label}\n" in said)


def test_no_label_of_a_figure_explains_what_its_numbers_mean() -> None:
    assert {one.key for one in CHOICES} == {SIGN_ON.key, SECOND_FACTOR.key}
    assert [one.key for one in declared() if "0 " in one.label or "1 " in one.label] == []


def test_a_choice_is_made_by_its_word_on_the_page_and_booked_by_it(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    form = county.get(_address(world, SIGN_ON)).content.decode()
    assert 'value="builtin"' in form and 'type="radio"' in form and "不另设，照上级的办" in form
    sent = {"value": "builtin", "valid_from": str(TOMORROW + timedelta(days=9)), "why": "按规定"}
    looked = county.post(_address(world, SIGN_ON, way="say/"), sent)
    assert (looked.status_code, "请核对" in looked.content.decode()) == (422, True)
    assert county.post(_address(world, SIGN_ON, way="say/"), {**sent, "checked": "on"}).status_code == 302
    assert Setting.objects.get(key=SIGN_ON.key).value == 1
    back = {**sent, "value": "-", "checked": "on"}
    assert county.post(_address(world, SIGN_ON, way="say/"), back).status_code == 302
    assert [one.value for one in Setting.objects.filter(key=SIGN_ON.key).order_by("id")] == [1, None]
    with inside(world.scope("county"), read_only=True):
        booked = AuditEntry.objects.filter(act="settings.statement.made").order_by("id")[0].after["value"]
    assert (booked, acts.value("value", booked, people={}, places={})) == ("builtin", "平台账号")


@pytest.mark.parametrize("bad", ["4", "everybody", "1", ""])
def test_a_word_that_is_none_of_them_is_refused_at_the_field_of_the_page(world: World, sign_in: Any, bad: str) -> None:
    county = sign_in("county")
    sent = {"value": bad, "valid_from": str(TOMORROW + timedelta(days=9)), "why": "按规定", "checked": "on"}
    page = county.post(_address(world, SIGN_ON, way="say/"), sent)
    assert page.status_code == 422
    assert "只能选：平台账号、统一身份、两种都可以。" in page.content.decode()
    assert not Setting.objects.filter(key=SIGN_ON.key).exists()


def test_a_program_says_the_word_or_as_before_the_number_and_a_bad_one_is_refused_at_the_field(
    world: World, sign_in: Any
) -> None:
    county, address = sign_in("county"), f"/api/v1/settings/{SIGN_ON.key}/"
    sent = {"place": world.node("330106"), "valid_from": str(TOMORROW + timedelta(days=9)), "why": "按规定"}
    for bad, code in (("some", "settings.unreadable"), (4, "settings.out_of_range"), (True, ""), (2**40, "")):
        refused = county.post(address, {**sent, "value": bad}, content_type="application/json")
        assert refused.status_code in {400, 422}, bad
        assert "value" in str(refused.json()), bad
        assert not code or refused.json()["code"] == code
    assert not Setting.objects.filter(key=SIGN_ON.key).exists()
    made = county.post(address, {**sent, "value": "keycloak"}, content_type="application/json")
    assert (made.status_code, made.json()["value"]) == (201, 2)
    asked = {"place": world.node("330106"), "valid_from": sent["valid_from"], "value": "both"}
    assert county.get(f"{address}touched/", asked).status_code == 200
    assert county.get(f"{address}touched/", {**asked, "value": "some"}).status_code == 422
    made = county.post(address, {**sent, "value": 3, "why": "再改"}, content_type="application/json")
    assert (made.status_code, made.json()["value"]) == (201, 3)


def test_an_amount_is_asked_for_with_its_unit_and_told_with_it(world: World, sign_in: Any) -> None:
    county = sign_in("county")
    page = county.get(f"/settings/duty.hours_a_month/?place={world.node('330106')}").content.decode()
    assert "现在是 8 小时" in page
    assert '<div class="f-suf">' in page
    assert "1 到 40 小时；留空" in page


@pytest.mark.parametrize(("key", "cited"), [("duty.hours_a_month", "R2.4"), (SIGN_ON.key, "平台自定（决定 16）")])
def test_a_figure_says_whether_a_rule_or_the_platform_began_with_it(
    world: World, sign_in: Any, key: str, cited: str
) -> None:
    county = sign_in("county")
    place = world.node("330106")
    assert f" · {cited}</li>" in county.get(f"/settings/{key}/?place={place}").content.decode()
    assert f"<small>{cited}</small>" in county.get(f"/settings/?place={place}").content.decode()
