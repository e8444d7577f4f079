"""Addresses of duty's pages, below /duty/."""

from django.urls import path

from services.duty.web import posting, views

app_name = "duty"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("log/", views.log, name="log"),
    path("visits/", views.visits, name="visits"),
    path("visits/<uuid:visit_id>/correct/", views.correct, name="correct"),
    path("visits/<uuid:visit_id>/void/", views.void, name="void"),
    path("visits/<uuid:visit_id>/restore/", views.restore, name="restore"),
    path("reminders/<int:reminder_id>/read/", views.read_reminder, name="read-reminder"),
    path("behind/", views.behind, name="behind"),
    path("behind/remind/", views.remind, name="remind"),
    path("behind/remind/many/", views.remind_many, name="remind-many"),
    path("behind/remind/take-back/", views.take_back, name="take-back"),
    path("hours/", posting.posts, name="posts"),
    path("hours/<int:node_id>/", posting.post, name="post"),
    path("hours/<int:node_id>/withdraw/", posting.withdraw, name="withdraw"),
    path("hours/<int:node_id>/restore/", posting.restore, name="post-restore"),
    path("months/", views.months, name="months"),
]
