"""Who may publish figures, read them, and read the visit lines behind them. Commands and queries both ask here."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from falin.kernel.refusals import Forbidden, Missing
from falin.kernel.scope import Scope
from tenants.divisions.types import Division, Level


def check_may_publish(scope: Scope) -> None:
    """:raises Forbidden: without the grant, or when the scope does not see the whole county a run is made of."""
    scope.require("figures.publish")
    if not scope.whole:
        raise Forbidden("indicators.part_of_a_county", _("汇总要用到全县（区）的记录，只有县（区）工作专班可以发布。"))


def may_publish(scope: Scope, place: Division) -> bool:
    """Whether the button stands on the page of this place: that of one's own county."""
    return scope.may("figures.publish") and scope.whole and place.is_county_body and place.id in scope.roots


def check_may_read(scope: Scope, path: Iterable[Division]) -> None:
    """
    A place's figures are read by whoever holds a role there or above it.

    :raises Missing: for every other place, as if it were not there.
    """
    scope.require("figures.read")
    if not any(place.id in scope.roots for place in path):
        raise Missing("indicators.missing", _("没有这个地方，或者不在您的范围内。"))


def may_read_lines(scope: Scope) -> bool:
    return scope.may("visits.published")


def check_may_read_lines(scope: Scope) -> None:
    scope.require("visits.published")


def check_may_read_own_lines(scope: Scope) -> None:
    """:raises Forbidden: when nobody's lines are one's own."""
    scope.require("figures.read")
    if not scope.subject_id:
        raise Forbidden("indicators.no_own_lines", _("这一页给顾问和律所看自己的到访记录，您现在的身份没有。"))


def may_export(scope: Scope, level: Level) -> bool:
    """A community's page lists visits, each with its adviser: rows. Above it stand sums."""
    return scope.may("figures.export") and (level != Level.COMMUNITY or scope.may("lists.export"))


def check_may_export(scope: Scope, level: Level) -> None:
    """:raises Forbidden: with the sentence for who takes sums home and no rows."""
    scope.require("figures.export")
    if not may_export(scope, level):
        raise Forbidden("indicators.sums_alone", _("您的身份只能导出合计。社区这一级是一次次到访，请在页面上看。"))
