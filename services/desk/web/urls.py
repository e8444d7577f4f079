"""Addresses of the desk's pages, below /desk/."""

from django.urls import path

from services.desk.web import comments, news, saved, views

app_name = "desk"
urlpatterns = [
    path("comments/<uuid:comment_id>/take-back/", comments.take_back, name="comment-take-back"),
    path("comments/<slug:kind>/<str:subject_id>/", comments.talk, name="comments"),
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="read-all"),
    path("notices/<int:notice_id>/read/", views.read, name="read"),
    path("notices/ways/", views.ways, name="ways"),
    path("news/", news.news, name="news"),
    path("news/new/", news.write, name="news-new"),
    path("news/<int:number>/", news.one, name="news-one"),
    path("news/<int:number>/change/", news.change, name="news-change"),
    path("news/<int:number>/publish/", news.publish, name="news-publish"),
    path("news/<int:number>/withdraw/", news.withdraw, name="news-withdraw"),
    path("views/<slug:page>/", saved.views, name="views"),
    path("views/<int:view_id>/drop/", saved.drop, name="view-drop"),
]
