"""What the API of people takes and gives."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.validators import ASCIIUsernameValidator
from rest_framework import serializers

from falin.kernel.rest.fields import Cursor, OneOf, Sort
from tenants.identity.queries import PEOPLE_ORDERS, View
from tenants.identity.types import Role, State, TokenState


class PersonOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()


class BindingOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    person = PersonOut()
    role = OneOf(Role)
    node_id = serializers.IntegerField(help_text="the place it was given for")
    subject_id = serializers.CharField(help_text="the firm or adviser it is bound to")
    valid_from = serializers.DateField()
    valid_to = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    standing = OneOf(State, name="Standing", source="state")
    proposal = serializers.UUIDField(allow_null=True)
    granted_by = serializers.IntegerField()
    decided_by = serializers.IntegerField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_why = serializers.CharField()
    acting_for = serializers.IntegerField(allow_null=True, help_text="the person he stands in for")
    takes_over = serializers.IntegerField(allow_null=True, help_text="the person he takes over from")


class RecordOut(serializers.Serializer[Any]):
    person = PersonOut()
    suspended = serializers.BooleanField()
    may_sign_in = serializers.BooleanField()
    bindings = BindingOut(many=True)


class PeopleAsked(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)
    view = serializers.ChoiceField(
        choices=[view.value for view in View if view], required=False, default=View.NOW.value
    )
    after = Cursor()
    sort = Sort(PEOPLE_ORDERS)


class PeopleOut(serializers.Serializer[Any]):
    rows = RecordOut(many=True)
    after = serializers.CharField(help_text="cursor of the next page; empty on the last")


class RightOut(serializers.Serializer[Any]):
    binding = BindingOut()
    place = serializers.CharField(source="place.name")
    reaches = serializers.BooleanField()
    grants = serializers.ListField(child=serializers.CharField())
    stopped = serializers.CharField(
        source="stopped_by", help_text="the rule by which the doors refuse what else the role would let him; else empty"
    )


class ExplainedOut(serializers.Serializer[Any]):
    person = PersonOut()
    suspended = serializers.BooleanField()
    rights = RightOut(many=True)


class GrantIn(serializers.Serializer[Any]):
    role = OneOf(Role)
    node_id = serializers.IntegerField(min_value=1, max_value=2**62)
    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    reason = serializers.CharField(max_length=200)
    subject_id = serializers.CharField(
        required=False, default="", max_length=64, help_text="the firm, for a firm's manager; his own where he gives it"
    )

    def written(self) -> dict[str, Any]:
        data = dict(self.validated_data)
        return {**data, "role": Role(data["role"])}


class RoleIn(GrantIn):
    acting_for = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="the binding he stands in for, as a deputy"
    )


class EntryIn(GrantIn):
    username = serializers.CharField(max_length=60, validators=[ASCIIUsernameValidator()])
    name = serializers.CharField(max_length=60)
    invite = serializers.BooleanField(default=False, help_text="a link instead of a one-time password")


class EnteredOut(serializers.Serializer[Any]):
    person = PersonOut()
    binding = BindingOut()
    password = serializers.CharField(help_text="one-time; shown here only")
    token = serializers.CharField(help_text="of /people/invitation/<token>/; shown here only")


class HandOverIn(serializers.Serializer[Any]):
    successor_id = serializers.IntegerField(min_value=1, max_value=2**62)
    role = OneOf(Role)
    on_day = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class ReasonIn(serializers.Serializer[Any]):
    why = serializers.CharField(max_length=200)


class NamesIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=60)
    username = serializers.CharField(max_length=60)


class NamesCorrectedIn(NamesIn):
    why = serializers.CharField(max_length=200)


class NamesAskedOut(serializers.Serializer[Any]):
    asked = NamesIn(allow_null=True, help_text="how he asked them to be, until it is done")


class PasswordOut(serializers.Serializer[Any]):
    password = serializers.CharField(help_text="one-time; shown here only")


class ReviewIn(serializers.Serializer[Any]):
    bindings = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**62), min_length=1,
                                     max_length=500)  # fmt: skip


class ReviewedOut(serializers.Serializer[Any]):
    reviewed = serializers.IntegerField()


class AccessTokenIn(serializers.Serializer[Any]):
    binding_id = serializers.IntegerField(min_value=1, max_value=2**62, help_text="one of one's own, or of a program's")
    name = serializers.CharField(max_length=60)
    scopes = serializers.ListField(child=serializers.CharField(max_length=40), min_length=1, max_length=60)
    expires_on = serializers.DateField(help_text="the last day")
    origins = serializers.ListField(child=serializers.CharField(max_length=50), max_length=20, required=False,
                                    default=list, help_text="addresses or networks; none: from everywhere")  # fmt: skip


class AccessTokenOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    holder = PersonOut()
    binding_id = serializers.IntegerField()
    role = OneOf(Role)
    node_id = serializers.IntegerField()
    scopes = serializers.ListField(child=serializers.CharField())
    origins = serializers.ListField(child=serializers.CharField())
    made_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="to the minute")
    state = OneOf(TokenState, help_text="dead: its role is gone")


class MadeTokenOut(serializers.Serializer[Any]):
    token = AccessTokenOut()
    secret = serializers.CharField(help_text="shown here only")


class ServiceAccountIn(GrantIn):
    username = serializers.CharField(max_length=60, validators=[ASCIIUsernameValidator()])
    name = serializers.CharField(max_length=40)
    owner_id = serializers.IntegerField(min_value=1, max_value=2**62, help_text="who answers for it")
    purpose = serializers.CharField(max_length=200)
    review_by = serializers.DateField(help_text="the last day it works unless somebody reviews it")
    client_id = serializers.CharField(max_length=120, required=False, default="",
                                      help_text="its client in the sign-on home, for client credentials")  # fmt: skip

    def written(self) -> dict[str, Any]:
        given = super().written()
        given.pop("subject_id")
        return given


class ServiceAccountOut(serializers.Serializer[Any]):
    person = PersonOut()
    owner = PersonOut()
    purpose = serializers.CharField()
    review_by = serializers.DateField()
    client_id = serializers.CharField()
    works = serializers.BooleanField()
    stopped_by = serializers.CharField(help_text="suspended, not_reviewed, no_role, owner_gone; empty while it works")
    bindings = BindingOut(many=True)


class OwnerIn(serializers.Serializer[Any]):
    owner_id = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(max_length=200)


class ReviewByIn(serializers.Serializer[Any]):
    review_by = serializers.DateField()


class SameOut(serializers.Serializer[Any]):
    """Two records that may be one person."""

    one = RecordOut()
    other = RecordOut()
    by_phone = serializers.BooleanField(help_text="the same private telephone; else the same name in the same body")


class MergeOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kept = PersonOut()
    gone = PersonOut()
    reason = serializers.CharField()
    proposed_by = serializers.IntegerField()
    proposed_at = serializers.DateTimeField()


class MergeIn(serializers.Serializer[Any]):
    kept_id = serializers.IntegerField(min_value=1, max_value=2**62)
    gone_id = serializers.IntegerField(min_value=1, max_value=2**62)
    reason = serializers.CharField(max_length=200)
    apart = serializers.BooleanField(default=False, help_text="they are two people: nobody is asked again")


class LeftOpenOut(serializers.Serializer[Any]):
    ends = BindingOut(many=True)
    alone = BindingOut(many=True, help_text="posts nobody else holds there")
    proposals = BindingOut(many=True)
    programs = PersonOut(many=True)


class EntryRowIn(serializers.Serializer[Any]):
    """One person of a list; ``number`` is his row in it."""

    number = serializers.IntegerField(min_value=1, max_value=2**31)
    name = serializers.CharField(max_length=40)
    username = serializers.CharField(max_length=60, validators=[ASCIIUsernameValidator()])
    role = OneOf(Role)
    node_id = serializers.IntegerField(min_value=1, max_value=2**62)
    begins_on = serializers.DateField()
    ends_on = serializers.DateField()
    reason = serializers.CharField(max_length=200)

    def validate_role(self, role: str) -> Role:
        return Role(role)


class PeopleIn(serializers.Serializer[Any]):
    rows = serializers.ListField(child=EntryRowIn(), min_length=1, max_length=300)
    rehearse = serializers.BooleanField(default=True, help_text="say how they would go, and enter nobody")


class EnteredRowOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(source="row.number")
    person = PersonOut(source="entered.person", allow_null=True, default=None)
    token = serializers.CharField(
        source="entered.token", default="", help_text="of /people/invitation/<token>/; shown here only"
    )
    refused = serializers.CharField(source="refused.message", default="", help_text="why not, where he was not entered")
