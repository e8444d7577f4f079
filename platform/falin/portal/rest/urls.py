"""Addresses of the portal's API, below /api/v1/."""

from typing import Any

from django.urls import include, path

from falin.portal.rest import (
    account,
    areas,
    audit,
    emergencies,
    history,
    jobs,
    own_data,
    people,
    places,
    public,
    room,
    same,
    search,
    settings,
    sign_on,
    tenants,
    today,
    tokens,
    webhooks,
)

_people = [
    path("", people.People.as_view(), name="people"),
    path("sheet/", people.Sheet.as_view(), name="sheet"),
    path("proposals/", people.Proposals.as_view(), name="proposals"),
    path("proposals/<uuid:proposal>/confirm/", people.Confirmation.as_view(), name="confirm"),
    path("proposals/<uuid:proposal>/refuse/", people.Refusal.as_view(), name="refuse"),
    path("review/", people.Review.as_view(), name="review"),
    path("same/", same.Same.as_view(), name="same"),
    path("merges/", same.Merges.as_view(), name="merges"),
    path("merges/<int:merge_id>/confirm/", same.Confirmation.as_view(), name="merge-confirm"),
    path("merges/<int:merge_id>/refuse/", same.Refusal.as_view(), name="merge-refuse"),
    path("<int:person_id>/leaving/", same.Leaving.as_view(), name="leaving"),
    path("accounts/", tokens.Accounts.as_view(), name="accounts"),
    path("accounts/<int:person_id>/", tokens.Account.as_view(), name="account"),
    path("accounts/<int:person_id>/owner/", tokens.Owner.as_view(), name="account-owner"),
    path("accounts/<int:person_id>/review/", tokens.Review.as_view(), name="account-review"),
    path("at/<int:node_id>/", people.Who.as_view(), name="who"),
    path("roles/<int:binding_id>/", people.OneRole.as_view(), name="role"),
    path("<int:person_id>/", people.Person.as_view(), name="person"),
    path("<int:person_id>/roles/", people.Roles.as_view(), name="roles"),
    path("<int:person_id>/rights/", people.Rights.as_view(), name="rights"),
    path("<int:person_id>/hand-over/", people.HandOver.as_view(), name="hand-over"),
    path("<int:person_id>/suspension/", people.Suspension.as_view(), name="suspension"),
    path("<int:person_id>/password/", people.Password.as_view(), name="password"),
]
_settings = [
    path("", settings.Settings.as_view(), name="api-settings"),
    path("use/", room.OwnUses.as_view(), name="api-use"),
    path("<str:key>/", settings.Setting.as_view(), name="api-setting"),
    path("<str:key>/touched/", settings.TouchedBy.as_view(), name="api-setting-touched"),
]
_audit = [
    path("", audit.Log.as_view(), name="api-audit"),
    path("shared/", audit.SharedLog.as_view(), name="api-audit-shared"),
    path("sealing/", audit.State.as_view(), name="api-audit-sealing"),
    path("alarms/", audit.Alarms.as_view(), name="api-audit-alarms"),
    path("export/", audit.Export.as_view(), name="api-audit-export"),
]
_tokens = [
    path("", tokens.Tokens.as_view(), name="api-tokens"),
    path("bindings/", tokens.Bindings.as_view(), name="api-token-bindings"),
    path("<int:token_id>/", tokens.Token.as_view(), name="api-token"),
]
_places = [
    path("", places.Search.as_view(), name="search"),
    path("<int:node_id>/", places.Place.as_view(), name="place"),
    path("descriptions/", areas.Descriptions.as_view(), name="describe"),
    path("areas/", areas.Areas.as_view(), name="areas"),
    path("areas/<int:area_id>/", areas.OneArea.as_view(), name="area"),
    path("areas/<int:area_id>/members/", areas.Members.as_view(), name="area-members"),
    path("areas/<int:area_id>/members/<int:member_id>/", areas.OneMember.as_view(), name="area-member"),
    path("updates/", places.Updates.as_view(), name="updates"),
    path("updates/<int:update_id>/", places.Update.as_view(), name="update"),
    path("updates/<int:update_id>/changes/", places.Changes.as_view(), name="changes"),
    path("updates/<int:update_id>/changes/<int:change_id>/", places.OneChange.as_view(), name="change"),
    path("updates/<int:update_id>/groups/", places.Groups.as_view(), name="groups"),
    path("updates/<int:update_id>/submission/", places.Submission.as_view(), name="submission"),
    path("updates/<int:update_id>/confirmation/", places.Confirmation.as_view(), name="confirmation"),
    path("updates/<int:update_id>/application/", places.Application.as_view(), name="application"),
    path("updates/<int:update_id>/drop/", places.Dropping.as_view(), name="drop"),
]
_tenants = [
    path("", tenants.Tenants.as_view(), name="tenants"),
    path("receipts/", tenants.Receipts.as_view(), name="receipts"),
    path("deeds/", tenants.Deeds.as_view(), name="deeds"),
    path("cells/", tenants.Cells.as_view(), name="cells"),
    path("restores/", tenants.Restores.as_view(), name="restores"),
    path("deeds/<int:deed_id>/again/", tenants.Again.as_view(), name="again"),
    path("deeds/<int:deed_id>/confirm/", tenants.Confirmation.as_view(), name="confirm"),
    path("deeds/<int:deed_id>/refuse/", tenants.Refusal.as_view(), name="refuse"),
    path("<int:tenant_id>/", tenants.Tenant.as_view(), name="tenant"),
    path("<int:tenant_id>/suspension/", tenants.Suspension.as_view(), name="suspension"),
    path("<int:tenant_id>/archives/", tenants.Archives.as_view(), name="archives"),
    path("<int:tenant_id>/deeds/", tenants.Asked.as_view(), name="ask"),
    path("<int:tenant_id>/addresses/", room.Addresses.as_view(), name="addresses"),
    path("<int:tenant_id>/addresses/<int:address_id>/", room.OneAddress.as_view(), name="address"),
    path("<int:tenant_id>/checklist/", room.Checklist.as_view(), name="checklist"),
    path("<int:tenant_id>/opening/", room.Opening.as_view(), name="opening"),
    path("<int:tenant_id>/uses/", room.Uses.as_view(), name="uses"),
]
_account: list[Any] = [
    path("data/", own_data.OwnData.as_view(), name="api-own-data"),
    path("tokens/", include(_tokens)),
    path("security/", account.Security.as_view(), name="api-security"),
    path("sessions/", account.Sessions.as_view(), name="api-sessions"),
    path("sessions/<slug:session>/", account.OneSession.as_view(), name="api-session"),
]
_emergencies = [
    path("", emergencies.Emergencies.as_view(), name="api-emergencies"),
    path("here/", emergencies.Here.as_view(), name="api-emergencies-here"),
    path("<int:emergency_id>/", emergencies.Emergency.as_view(), name="api-emergency"),
    path("<int:emergency_id>/decision/", emergencies.Decision.as_view(), name="api-emergency-decision"),
    path("<int:emergency_id>/end/", emergencies.End.as_view(), name="api-emergency-end"),
]
_jobs = [
    path("", jobs.Jobs.as_view(), name="api-jobs"),
    path("<uuid:job_id>/", jobs.Job.as_view(), name="api-job"),
    path("<uuid:job_id>/cancel/", jobs.Cancel.as_view(), name="api-job-cancel"),
]
_webhooks = [
    path("", webhooks.Endpoints.as_view(), name="api-webhooks"),
    path("events/", webhooks.Offered.as_view(), name="api-webhook-events"),
    path("<uuid:endpoint_id>/", webhooks.OneEndpoint.as_view(), name="api-webhook"),
    path("<uuid:endpoint_id>/secret/", webhooks.Secret.as_view(), name="api-webhook-secret"),
    path("<uuid:endpoint_id>/trial/", webhooks.Trial.as_view(), name="api-webhook-trial"),
    path("<uuid:endpoint_id>/messages/", webhooks.Messages.as_view(), name="api-webhook-messages"),
]
urlpatterns = [
    path("public/", public.Counties.as_view(), name="api-public"),
    path("public/<slug:county>/communities/", public.Communities.as_view(), name="api-public-communities"),
    path("public/<slug:county>/communities/<slug:code>/", public.Community.as_view(), name="api-public-community"),
    path("public/<slug:county>/figures/", public.PublicFigures.as_view(), name="api-public-figures"),
    path("tenants/", include((_tenants, "tenants-api"))),
    path("search/", search.Search.as_view(), name="api-search"),
    path("today/", today.Today.as_view(), name="api-today"),
    path("events/", today.Events.as_view(), name="api-events"),
    path("history/", history.History.as_view(), name="api-history"),
    path("history/<slug:kind>/<str:subject_id>/", history.OfThing.as_view(), name="api-history-of"),
    path("jobs/", include(_jobs)),
    path("files/<uuid:file_id>/", jobs.File.as_view(), name="api-file"),
    path("emergencies/", include(_emergencies)),
    path("me/", include(_account)),
    path("people/", include((_people, "people-api"))),
    path("settings/", include(_settings)),
    path("places/", include((_places, "places-api"))),
    path("audit/", include(_audit)),
    path("me/sign-on/", sign_on.SignOn.as_view(), name="api-sign-on"),
    path("webhooks/", include(_webhooks)),
]
