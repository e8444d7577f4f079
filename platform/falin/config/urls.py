"""Every address of the product, by the floor it belongs to."""

from __future__ import annotations

from typing import Any

from django.urls import include, path

from falin.kernel.rest import Batch
from falin.kernel.rest.describing import describe
from services.duty.web.worker import service_worker

api: list[Any] = [
    path("schema/", describe, name="api-schema"),
    path("batch/", Batch.as_view(), name="api-batch"),
    path("advisers/", include("services.advisers.rest.urls")),
    path("stations/", include("services.stations.rest.urls")),
    path("duty/", include("services.duty.rest.urls")),
    path("figures/", include("services.indicators.rest.urls")),
    path("desk/", include("services.desk.rest.urls")),
    path("", include("falin.portal.rest.urls")),
]
urlpatterns: list[Any] = [
    path("accounts/", include("falin.portal.accounts")),
    path("api/v1/", include(api)),
    path("advisers/", include("services.advisers.web.urls")),
    path("stations/", include("services.stations.web.urls")),
    path("duty/", include("services.duty.web.urls")),
    path("figures/", include("services.indicators.web.urls")),
    path("desk/", include("services.desk.web.urls")),
    path("sw.js", service_worker, name="service-worker"),  # at the root: a worker governs its own folder and below
    path("", include("falin.ui.urls")),
    path("", include("falin.portal.urls")),
]
handler400 = "falin.kernel.headers.bad_request"
handler404 = "falin.kernel.headers.not_found"
handler500 = "falin.kernel.headers.server_error"
