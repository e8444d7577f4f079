"""A county's team writes what everybody is told, publishes, corrects and withdraws it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from falin.kernel import audit, outbox
from falin.kernel.clock import legal_day
from falin.kernel.refusals import Forbidden, Invalid, Refused
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import News
from services.desk.queries.news import info_of, missing, news_in
from services.desk.rules import TEXT_LONGEST, TITLE_LONGEST, as_paragraphs, names_somebody
from services.desk.types import NewsInfo, NewsState
from tenants.divisions.api import get_division


def write_news(
    *, scope: Scope, title: str, text: str, begins_on: date, ends_on: date | None, now: datetime
) -> NewsInfo:  # fmt: skip
    """
    Write a draft, which nobody outside the team reads.

    :raises Invalid: empty, too long, with somebody's number in it, or over before it begins.
    """
    policies.check_may_write_news(scope)
    if not scope.roots:
        raise Forbidden("desk.no_county", _("您的身份不对应哪个县（区）。"))
    said = _checked(title, text, begins_on, ends_on)
    county = get_division(scope.roots[0])
    with connection.cursor() as cursor:  # two of the team at once: one number after the other
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"desk.news:{county.id}"])
    last = News.objects.filter(county_id=county.id).aggregate(last=Max("number"))["last"] or 0
    row = News.objects.create(
        province_id=county.province_id, city_id=county.city_id, county_id=county.id, node_id=county.id, number=last + 1,
        state=NewsState.DRAFT, person_id=scope.person_id, written_at=now, **said,
    )  # fmt: skip
    _book(scope, "desk.news.written", row, before={}, after=_facts(row), now=now)
    return info_of(row)


def change_news(
    *, scope: Scope, number: int, title: str, text: str, begins_on: date, ends_on: date | None, now: datetime
) -> NewsInfo:  # fmt: skip
    """
    Put it in other words or on other days; what is published says when it was corrected.

    :raises Missing: it is not the county's. :raises Refused: it was withdrawn. :raises Invalid: as for a draft.
    """
    policies.check_may_write_news(scope)
    said = _checked(title, text, begins_on, ends_on)
    row = _locked(scope, number)
    before = _facts(row)
    for name, value in said.items():
        setattr(row, name, value)
    after = _facts(row)
    if before == after:
        return info_of(row)
    if row.state == NewsState.PUBLISHED:
        row.changed_at = now
    row.save(update_fields=[*said, "changed_at"])
    _book(scope, "desk.news.changed", row, before=before, after=after, now=now)
    return info_of(row)


def publish_news(*, scope: Scope, number: int, now: datetime) -> NewsInfo:
    """
    Let everybody read it, from its first day on; publishing again changes nothing.

    :raises Missing: it is not the county's. :raises Refused: it was withdrawn, or is over already.
    """
    policies.check_may_write_news(scope)
    row = _locked(scope, number)
    if row.state == NewsState.PUBLISHED:
        return info_of(row)
    if row.ends_on is not None and row.ends_on < legal_day(now):
        raise Refused("desk.news_over", _("结束的日期已经过了，请先改日期。"))
    row.state, row.published_at = NewsState.PUBLISHED, now
    row.save(update_fields=["state", "published_at"])
    _book(scope, "desk.news.published", row, before={}, after=_facts(row), now=now)
    return info_of(row)


def withdraw_news(*, scope: Scope, number: int, why: str, now: datetime) -> NewsInfo:
    """
    Take it off the public pages for good; the row, the reason and the history stay.

    :raises Missing: it is not the county's. :raises Refused: it was withdrawn. :raises Invalid: no reason.
    """
    policies.check_may_write_news(scope)
    why = why.strip()
    if not why:
        raise Invalid("desk.news_without_a_reason", _("请写明为什么撤下。"), field="why")
    row = _locked(scope, number)
    row.state, row.withdrawn_at, row.why = NewsState.WITHDRAWN, now, why[:200]
    row.save(update_fields=["state", "withdrawn_at", "why"])
    _book(scope, "desk.news.withdrawn", row, before=_facts(row), after={}, now=now, why=row.why)
    return info_of(row)


def _locked(scope: Scope, number: int) -> News:
    row = news_in(scope).select_for_update(of=("self",)).filter(number=number).first()
    if row is None:
        raise missing()
    if row.state == NewsState.WITHDRAWN:
        raise Refused("desk.news_withdrawn", _("这条通知已经撤下，不能再改。要再说，请另写一条。"))
    return row


def _checked(title: str, text: str, begins_on: date, ends_on: date | None) -> dict[str, object]:
    title, text = " ".join(as_paragraphs(title).split()), as_paragraphs(text)
    for field, value, most in (("title", title, TITLE_LONGEST), ("text", text, TEXT_LONGEST)):
        if not value:
            raise Invalid("desk.news_empty", _("请写标题。") if field == "title" else _("请写正文。"), field=field)
        if len(value) > most:
            raise Invalid("desk.news_too_long", _("请不要超过 %(n)d 字。") % {"n": most}, field=field)
        if names_somebody(value):
            raise Invalid(
                "desk.news_with_numbers",
                _("谁都会看到：请不要写证件号码和个人手机号，联系电话请写办公电话。"),
                field=field,
            )
    if ends_on is not None and ends_on < begins_on:
        raise Invalid("desk.news_end_before", _("结束的日期不能早于开始的日期。"), field="ends_on")
    return {"title": title, "text": text, "begins_on": begins_on, "ends_on": ends_on}


def _facts(row: News) -> dict[str, object]:
    return {"title": row.title, "text": row.text, "begins_on": row.begins_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else ""}  # fmt: skip


def _book(
    scope: Scope, act: str, row: News, *, before: dict[str, object], after: dict[str, object], now: datetime,
    why: str = "",
) -> None:  # fmt: skip
    audit.record(scope=scope, act=act, subject=("news", row.number), node_id=row.node_id, now=now, before=before, after=after,
                 why=why)  # fmt: skip
    outbox.put(scope=scope, event=act, version=1, key=f"news:{row.number}", now=now,
               payload={"news": row.number, "node_id": row.node_id, "title": row.title})  # fmt: skip
