"""When advisers can be met, as posted on the notice board."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any, Final

from django.db.models import Q, QuerySet

from falin.kernel import sorting
from falin.kernel.scope import Scope
from services.duty import policies
from services.duty.models import PostedHours
from services.duty.types import HoursPosted, Post
from tenants.divisions.api import Division, Level, list_communities, list_divisions
from tenants.divisions.rules import sound_of

# What the list of communities and their hours stands by; else the unposted first, then by street.
POST_ORDERS: Final[dict[str, Callable[[Post], Any]]] = {
    "community": lambda post: (sound_of(post.node_name).pinyin, post.node_name),
    "time": lambda post: (post.posted.weekdays, post.posted.begins_at) if post.posted else ((), time.min),
    "room": lambda post: post.posted.room if post.posted else "",
}


def posted_in(scope: Scope) -> QuerySet[PostedHours]:
    """Rows of the board at or below the places the scope has its role for."""
    roots = scope.roots
    return PostedHours.objects.filter(
        Q(province_id__in=roots) | Q(city_id__in=roots) | Q(county_id__in=roots) | Q(street_id__in=roots)
        | Q(node_id__in=roots)
    )  # fmt: skip


def list_posted(*, scope: Scope, node_id: int | None = None) -> dict[int, HoursPosted]:
    """What is posted in the scope's places, by community; of one community, where it is named."""
    policies.check_may_read_posted(scope)
    rows = posted_in(scope) if node_id is None else posted_in(scope).filter(node_id=node_id)
    return {row.node_id: info_of(row) for row in rows}


def list_own_posted(*, scope: Scope) -> dict[int, HoursPosted]:
    """What is posted for the adviser's own communities."""
    policies.check_may_read_own(scope)
    return {row.node_id: info_of(row) for row in PostedHours.objects.filter(node_id__in=scope.nodes)}


def list_posts(*, scope: Scope, sort: str = "") -> list[Post]:
    """
    The scope's communities, each with what is posted for it; the unposted first, then by street.

    :param sort: one of ``POST_ORDERS``, with - before it the other way round.
    """
    policies.check_may_post(scope)
    posted = list_posted(scope=scope)
    places = _communities(scope)
    above = list_divisions({place.street_id for place in places if place.street_id})
    streets = {street.id: street for street in above}
    posts = [
        (place.id in posted, streets[place.street_id].code if place.street_id in streets else "", place.code,
         Post(node_id=place.id, node_name=place.name, posted=posted.get(place.id),
              street_name=streets[place.street_id].name if place.street_id in streets else ""))
        for place in places
    ]  # fmt: skip
    found = [post for *_order, post in sorted(posts, key=lambda one: one[:3])]
    return sorting.in_order(found, sort, POST_ORDERS)


def _communities(scope: Scope) -> list[Division]:
    """The communities below the places the scope has its role for; a community's own liaison has that one."""
    found = {place.id: place for root in scope.roots for place in list_communities(root)}
    found |= {place.id: place for place in list_divisions(scope.roots) if place.level == Level.COMMUNITY}
    return list(found.values())


def info_of(row: PostedHours) -> HoursPosted:
    return HoursPosted(node_id=row.node_id, weekdays=tuple(row.weekdays), begins_at=row.begins_at, ends_at=row.ends_at,
                       room=row.room, posted_at=row.posted_at)  # fmt: skip
