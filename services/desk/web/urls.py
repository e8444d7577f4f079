"""Addresses of the desk's pages, below /notices/."""

from django.urls import path

from services.desk.web import views

app_name = "desk"
urlpatterns = [
    path("", views.notices, name="notices"),
    path("read/", views.read_all, name="read-all"),
    path("<int:notice_id>/read/", views.read, name="read"),
    path("ways/", views.ways, name="ways"),
]
