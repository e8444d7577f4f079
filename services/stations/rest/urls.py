"""Addresses of stations' API, below /api/v1/stations/."""

from django.urls import path

from services.stations.rest import views

app_name = "stations-api"
urlpatterns = [
    path("", views.Stations.as_view(), name="stations"),
    path("counts/", views.Counts.as_view(), name="counts"),
    path("<uuid:station_id>/", views.OneStation.as_view(), name="station"),
    path("<uuid:station_id>/close/", views.CloseStation.as_view(), name="close"),
]
