"""Addresses of the pages that cross services."""

from django.urls import path

from falin.portal.web import history, home, jobs, operators, own_data

app_name = "portal"
urlpatterns = [
    path("", home.today, name="home"),
    path("hat/", home.switch_hat, name="hat"),
    path("healthz", home.healthz, name="healthz"),
    path("robots.txt", home.robots, name="robots"),
    path("jobs/", jobs.list_mine, name="jobs"),
    path("jobs/<uuid:job_id>/", jobs.show, name="job"),
    path("jobs/<uuid:job_id>/cancel/", jobs.cancel, name="job-cancel"),
    path("files/<uuid:file_id>/", jobs.download, name="file"),
    path("me/data/", own_data.take, name="own-data"),
    path("history/", history.recent, name="history"),
    path("history/<slug:kind>/<str:subject_id>/", history.of_thing, name="history-of"),
    path("setup/", operators.setup, name="setup"),
    path("setup/first/<str:token>/", operators.first, name="first"),
    path("setup/people/", operators.people, name="setup-people"),
    path("events/", operators.events, name="events"),
]
