"""Addresses of stations' API, below /api/v1/stations/."""

from django.urls import path

from services.stations.rest import sheets, views

app_name = "stations-api"
urlpatterns = [
    path("", views.Stations.as_view(), name="stations"),
    path("counts/", views.Counts.as_view(), name="counts"),
    path("sheets/", sheets.Sheets.as_view(), name="sheets"),
    path("sheets/<uuid:sheet_id>/", sheets.OneSheet.as_view(), name="sheet"),
    path("sheets/<uuid:sheet_id>/enter/", sheets.EnterSheet.as_view(), name="sheet_enter"),
    path("sheets/<uuid:sheet_id>/errors.xlsx", sheets.SheetRowsToMend.as_view(), name="sheet_errors"),
    path("<uuid:station_id>/", views.OneStation.as_view(), name="station"),
    path("<uuid:station_id>/close/", views.CloseStation.as_view(), name="close"),
]
