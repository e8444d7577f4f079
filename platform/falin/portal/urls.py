"""Addresses of the pages that cross services."""

from django.urls import path, re_path

from falin.portal.web import account, audit, history, home, jobs, operators, own_data, settings
from falin.portal.web.people import acting, reading, waiting

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
    path("me/security/", account.security, name="security"),
    path("me/security/sessions/end/", account.end_others, name="sessions-end"),
    path("me/security/sessions/<slug:session>/end/", account.end_one, name="session-end"),
    re_path(r"^me/security/(?P<purpose>phone|email)/$", account.address, name="security-address"),
    re_path(r"^me/security/(?P<purpose>phone|email)/code/$", account.address_code, name="security-code"),
    path("accounts/second/", account.second, name="second"),
    path("me/data/", own_data.take, name="own-data"),
    path("history/", history.recent, name="history"),
    path("history/<slug:kind>/<str:subject_id>/", history.of_thing, name="history-of"),
    path("settings/", settings.overview, name="settings"),
    path("settings/<str:key>/", settings.one, name="setting"),
    path("settings/<str:key>/say/", settings.say, name="setting-say"),
    path("audit/", audit.log, name="audit"),
    path("audit/export/", audit.export, name="audit-export"),
    path("audit/keys/", audit.public_keys, name="audit-keys"),
    path("setup/", operators.setup, name="setup"),
    path("setup/first/<str:token>/", operators.first, name="first"),
    path("setup/people/", operators.people, name="setup-people"),
    path("people/", reading.register, name="people"),
    path("people/new/", acting.enter, name="person-new"),
    path("people/at/", reading.who, name="who"),
    path("people/proposals/", waiting.proposals, name="proposals"),
    path("people/proposals/<uuid:proposal>/confirm/", waiting.confirm, name="proposal-confirm"),
    path("people/proposals/<uuid:proposal>/refuse/", waiting.refuse, name="proposal-refuse"),
    path("people/review/", waiting.review, name="review"),
    path("people/invitation/<str:token>/", waiting.invitation, name="invitation"),
    path("people/roles/<int:binding_id>/end/", acting.end, name="binding-end"),
    path("people/roles/<int:binding_id>/deputy/", acting.deputy, name="deputy"),
    path("people/<int:person_id>/", reading.person, name="person"),
    path("people/<int:person_id>/grant/", acting.grant, name="grant"),
    path("people/<int:person_id>/rights/", reading.rights, name="rights"),
    path("people/<int:person_id>/hand-over/", acting.pass_on, name="hand-over"),
    path("people/<int:person_id>/suspend/", acting.suspend, name="person-suspend"),
    path("people/<int:person_id>/reinstate/", acting.reinstate, name="person-reinstate"),
    path("people/<int:person_id>/password/", acting.reset, name="person-reset"),
    path("events/", operators.events, name="events"),
]
