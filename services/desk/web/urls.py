"""Addresses of the desk's pages, below /desk/."""

from django.urls import path

from services.desk.web import saved, views

app_name = "desk"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="read-all"),
    path("notices/<int:notice_id>/read/", views.read, name="read"),
    path("notices/ways/", views.ways, name="ways"),
    path("views/<slug:page>/", saved.views, name="views"),
    path("views/<int:view_id>/drop/", saved.drop, name="view-drop"),
]
