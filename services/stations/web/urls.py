"""Addresses of stations' pages, below /stations/."""

from django.urls import path

from services.stations.web import sheets, views

app_name = "stations"
urlpatterns = [
    path("", views.stations, name="list"),
    path("new/", views.new, name="new"),
    path("sheets/", sheets.upload, name="sheets"),
    path("sheets/template.xlsx", sheets.blank, name="sheet_template"),
    path("sheets/<uuid:sheet_id>/", sheets.sheet, name="sheet"),
    path("sheets/<uuid:sheet_id>/enter/", sheets.enter, name="sheet_enter"),
    path("sheets/<uuid:sheet_id>/errors.xlsx", sheets.errors, name="sheet_errors"),
    path("<uuid:station_id>/", views.station, name="station"),
    path("<uuid:station_id>/correct/", views.correct, name="correct"),
    path("<uuid:station_id>/close/", views.close, name="close"),
    path("<uuid:station_id>/reopen/", views.reopen, name="reopen"),
]
