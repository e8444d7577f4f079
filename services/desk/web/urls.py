"""Addresses of the desk's pages, below /desk/."""

from django.urls import path

from services.desk.web import comments, saved, views

app_name = "desk"
urlpatterns = [
    path("comments/<uuid:comment_id>/take-back/", comments.take_back, name="comment-take-back"),
    path("comments/<slug:kind>/<str:subject_id>/", comments.talk, name="comments"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="read-all"),
    path("notices/<int:notice_id>/read/", views.read, name="read"),
    path("notices/ways/", views.ways, name="ways"),
    path("views/<slug:page>/", saved.views, name="views"),
    path("views/<int:view_id>/drop/", saved.drop, name="view-drop"),
]
