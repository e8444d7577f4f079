"""Addresses of the API that cross services."""

from django.urls import path

from falin.portal.rest import settings

urlpatterns = [
    path("settings/", settings.Settings.as_view(), name="api-settings"),
    path("settings/<str:key>/", settings.Setting.as_view(), name="api-setting"),
]
