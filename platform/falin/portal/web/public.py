"""
The public pages of each county: which adviser is my community's, when he can be met, what was reached. Nobody signs in.

They hold nothing of the reader, so that a proxy may keep them and a browser asks only whether they changed; a page that
was just made is given out again for a minute, whoever asks.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape, linebreaks
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from falin.kernel.clock import legal_day, now
from falin.kernel.doors import open_door
from falin.kernel.refusals import Invalid, Missing
from falin.kernel.transactions import inside, shared
from falin.portal import meeting, nearby, public, public_map
from falin.portal.public import Face
from falin.portal.public_map import Choice, Pinned
from falin.portal.search import words
from falin.ui.figures import MapPoint, MapRow
from tenants.divisions.api import Level

REASON = "what a county published for everybody; read in a scope that reaches nothing else"
CACHE = "public, max-age=0, s-maxage=300, must-revalidate"
_FRESH = 60.0  # seconds
_MOST = 400  # pages
_kept: OrderedDict[tuple[object, ...], tuple[float, bytes, str]] = OrderedDict()

# What stays the same for every county: its words are in the template.
TEXTS = {
    "help": gettext_lazy("怎样求助"),
    "privacy": gettext_lazy("隐私说明"),
    "accessibility": gettext_lazy("无障碍说明"),
}

FaceView = Callable[..., HttpResponse]


def public_page(view: FaceView) -> Any:
    """A page of one county: 404 where it has none."""

    def opened(request: HttpRequest, county: str, **parts: Any) -> HttpResponse:
        def make() -> HttpResponse:
            with shared(read_only=True):
                face = public.find_face(county)
            with inside(face.scope, read_only=True):
                return view(request, face, **parts)

        return _answer(request, make)

    return open_door(reason=REASON)(conditional_page(opened))


def _answer(request: HttpRequest, make: Callable[[], HttpResponse]) -> HttpResponse:
    """The page as it was made within the last minute, or made now. What somebody typed is not kept."""
    key = (connection.settings_dict["NAME"], request.get_host(), request.scheme, request.path, request.prefs)  # type: ignore[attr-defined]
    kept = _kept.get(key)
    if kept and not request.GET and time.monotonic() - kept[0] < _FRESH:
        response = HttpResponse(kept[1], content_type=kept[2])
    else:
        try:
            response = make()
        except Missing as missing:
            raise Http404(missing.message) from missing
        if response.status_code == 200 and not request.GET:
            _kept[key] = (time.monotonic(), response.content, response.headers["Content-Type"])
            _kept.move_to_end(key)
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    response.headers["Cache-Control"] = CACHE
    return response


def _page(request: HttpRequest, face: Face | None, template: str, title: str, **context: Any) -> HttpResponse:
    """One page in the public frame; ``shell`` is nobody's, also where somebody is signed in."""
    absolute = request.build_absolute_uri(request.path)
    more = {"shell": None, "face": face, "title": title, "canonical": absolute, "texts": TEXTS}
    return render(request, f"portal/public/{template}.html", {**more, **context})


@open_door(reason=REASON)
@conditional_page
def counties(request: HttpRequest) -> HttpResponse:
    """Which county: by name of a place, or from the list."""
    text = words(request.GET.get("q", ""))

    def make() -> HttpResponse:
        with shared(read_only=True):
            found = public.find_anywhere(text) if text else []
            return _page(
                request, None, "counties", _("选您的县（区）"), text=text, cities=public.list_faces(), found=found
            )

    return _answer(request, make)


@public_page
def home(request: HttpRequest, face: Face) -> HttpResponse:
    """Who can be met now or next, find my community, how to get help, what was reached."""
    day = legal_day(now())
    return _page(request, face, "home", face.county.name, streets=public.streets_of(face, on=day),
                 figures=public.figures_of(face, face.county.id), news=public.news_of(face, on=day).rows[:3],
                 meetings=meeting.meetings_in(face, now()), open_station=nearby.open_now(face, now()),
                 **_ways(face, day))  # fmt: skip


def _ways(face: Face, day: date) -> dict[str, bool]:
    """How a community is found here besides by name: by the phone's position, on a map."""
    drawn = public.levels_drawn(face, on=day)
    return {"locates": Level.COMMUNITY in drawn, "maps": bool(drawn)}


@public_page
def places(request: HttpRequest, face: Face) -> HttpResponse:
    """Communities by name, or those of one street."""
    text, street, day = words(request.GET.get("q", "")), request.GET.get("street", "")[:12], legal_day(now())
    title, spots = _("找我的社区"), None
    if text:
        title, spots = _("找“%(text)s”") % {"text": text}, public.find_spots(face, text, on=day)
    elif street:
        title, spots = public.spots_in(face, street, on=day)
    streets = public.streets_of(face, on=day) if spots is None or not spots else ()
    return _page(request, face, "places", title, text=text, spots=spots, streets=streets, **_ways(face, day))


@public_page
def area_map(request: HttpRequest, face: Face, street: str = "") -> HttpResponse:
    """The county's streets to point at, or the communities of one; the list beside it is the same choice."""
    found = public_map.map_of(face, street, on=legal_day(now()))
    rows = [_row(face, choice) for choice in found.choices]
    told = [
        _("边界来源：%(sources)s。") % {"sources": "、".join(found.sources)},
        _("边界只供找地方，不作为划界的依据。"),
    ]
    points = [MapPoint(number=one.number, name=_point_name(one), url=f"#station-{one.number}", at=one.at)
              for one in found.stations if one.at]  # fmt: skip
    if points:
        told.append(_("数字是法律服务站点，手机地图的位置可能差几百米，以地址为准。"))
    return _page(request, face, "map", found.street or _("在地图上找"), map=found, rows=rows, caption="".join(told),
                 points=points, stations=[one.shown for one in found.stations],
                 inner=not any(choice.below for choice in found.choices),
                 undrawn=len(rows) - len(found.drawing.areas) if found.drawing else 0)  # fmt: skip


def _point_name(one: Pinned) -> str:
    """What a point is called where nobody sees it: its number in the list, the station, of which tier it is and where."""
    shown = one.shown
    return _("%(n)s 号：%(name)s，%(tier)s，%(address)s") % {
        "n": one.number, "name": shown.station.content.name, "tier": shown.tier, "address": shown.station.content.address,
    }  # fmt: skip


def _row(face: Face, choice: Choice) -> MapRow:
    if not choice.below and choice.place:
        url = reverse("portal:public-community", args=[face.slug, choice.slug])
        return MapRow(code=choice.slug, name=choice.place.name, value="", url=url)
    n = len(choice.below)
    url = reverse("portal:public-map-street", args=[face.slug, choice.slug])
    if not choice.opens:
        url = f"{reverse('portal:public-places', args=[face.slug])}?street={choice.slug}"
    return MapRow(code=choice.slug, name=choice.place.name if choice.place else _("不属于街道的"), url=url,
                  value=ngettext("%(n)s 个社区（村）", "%(n)s 个社区（村）", n) % {"n": n})  # fmt: skip


class HereForm(forms.Form):
    """Where the phone says it is, in degrees and metres."""

    longitude = forms.FloatField()
    latitude = forms.FloatField()
    accuracy = forms.FloatField(min_value=0, required=False)


@csrf_exempt  # public pages carry no form token, which would make each somebody's own; here nothing is changed
@open_door(reason=REASON, reads="POST")
def here(request: HttpRequest, county: str) -> HttpResponse:
    """
    Communities around a position. It comes in the body, so that no address, log or memory of pages holds it, and is
    forgotten with the answer.
    """
    form = HereForm(request.POST)
    try:
        with shared(read_only=True):
            face = public.find_face(county)
        with inside(face.scope, read_only=True):
            day = legal_day(now())
            spots = None
            if form.is_valid():
                position = {name: form.cleaned_data[name] or 0.0 for name in ("longitude", "latitude", "accuracy")}
                with suppress(Invalid):
                    spots = public.find_near(face, on=day, **position)
            response = _page(request, face, "here", _("您附近的社区（村）"), spots=spots, maps=_ways(face, day)["maps"],
                             streets=() if spots else public.streets_of(face, on=day))  # fmt: skip
    except Missing as missing:
        raise Http404(missing.message) from missing
    response.status_code = 422 if spots is None else 200
    return response


@public_page
def community(request: HttpRequest, face: Face, code: str) -> HttpResponse:
    """One community: its adviser, when he can be met, the stations nearest to it, what was done here."""
    spot = public.get_spot(face, code, on=legal_day(now()))
    meets = meeting.meeting_at(spot, now())
    return _page(request, face, "community", spot.place.name, spot=spot, meets=meets, there=meeting.is_now(meets, now()),
                 figures=public.figures_of(face, spot.place.id),
                 hours=public.hours_asked(face, now()),
                 stations=nearby.beside(face, spot, on=legal_day(now())))  # fmt: skip


@public_page
def stations(request: HttpRequest, face: Face) -> HttpResponse:
    """Stations of one's community, street and county, as one chooses; the main ones where nothing is asked."""
    day, text = legal_day(now()), words(request.GET.get("q", ""))
    asked = nearby.chosen(face, q=text, street=request.GET.get("street", "")[:12],
                          community=request.GET.get("community", "")[:12], on=day)  # fmt: skip
    title, found = asked if asked else (_("法律服务站点"), nearby.main_ones(face, on=day))
    return _page(request, face, "stations", title, text=text, asked=asked is not None, stations=found,
                streets=public.streets_of(face, on=day))  # fmt: skip


@csrf_exempt  # as for communities: public pages carry no form token, and here nothing is changed
@open_door(reason=REASON, reads="POST")
def stations_here(request: HttpRequest, county: str) -> HttpResponse:
    """
    Stations around a position, nearest first. It comes in the body, so that no address, log or memory of pages holds it,
    and is forgotten with the answer.
    """
    form = HereForm(request.POST)
    try:
        with shared(read_only=True):
            face = public.find_face(county)
        with inside(face.scope, read_only=True):
            day, found = legal_day(now()), None
            if form.is_valid():
                at = {name: form.cleaned_data[name] for name in ("longitude", "latitude")}
                with suppress(Invalid):
                    found = nearby.near(face, on=day, **at)
            response = _page(request, face, "stations", _("离您最近的法律服务站点"), asked=True, located=found is not None,
                             lost=found is None, stations=found or nearby.main_ones(face, on=day),
                             streets=public.streets_of(face, on=day))  # fmt: skip
    except Missing as missing:
        raise Http404(missing.message) from missing
    response.status_code = 422 if found is None else 200
    return response


@public_page
def figures(request: HttpRequest, face: Face) -> HttpResponse:
    """What was reached, in sentences, and how each number is counted."""
    return _page(request, face, "figures", _("公示"), figures=public.figures_of(face, face.county.id),
                 hours=public.hours_asked(face, now()))  # fmt: skip


@public_page
def news(request: HttpRequest, face: Face) -> HttpResponse:
    """What the county tells everybody, newest first."""
    before = request.GET.get("before", "")
    page = public.news_of(
        face, on=legal_day(now()), before=int(before) if before.isdigit() and len(before) < 10 else None
    )
    return _page(request, face, "news", _("通知"), page=page)


@public_page
def one_news(request: HttpRequest, face: Face, number: int) -> HttpResponse:
    """One of them, at an address that stays."""
    found = public.get_news(face, number, on=legal_day(now()))
    first = " ".join(found.paragraphs[0].split())
    return _page(request, face, "one_news", found.title, one=found,
                 description=first if len(first) <= 120 else f"{first[:119]}…")  # fmt: skip


@public_page
def feed(request: HttpRequest, face: Face) -> HttpResponse:
    """The same for programs that read news (Atom, RFC 4287)."""
    page = public.news_of(face, on=legal_day(now()))
    home = request.build_absolute_uri(reverse("portal:public-news", args=[face.slug]))
    title = _("%(county)s · 通知") % {"county": face.county.name}
    atom = Atom1Feed(title=title, link=home, description="", language=get_language(), author_name=face.county.name,
                     feed_url=request.build_absolute_uri(request.path))  # fmt: skip
    for one in page.rows:
        link = request.build_absolute_uri(reverse("portal:public-news-one", args=[face.slug, one.number]))
        atom.add_item(title=one.title, link=link, description=linebreaks(escape(one.text)), unique_id=link,
                      pubdate=one.published_at, updateddate=one.last_change)  # fmt: skip
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


@public_page
def text(request: HttpRequest, face: Face, name: str) -> HttpResponse:
    if name not in TEXTS:
        raise Missing("portal.no_such_page", _("没有这一页。"))
    return _page(request, face, name, str(TEXTS[name]))


@public_page
def site_map(request: HttpRequest, face: Face) -> HttpResponse:
    """Every page of the county for people; streets lead on to communities."""
    day = legal_day(now())
    return _page(request, face, "site_map", _("网站地图"), streets=public.streets_of(face, on=day), **_ways(face, day))


@public_page
def county_addresses(request: HttpRequest, face: Face) -> HttpResponse:
    """Every page of the county for search engines."""
    pages = [
        reverse(f"portal:public-{name}", args=[face.slug])
        for name in ("home", "places", "stations", "news", "figures", "site-map")
    ]
    pages += [reverse("portal:public-text", args=[face.slug, name]) for name in TEXTS]
    if public.levels_drawn(face, on=legal_day(now())):
        pages.append(reverse("portal:public-map", args=[face.slug]))
    news = public.news_of(face, on=legal_day(now())).rows
    pages += [reverse("portal:public-news-one", args=[face.slug, one.number]) for one in news]
    pages += [reverse("portal:public-community", args=[face.slug, slug]) for slug in public.every_slug(face)]
    return _addresses(request, "urlset", "url", pages)


@open_door(reason="search engines have no session")
@conditional_page
def addresses(request: HttpRequest) -> HttpResponse:
    """The index of every county's addresses."""

    def make() -> HttpResponse:
        with shared(read_only=True):
            slugs = [slug for city in public.list_faces() for slug, _name in city.counties]
        pages = [reverse("portal:public-addresses", args=[slug]) for slug in slugs]
        return _addresses(request, "sitemapindex", "sitemap", pages)

    return _answer(request, make)


def _addresses(request: HttpRequest, outer: str, inner: str, paths: list[str]) -> HttpResponse:
    lines = "".join(f"<{inner}><loc>{request.build_absolute_uri(path)}</loc></{inner}>" for path in paths)
    body = f'<?xml version="1.0" encoding="UTF-8"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{lines}</{outer}>'
    return HttpResponse(body, content_type="application/xml")


@open_door(reason="robots have no session")
def robots(request: HttpRequest) -> HttpResponse:
    """Public pages and what they are drawn with; nothing else is for robots."""
    public_pages, style = reverse("portal:public"), f"/{settings.STATIC_URL.strip('/')}/"
    where = request.build_absolute_uri(reverse("portal:addresses"))
    return HttpResponse(
        f"User-agent: *\nAllow: {public_pages}\nAllow: {style}\nDisallow: /\nCrawl-delay: 2\n\nSitemap: {where}\n",
        content_type="text/plain",
    )
