"""One suite for both homes of sign-on."""

from __future__ import annotations

import re

from falin.kernel.clock import now
from tenants.identity.models import Person
from tenants.identity.oidc.models import Link
from tests.oidc.realms import Browser, Realm


def test_x(realm: Realm) -> None:
    subject = realm.enter("county", otp=True)
    county = Person.objects.get(username="county")
    Link.objects.create(issuer=realm.issuer, subject=subject, person=county, made_at=now(), made_by=0)
    browser = Browser(username="county")
    answer = browser.open("/accounts/oidc/login/?next=/people/")
    print(
        answer.status_code,
        answer.content.decode()[:3000] if answer.status_code != 200 else "",
        re.findall(
            r"<h1.*?</h1>|<input[^>]*>|<form[^>]*>|input-error[^>]*>[^<]*|instruction[^>]*>[^<]*", browser.page, re.S
        ),
    )
    assert answer.status_code == 200
    print(dict(browser.falin.session))
    answer = browser.open("/accounts/oidc/again/3/?next=/people/")
    print(answer.status_code, browser.page[:200])
    print(dict(browser.falin.session))
    answer = browser.follow(browser.falin.post("/accounts/logout/"))
    print(answer.status_code, answer.request["PATH_INFO"], browser.page[:300])
    assert 0
