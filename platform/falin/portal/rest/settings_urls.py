"""Addresses of settings' API, below /api/v1/settings/."""

from django.urls import path

from falin.portal.rest import settings

urlpatterns = [
    path("", settings.Settings.as_view(), name="api-settings"),
    path("<str:key>/", settings.Setting.as_view(), name="api-setting"),
]
