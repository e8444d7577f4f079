"""Django's own sign-in, and the first page after it, which reads what the person holds."""

from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import path

from peers.plain_signin.models import Membership


def first(request: HttpRequest) -> HttpResponse:
    held = Prefetch("memberships", Membership.objects.select_related("tenant", "place"))
    person = User.objects.prefetch_related(held).get(pk=request.user.pk)
    hats: dict[tuple[str, int], set[int]] = {}
    for one in person.memberships.all():  # type: ignore[attr-defined]
        hats.setdefault((one.role, one.tenant.pk), set()).add(one.place.pk)
    return HttpResponse(str(sum(map(len, hats.values()))))


urlpatterns = [path("login/", LoginView.as_view()), path("first/", first)]
