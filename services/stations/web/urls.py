"""Addresses of stations' pages, below /stations/."""

from django.urls import path

from services.stations.web import views

app_name = "stations"
urlpatterns = [
    path("", views.stations, name="list"),
    path("new/", views.new, name="new"),
    path("<uuid:station_id>/", views.station, name="station"),
    path("<uuid:station_id>/correct/", views.correct, name="correct"),
    path("<uuid:station_id>/close/", views.close, name="close"),
]
