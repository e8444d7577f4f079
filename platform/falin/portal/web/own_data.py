"""A person takes a copy of what is kept about him."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from falin.kernel.clock import now
from falin.kernel.doors import door
from falin.kernel.scope import Scope
from falin.portal.own_data import take_own_data


@door(grant="account.own", reads="", writes="POST", keeps=False, step_up=3, resumes=False)
def take(request: HttpRequest, scope: Scope) -> HttpResponseBase:
    """As an archive: asked for with the password, booked, not kept."""
    made = take_own_data(scope=scope, now=now())
    named = content_disposition_header(True, _("我的数据.zip")) or "attachment"  # noqa: FBT003
    return HttpResponse(made, content_type="application/zip", headers={"Content-Disposition": named})
