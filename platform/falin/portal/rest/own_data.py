"""A person's own copy of what is kept about him, for programs of his own that he has signed in."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from falin.kernel import stepup
from falin.kernel.clock import now
from falin.kernel.rest import DoorView
from falin.kernel.scope import Scope
from falin.portal.own_data import take_own_data


class OwnData(DoorView):
    door_grants: ClassVar[dict[str, str]] = {"POST": "account.own"}
    door_keeps: ClassVar[bool] = False
    door_step_up: ClassVar[dict[str, int]] = {"POST": stepup.FRESH}

    @extend_schema(request=None, responses={(200, "application/zip"): OpenApiTypes.BINARY}, operation_id="own_data")
    def post(self, request: Request, scope: Scope) -> HttpResponse:
        """Everything that is kept about oneself, as one archive; booked, not kept."""
        made = take_own_data(scope=scope, now=now())
        return HttpResponse(made, content_type="application/zip",
                            headers={"Content-Disposition": "attachment; filename=own-data.zip"})  # fmt: skip
