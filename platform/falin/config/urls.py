"""Every address of the product, by the floor it belongs to."""

from __future__ import annotations

from typing import Any

from django.urls import include, path

urlpatterns: list[Any] = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("falin.ui.urls")),
    path("figures/", include("services.indicators.web.urls")),
    path("api/v1/figures/", include("services.indicators.rest.urls")),
    path("", include("falin.portal.urls")),
    path("advisers/", include("services.advisers.web.urls")),
]
