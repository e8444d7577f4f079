"""Addresses under /figures/."""

from django.urls import path

from services.indicators.web import views

app_name = "figures"
urlpatterns = [
    path("", views.home, name="home"),
    path("visits/", views.own_visits, name="visits"),
    path("<int:node_id>/", views.place, name="place"),
    path("<int:node_id>/screen/", views.screen, name="screen"),
    path("<int:node_id>/publish/", views.publish, name="publish"),
    path("<int:node_id>/export.csv", views.export_csv, name="csv"),
    path("<int:node_id>/export.xlsx", views.export_xlsx, name="xlsx"),
]
