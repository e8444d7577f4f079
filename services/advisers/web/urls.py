"""Addresses of the advisers' pages."""

from __future__ import annotations

from django.urls import include, path

from services.advisers.web import acting, lists

app_name = "advisers"
urlpatterns = [
    path("", lists.advisers, name="list"),
    path("import/", include("services.advisers.web.import_urls")),
    path("me/", lists.me, name="me"),
    path("new/", acting.register, name="new"),
    path("number/", acting.look_up, name="look_up"),
    path("firm/", lists.firm, name="firm"),
    path("firms/", lists.firms, name="firms"),
    path("firms/new/", acting.register_firm, name="firm_new"),
    path("vacancies/", lists.vacancies, name="vacancies"),
    path("vacancies/<int:node_id>/", acting.explain, name="explain"),
    path("communities/<int:node_id>/", lists.community, name="community"),
    path("appoint/", acting.choose, name="choose"),
    path("appoint/<int:node_id>/<uuid:adviser_id>/", acting.appoint, name="appoint"),
    path("appointments/<uuid:appointment_id>/end/", acting.end, name="end"),
    path("appointments/<uuid:appointment_id>/resume/", acting.resume, name="resume"),
    path("appointments/<uuid:appointment_id>/replace/", acting.replace, name="replace"),
    path("<uuid:adviser_id>/", lists.adviser, name="adviser"),
    path("<uuid:adviser_id>/correct/", acting.correct, name="correct"),
    path("<uuid:adviser_id>/identity/", acting.correct_identity, name="identity"),
    path("<uuid:adviser_id>/examination/", acting.examine, name="examine"),
    path("<uuid:adviser_id>/ban/", acting.ban, name="ban"),
    path("<uuid:adviser_id>/allow/", acting.allow, name="allow"),
    path("<uuid:adviser_id>/numbers/", acting.numbers, name="numbers"),
    path("<uuid:adviser_id>/erase/", acting.erase, name="erase"),
    path("<uuid:adviser_id>/account/", acting.account, name="account"),
]
