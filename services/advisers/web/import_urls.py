"""Addresses of the import, below ``/advisers/import/``."""

from __future__ import annotations

from django.urls import path

from services.advisers.web import import_views

urlpatterns = [
    path("", import_views.upload, name="import"),
    path("template.xlsx", import_views.blank, name="import_template"),
    path("<uuid:import_id>/", import_views.sheet, name="import_sheet"),
    path("<uuid:import_id>/columns/", import_views.columns, name="import_columns"),
    path("<uuid:import_id>/confirm/", import_views.confirm, name="import_confirm"),
    path("<uuid:import_id>/stop/", import_views.stop, name="import_stop"),
    path("<uuid:import_id>/errors.xlsx", import_views.errors, name="import_errors"),
]
