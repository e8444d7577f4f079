"""Addresses of duty's API, below /api/v1/duty/."""

from django.urls import path

from services.duty.rest import posting, views

app_name = "duty-api"
urlpatterns = [
    path("token/", views.Token.as_view(), name="token"),
    path("visits/", views.Visits.as_view(), name="visits"),
    path("visits/<uuid:visit_id>/", views.OneVisit.as_view(), name="visit"),
    path("visits/<uuid:visit_id>/correct/", views.VisitCorrection.as_view(), name="correct"),
    path("visits/<uuid:visit_id>/void/", views.VisitVoid.as_view(), name="void"),
    path("places/", views.MyPlaces.as_view(), name="places"),
    path("hours/", views.MyMonths.as_view(), name="hours"),
    path("reminders/", views.Reminders.as_view(), name="reminders"),
    path("reminders/many/", views.ManyReminders.as_view(), name="reminders-many"),
    path("reminders/take-back/", views.RemindersTakenBack.as_view(), name="reminders-take-back"),
    path("reminders/<int:reminder_id>/read/", views.ReminderRead.as_view(), name="read-reminder"),
    path("behind/", views.BehindList.as_view(), name="behind"),
    path("posted/", posting.Posts.as_view(), name="posts"),
    path("posted/<int:node_id>/", posting.Post.as_view(), name="post"),
    path("posted/<int:node_id>/restore/", posting.PostRestored.as_view(), name="post-restored"),
    path("months/", views.Months.as_view(), name="months"),
]
