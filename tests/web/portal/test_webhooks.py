"""The page of one receiver: all its messages, page by page, and everything since a moment told again."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest

from falin.kernel import webhooks
from falin.kernel.models import AuditEntry, WebhookMessage
from falin.kernel.transactions import inside
from tests.world import NOW, World

HOW_MANY = 120


@pytest.fixture
def endpoint(world: World) -> uuid.UUID:
    """A receiver that was told 120 times, three a minute, so that a page ends among its equals; one of ten was given up."""
    scope = world.scope("county")
    with inside(scope, read_only=False):
        made, _secret = webhooks.register_endpoint(scope=scope, name="区司法局业务系统", address="https://sfj.example.cn/in",
                                                   events=["duty.visit.logged"], now=NOW - timedelta(days=1))  # fmt: skip
        WebhookMessage.objects.bulk_create(
            WebhookMessage(endpoint_id=made, event_id=number, event="duty.visit.logged", body="{}", attempts=1,
                           at=NOW - timedelta(minutes=number // 3), told_at=NOW if number % 10 else None)
            for number in range(HOW_MANY)
        )  # fmt: skip
    return made


def _shown(page: str) -> list[str]:
    return re.findall(r'value="again:([0-9a-f-]+)"', page)


def _all(world: World) -> list[WebhookMessage]:
    with inside(world.scope("county"), read_only=True):
        return list(WebhookMessage.objects.order_by("-at", "-id"))


def _walk(client: Any, address: str, query: str) -> list[list[str]]:
    pages = []
    while True:
        page = client.get(f"{address}?{query}").content.decode()
        pages.append(_shown(page))
        older = re.search(r'rel="next" href="\?([^"]+)"', page)
        if not older:
            return pages
        query = older.group(1).replace("&amp;", "&")


def test_all_messages_are_read_page_by_page_each_once_and_the_state_stays(
    world: World, sign_in: Any, endpoint: uuid.UUID
) -> None:
    county, address = sign_in("county"), f"/webhooks/{endpoint}/"
    pages = _walk(county, address, "")
    assert [len(page) for page in pages] == [50, 50, 20]
    assert [one for page in pages for one in page] == [str(one.id) for one in _all(world)]
    (given_up,) = _walk(county, address, "state=given_up")
    assert given_up == [str(one.id) for one in _all(world) if one.told_at is None]
    assert [len(page) for page in _walk(county, address, "state=told")] == [50, 50, 8]
    for nobodys in (uuid.UUID(int=5), "nonsense"):
        assert county.get(f"{address}?before={nobodys}").status_code == 404


def test_a_program_reads_on_as_the_page_does(world: World, sign_in: Any, endpoint: uuid.UUID) -> None:
    county, found, before = sign_in("county"), list[str](), ""
    while rows := county.get(f"/api/v1/webhooks/{endpoint}/messages/", {"before": before} if before else {}).json():
        found += [row["id"] for row in rows]
        before = found[-1]
    assert found == [str(one.id) for one in _all(world)]


def test_everything_since_a_moment_is_told_again_from_the_page(world: World, sign_in: Any, endpoint: uuid.UUID) -> None:
    """09:50 of the legal clock: ten minutes before the last message, three a minute, and those of 09:50 itself."""
    county = sign_in("county")
    answer = county.post(f"/webhooks/{endpoint}/act/", {"act": "since", "since": "2026-11-16T09:50"})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/webhooks/{endpoint}/")
    assert "33 条排队再送。" in county.get(f"/webhooks/{endpoint}/").content.decode()
    again = [one for one in _all(world) if one.next_at is not None]
    assert len(again) == 33 and min(one.at for one in again) == NOW - timedelta(minutes=10)


@pytest.mark.parametrize(("since", "sentence"), [
    ("", "请填从什么时候起。"), ("yesterday", "看不懂这个时间。"), ("2099-11-17T08:00", "这个时间还没有到。"),
])  # fmt: skip
def test_a_moment_that_cannot_be_meant_is_refused_at_its_field_and_nothing_is_told_again(
    world: World, sign_in: Any, endpoint: uuid.UUID, since: str, sentence: str
) -> None:
    answer = sign_in("county").post(f"/webhooks/{endpoint}/act/", {"act": "since", "since": since})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page and len(_shown(page)) == 50
    assert [one for one in _all(world) if one.next_at is not None] == []
    with inside(world.scope("county"), read_only=True):
        assert not AuditEntry.objects.filter(act="webhooks.messages.sent_again").exists()
