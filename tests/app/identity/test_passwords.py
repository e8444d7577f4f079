"""Which passwords are taken: long enough, in any script, not known to attackers, not about the person; never by composition."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from tenants.identity import passwords
from tenants.identity.models import Person
from tenants.identity.queries.account import phone_index
from tests.world import World


def refusals(password: str, person: Person | None = None) -> list[str]:
    try:
        validate_password(password, person)
    except ValidationError as error:
        return [str(one.code) for one in error.error_list]
    return []


@pytest.fixture
def person(world: World) -> Person:
    made = Person.objects.get(username="county")
    made.email, made.phone_index = "ye.office@example.cn", phone_index("13812345678")
    made.save()
    return made


@pytest.mark.parametrize(
    "password",
    ["西湖边上有三棵老樟树，夏天很凉快。", "three words and spaces", "onlysmallletterswithoutanything", "8245 9174 3306 1725",
     "x1" + "long enough to be a whole paragraph of its own " * 4],
)  # fmt: skip
def test_length_is_enough_in_any_script_without_rules_of_composition(password: str) -> None:
    assert refusals(password) == []


def test_fifteen_alone_eight_beside_a_second_factor_and_256_at_most(person: Person) -> None:
    assert refusals("cobalt-ferns-9", person) == ["password_too_short"]
    assert refusals("cobalt-ferns-93", person) == []
    Authenticator.objects.create(user=person, type="totp", data={})
    assert refusals("ferns-93", person) == []
    assert refusals("fern-93", person) == ["password_too_short"]
    assert "password_too_long" in refusals("ab cd ef " * 29, person)


@pytest.mark.parametrize(
    "password",
    ["woaini1314520", "WoAiNi 1314520", "zaq12wsx",
     "１２３４５６７８９０１２３４５", "haohaoxuexitiantianxiangshang", "为人民服务", "password1234",
     "123456789012345", "qwertyuiopasdfgh", "aaaaaaaaaaaaaaaaaaa", "woaini520woaini520woaini520",
     "abcabcabcabcabcabc",

     "zhonghuarenmingongheguo", "sifaju2026", "falvguwen2026"],
)  # fmt: skip
def test_what_attackers_try_first_is_refused(password: str) -> None:
    assert "password_too_common" in refusals(password)


@pytest.mark.parametrize(
    "password",
    ["叶明远叶明远西湖区叶明远2026", "yemingyuan-yemingyuan", "13812345678-2026-ab", "西湖区西湖区西湖区西湖区叶明远",
     "county-county-county-1",
     "ye.office.2026.county"],
)  # fmt: skip
def test_what_is_mostly_the_persons_name_telephone_or_office_is_refused(person: Person, password: str) -> None:
    assert "password_about_oneself" in refusals(password, person)
    assert "password_about_oneself" not in refusals(password, Person.objects.get(username="county3"))


def test_a_sentence_that_only_mentions_him_is_taken(person: Person) -> None:
    assert refusals("叶明远种的番茄今年一个也没有红", person) == []
    assert refusals("13912345678 rings while ferns grow", person) == []


def test_full_width_letters_and_composed_accents_are_one_password(person: Person) -> None:
    person.set_password("Ｃafé noir à huit heures")
    person.save()
    for typed in ("Café noir à huit heures", "Cafe\u0301 noir a\u0300 huit heures"):
        assert Person.objects.get(pk=person.pk).check_password(typed)
    assert not person.check_password("cafe noir a huit heures")


def test_a_password_that_turns_out_to_be_common_has_to_go_and_no_other(person: Person) -> None:
    person.set_password("woaini1314520")
    person.save()
    client = Client()
    client.post("/accounts/login/", {"login": "county", "password": "woaini1314520"})
    assert client.get("/").headers["Location"] == "/accounts/password/change/"
    person.set_password("西湖边上有三棵老樟树，夏天很凉快。")
    person.must_change_password = False
    person.save()
    client = Client()
    client.post("/accounts/login/", {"login": "county", "password": "西湖边上有三棵老樟树，夏天很凉快。"})
    assert client.get("/").status_code == 200


def test_the_form_takes_spaces_at_the_ends_and_tells_when_it_is_long_enough(person: Person) -> None:
    client: Any = Client()
    person.set_password(" spaces at both ends ")
    person.save()
    client.post("/accounts/login/", {"login": "county", "password": " spaces at both ends "})
    page = client.get("/accounts/password/change/").content.decode()
    assert page.count('pattern=".{15,}"') == 2
    assert "已有 15 个字符，够长了" in page
    assert "onpaste" not in page
    assert page.count("data-show=") == 3


def test_the_list_that_is_shipped_is_one_a_line_in_small_letters() -> None:
    lines = (passwords._OWN_LIST).read_text().splitlines()
    assert len(lines) > 200
    assert lines == sorted(set(lines))
    assert all(line == line.lower().strip() and line for line in lines)
