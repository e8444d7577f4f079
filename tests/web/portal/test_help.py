"""Help that knows the page and the role, the terms, and how both are found."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from falin import ui
from falin.kernel.checks import door_of, walk
from falin.kernel.rest import DoorView
from falin.portal.help import START, TOPICS, topic_of
from falin.portal.terms import TERMS
from tenants.identity.api import Role
from tenants.identity.roles import GRANTS
from tests.world import World


def test_every_page_a_role_may_open_has_help_that_role_may_read() -> None:
    """A page that nobody wrote help for falls to the first topic, which is for home alone."""
    bare, closed = [], []
    for route, name, view in walk():
        owner, grant = getattr(view, "cls", None), getattr(view, "door_grant", "")
        if (isinstance(owner, type) and issubclass(owner, DoorView)) or not grant or door_of(view) is None:
            continue
        topic = topic_of(route)
        if topic is START and name not in {"portal:home", "portal:hat", "portal:first-day-away"}:
            bare.append(route)
        for role, held in GRANTS.items():
            if set(grant.split()) & held and "home.read" in held and not set(topic.grant.split()) & held:
                closed.append((route, str(role), topic.key))
    assert bare == [] and closed == []


def test_every_role_reads_first_what_it_does_here() -> None:
    assert set(START.by_role) == set(Role) - {Role.RESIDENT}


def test_topics_and_terms_are_named_once_and_point_at_each_other() -> None:
    keys, words = [topic.key for topic in TOPICS], [term.key for term in TERMS]
    assert len(keys) == len(set(keys)) and len(words) == len(set(words))
    assert {word for topic in TOPICS for word in topic.words} - set(words) == set()


@pytest.mark.parametrize(("path", "key"), [("/advisers/", "advisers"), ("/advisers/vacancies/", "appointing"), ("/", "today"),
                                           ("/me/security/", "account"), ("/duty/months/", "months")])  # fmt: skip
def test_the_button_on_a_page_leads_to_the_help_for_that_page(path: str, key: str, world: World, sign_in: Any) -> None:
    page = sign_in("county").get(path).content.decode()
    (url,) = set(re.findall(r'<a class="f-bell f-bell--help" href="([^"]+)"', page))
    assert url == reverse("portal:help-topic", args=[key])


def test_each_reads_what_concerns_his_role_first_and_not_what_is_for_others(world: World, sign_in: Any) -> None:
    county = sign_in("county").get("/help/people/").content.decode()
    assert "您给本县（区）的街道专员和社区联络员授予身份。" in county and "您提议省、市两级的身份" not in county
    assert sign_in("street").get("/help/months/").status_code == 404
    assert "/help/months/" not in sign_in("street").get("/help/").content.decode()


def test_a_term_stands_in_three_languages_with_its_rule(world: World, sign_in: Any) -> None:
    page = sign_in("street").get("/help/terms/").content.decode()
    for wanted in ('id="coverage"', "R4.2", ">法律顧問<", ">Legal advisers<", "平台自己的"):
        assert wanted in page, wanted
    terms = {term["key"]: term for term in sign_in("street").get("/api/v1/help/terms/").json()}
    assert terms["review"]["traditional"] == "季度覆核" and set(terms) == {term.key for term in TERMS}


def test_help_and_terms_are_found_by_search(world: World, sign_in: Any) -> None:
    def found(text: str) -> list[tuple[str, str]]:
        groups = sign_in("county").get("/api/v1/search/", {"q": text, "kind": "help"}).json()
        return [(hit["name"], hit["url"]) for group in groups for hit in group["hits"]]

    assert ("月度结账", "/help/months/") in found("结账") and ("月度结账", "/help/terms/#closing") in found("ydjz")
    assert found("没有这样的词") == []


def test_the_page_of_keys_lists_exactly_the_keys_that_scripts_know(world: World, sign_in: Any) -> None:
    script = (Path(ui.__file__).parent / "frontend" / "js" / "app.js").read_text(encoding="utf-8")
    (table,) = re.findall(r"const KEYS = \{\n(.*?)\n\};", script, re.DOTALL)
    known = re.findall(r'^  "(.+?)": ', table, re.MULTILINE)
    assert known and script.count('"keydown"') == 2  # the other: a blank on the button of the menu
    page = html.unescape(sign_in("street").get("/help/keys/").content.decode())
    lines = re.findall(r"<li>“([^”<]+)”[^<]*：", page)
    assert sorted(lines) == sorted(known)


def test_single_keys_are_switched_off_where_they_are_explained_and_stay_so(world: World, sign_in: Any) -> None:
    """Who speaks to his computer must be able to (WCAG 2.1.4)."""
    street = sign_in("street")
    assert 'data-keys="off"' not in street.get("/").content.decode()
    answer = street.post("/prefs/", {"keys": "off", "next": "/help/keys/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/help/keys/")
    page = street.get("/help/keys/").content.decode()
    assert '<html lang="zh-CN" dir="ltr" data-size="16" data-contrast="normal" data-care="off" data-keys="off">' in page
    assert 'name="keys" value="on"' in page
