"""Addresses of the portal's API, below /api/v1/."""

from django.urls import include, path

from falin.portal.rest import audit, own_data, people, same, settings, tokens

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
    path("<str:key>/", settings.Setting.as_view(), name="api-setting"),
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
urlpatterns = [
    path("me/data/", own_data.OwnData.as_view(), name="api-own-data"),
    path("me/tokens/", include(_tokens)),
    path("people/", include((_people, "people-api"))),
    path("settings/", include(_settings)),
    path("audit/", include(_audit)),
]
