"""Addresses of the advisers' API."""

from __future__ import annotations

from django.urls import include, path

from services.advisers.rest import views

app_name = "advisers-api"
urlpatterns = [
    path("", views.Advisers.as_view(), name="advisers"),
    path("imports/", include("services.advisers.rest.imports")),
    path("firms/", views.Firms.as_view(), name="firms"),
    path("firm/", views.OwnFirm.as_view(), name="firm"),
    path("mine/", views.OwnCommunities.as_view(), name="mine"),
    path("mine/seen/", views.SeenBy.as_view(), name="seen"),
    path("number/", views.LookUp.as_view(), name="look_up"),
    path("me/", views.Me.as_view(), name="me"),
    path("counts/", views.Counts.as_view(), name="counts"),
    path("communities/<int:node_id>/", views.Community.as_view(), name="community"),
    path("coverage/", views.Coverage.as_view(), name="coverage"),
    path("vacancies/", views.Vacancies.as_view(), name="vacancies"),
    path("vacancies/<int:node_id>/", views.ExplainVacancy.as_view(), name="explain"),
    path("communities/<int:node_id>/candidates/", views.Candidates.as_view(), name="candidates"),
    path("appointments/", views.Appointments.as_view(), name="appointments"),
    path("appointments/<uuid:appointment_id>/", views.OneAppointment.as_view(), name="appointment"),
    path("appointments/<uuid:appointment_id>/end/", views.EndAppointment.as_view(), name="end"),
    path("appointments/<uuid:appointment_id>/replace/", views.ReplaceAdviser.as_view(), name="replace"),
    path("<uuid:adviser_id>/", views.OneAdviser.as_view(), name="adviser"),
    path("<uuid:adviser_id>/identity/", views.Identity.as_view(), name="identity"),
    path("<uuid:adviser_id>/examination/", views.Examination.as_view(), name="examination"),
    path("<uuid:adviser_id>/ban/", views.Ban.as_view(), name="ban"),
    path("<uuid:adviser_id>/account/", views.OpenAccount.as_view(), name="account"),
    path("<uuid:adviser_id>/numbers/", views.Numbers.as_view(), name="numbers"),
]
