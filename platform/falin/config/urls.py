"""Every address of the product, by the floor it belongs to."""

from __future__ import annotations

from typing import Any

from django.urls import include, path

urlpatterns: list[Any] = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("falin.ui.urls")),
    path("", include("falin.portal.urls")),
]
