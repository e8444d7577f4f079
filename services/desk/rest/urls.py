"""Addresses of the desk's API, below /api/v1/notices/."""

from django.urls import path

from services.desk.rest import views

app_name = "desk-api"
urlpatterns = [
    path("", views.Notices.as_view(), name="notices"),
    path("unread/", views.Unread.as_view(), name="unread"),
    path("read/", views.AllRead.as_view(), name="read-all"),
    path("<int:notice_id>/read/", views.Read.as_view(), name="read"),
    path("ways/", views.Ways.as_view(), name="ways"),
    path("ways/<slug:kind>/", views.OneWay.as_view(), name="way"),
]
