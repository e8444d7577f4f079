"""What a county tells everybody: as its team writes it, and as everybody reads it."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from falin.kernel.refusals import Missing
from falin.kernel.scope import Scope
from services.desk import policies
from services.desk.models import News
from services.desk.types import NewsInfo, NewsPage, NewsState

SIZE = 30


def news_in(scope: Scope) -> QuerySet[News]:
    """Rows of the board of the counties the scope has its role for."""
    return News.objects.filter(county_id__in=scope.roots)


def list_news(*, scope: Scope, state: NewsState | None = None, before: int | None = None) -> NewsPage:
    """What the county's team wrote, newest first; ``before`` as the page before named it."""
    policies.check_may_write_news(scope)
    rows = news_in(scope)
    if state is not None:
        rows = rows.filter(state=state)
    return _page(rows, before)


def get_news(*, scope: Scope, number: int) -> NewsInfo:
    """:raises Missing: it is not the county's."""
    policies.check_may_write_news(scope)
    row = news_in(scope).filter(number=number).first()
    if row is None:
        raise missing()
    return info_of(row)


def list_public_news(*, scope: Scope, on: date, before: int | None = None) -> NewsPage:
    """What everybody may read on a day: published, begun, not over; newest first."""
    policies.check_may_read_public_news(scope)
    return _page(_public(scope, on), before)


def get_public_news(*, scope: Scope, number: int, on: date) -> NewsInfo:
    """:raises Missing: there is none, or it does not stand on that day."""
    policies.check_may_read_public_news(scope)
    row = _public(scope, on).filter(number=number).first()
    if row is None:
        raise Missing("desk.no_such_news", _("没有这条通知，或者它已经撤下、过期了。"))
    return info_of(row)


def _public(scope: Scope, on: date) -> QuerySet[News]:
    standing = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    return news_in(scope).filter(standing, state=NewsState.PUBLISHED, begins_on__lte=on)


def _page(rows: QuerySet[News], before: int | None) -> NewsPage:
    if before is not None:
        rows = rows.filter(number__lt=before)
    found = list(rows.order_by("-number")[: SIZE + 1])
    return NewsPage(
        rows=tuple(map(info_of, found[:SIZE])), next_before=found[SIZE - 1].number if len(found) > SIZE else None
    )


def missing() -> Missing:
    return Missing("desk.no_such_news", _("没有这条通知，或者它不归您管。"))


def info_of(row: News) -> NewsInfo:
    return NewsInfo(
        number=row.number, title=row.title, text=row.text, begins_on=row.begins_on, ends_on=row.ends_on,
        state=NewsState(row.state), written_at=row.written_at, published_at=row.published_at,
        changed_at=row.changed_at, withdrawn_at=row.withdrawn_at, why=row.why,
    )  # fmt: skip
