"""Addresses of the desk's API, below /api/v1/desk/."""

from django.urls import path

from services.desk.rest import comments, news, views

app_name = "desk-api"
urlpatterns = [
    path("comments/<uuid:comment_id>/", comments.OneComment.as_view(), name="comment"),
    path("comments/<slug:kind>/<str:subject_id>/", comments.Comments.as_view(), name="comments"),
    path("notices/", views.Notices.as_view(), name="notices"),
    path("notices/unread/", views.Unread.as_view(), name="unread"),
    path("notices/read/", views.AllRead.as_view(), name="read-all"),
    path("notices/<int:notice_id>/read/", views.Read.as_view(), name="read"),
    path("notices/ways/", views.Ways.as_view(), name="ways"),
    path("notices/ways/<slug:kind>/", views.OneWay.as_view(), name="way"),
    path("news/", news.News.as_view(), name="news"),
    path("news/<int:number>/", news.OneNews.as_view(), name="news-one"),
    path("news/<int:number>/publish/", news.PublishedNews.as_view(), name="news-publish"),
    path("news/<int:number>/withdraw/", news.WithdrawnNews.as_view(), name="news-withdraw"),
    path("views/", views.Views.as_view(), name="views"),
    path("views/<int:view_id>/", views.OneView.as_view(), name="view"),
]
