"""Place of the design system's own pages: the reader's choices, the style page, what an offline phone shows."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from falin.kernel.doors import open_door
from falin.ui import language, preferences, specimen, specimen_states
from falin.ui.templatetags.ui import asset


def _way_back(request: HttpRequest) -> str:
    """Where the reader was: a path of this host, or the first page."""
    wanted = request.POST.get("next", "")
    own_path = wanted.startswith("/") and not wanted.startswith("//")
    safe = own_path and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else "/"


@csrf_exempt
@open_door(reason="text size, contrast and language are everybody's own, signed in or not", reads="", writes="POST")
def choose(request: HttpRequest) -> HttpResponse:
    """
    Keep one choice in the cookie and lead back to the page it was made on. A language is its person's, where one is
    signed in: he is written to in it.

    It asks for no form token: all it changes is how pages look, and a token in the strip of every page would make each
    public page somebody's own, which no proxy may keep.
    """
    before = preferences.read(request.COOKIES.get(preferences.COOKIE, ""))
    after = before.changed({name: str(value) for name, value in request.POST.items()})
    if "language" in request.POST and after.language:
        language.keep(request, after.language)
    response = HttpResponseRedirect(_way_back(request))
    response.set_cookie(
        preferences.COOKIE,
        after.cookie(),
        max_age=preferences.COOKIE_AGE,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@open_door(reason="shows components with invented content only, no data of anybody")
def style_page(request: HttpRequest) -> HttpResponse:
    """Every component in all its states."""
    return render(request, "ui/style.html", specimen.context(Path(settings.HOME) / "geo"))


@open_door(reason="shows whole pages with invented content only, no data of anybody")
def style_whole(request: HttpRequest, page: str) -> HttpResponse:
    """One of the pages that a part of a page cannot show: of a wrong role, of no network, on a wall."""
    if page not in specimen_states.PAGES:
        raise Http404
    return render(request, specimen_states.template_of(page), specimen.page_context(page))


@open_door(reason="what a phone keeps to show without a network; the same for everybody")
def offline(request: HttpRequest) -> HttpResponse:
    """The page a service worker shows in place of one it has not kept."""
    return render(request, "ui/offline.html", {"shell": None})


@open_door(reason="the name and signs of the application, for phones that install it")
def manifest(request: HttpRequest) -> HttpResponse:
    """The web application manifest."""
    icons = [
        {"src": asset(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"}
        for size in (192, 512)
    ]
    body = {
        "id": "/",
        "name": _("法邻 · 一社区一法律顾问"),
        "short_name": _("法邻"),
        "lang": request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else settings.LANGUAGE_CODE,
        "start_url": "/",
        "display": "standalone",
        "background_color": "#f6f8f7",
        "theme_color": "#062a2f",
        "icons": icons,
    }
    return JsonResponse(body, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})
