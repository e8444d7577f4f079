"""People and the roles they were given. One register for the whole cell, in the shared schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from falin.kernel.models import PublicModel
from tenants.identity.passwords import normal
from tenants.identity.types import Purpose, Role, Standing
from tenants.registry.models import Tenant


class People(BaseUserManager["Person"]):
    """Django's contract for a user table."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser, PublicModel):
    """
    Somebody who can sign in. Names of officials and advisers are service data: clear, sorted by pinyin.

    Private telephone numbers are encrypted and found by blind index only.
    """

    id = models.BigAutoField(primary_key=True)
    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone_sealed = models.BinaryField(default=bytes)
    phone_index = models.BinaryField(default=bytes, max_length=32)
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    session_epoch = models.PositiveIntegerField(default=0)  # counted up: every session opened before is over
    # Chosen while signed in; empty: never chosen. For what reaches him without a browser, and for a browser that knows none.
    language = models.CharField(max_length=8, blank=True, default="", db_default="")
    second_factor_by = models.DateField(null=True)  # the last day he comes in without one, once he was told
    created_at = models.DateTimeField()
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # this record is that person

    USERNAME_FIELD: ClassVar[str] = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[Any] = People()

    class Meta:
        indexes = [models.Index(fields=["phone_index"], name="people_by_phone")]

    def get_full_name(self) -> str:
        return self.name

    @property
    def reads_in(self) -> str:
        """The language in which he is written to, whoever's request or worker does it."""
        return self.language or settings.LANGUAGE_CODE

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(normal(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(normal(raw_password))

    def get_session_auth_hash(self) -> str:
        """What a session carries and is compared with at every request: of the password, and of the epoch."""
        return salted_hmac("identity.session", f"{self.password}:{self.session_epoch}", algorithm="sha256").hexdigest()


class Binding(PublicModel):
    """
    A role at a place, from a day to a day, given by somebody for a reason. Ended, never deleted.

    Where a second person is needed it stands as proposed first. Bindings of one ``proposal`` are decided together.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="bindings")
    role = models.CharField(max_length=32, choices=[(role, role) for role in Role])
    node_id = models.BigIntegerField()
    tenant = models.ForeignKey(Tenant, models.PROTECT, null=True)
    subject_id = models.CharField(max_length=64, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    granted_by = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)
    ended_why = models.CharField(max_length=200, blank=True)
    standing = models.CharField(
        max_length=10, choices=[(one, one) for one in Standing], default=Standing.CONFIRMED.value
    )
    proposal = models.UUIDField(null=True)
    granted_as = models.CharField(max_length=32, blank=True)  # the grantor's role
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)  # last recertified
    acting_for = models.ForeignKey("self", models.PROTECT, null=True, related_name="deputies")
    takes_over = models.ForeignKey("self", models.PROTECT, null=True, related_name="successors")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="a_binding_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["person", "role", "node_id", "subject_id", "standing"],
                condition=Q(ended_at__isnull=True),
                name="one_open_binding_of_a_role_at_a_place",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(granted_by=0)
                | (~Q(decided_by=F("granted_by")) & ~Q(decided_by=F("person_id")) & ~Q(granted_by=F("person_id"))),
                name="two_others_decide_about_a_person",
            ),
        ]
        indexes = [
            models.Index(fields=["person"], name="open_bindings", condition=Q(ended_at__isnull=True)),
            models.Index(fields=["node_id", "role"], name="bindings_at_a_place"),
            models.Index(fields=["proposal"], name="bindings_of_a_proposal", condition=Q(standing="proposed")),
        ]


class FirstOperator(PublicModel):
    """The one-time link by which the first operator of an installation comes in; its hash, never the link."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Suspension(PublicModel):
    """That somebody may not come in, from a moment until a second act."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="suspensions")
    begun_at = models.DateTimeField()
    begun_by = models.BigIntegerField()
    why = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)
    ended_why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at__isnull=True), name="one_open_suspension_of_a_person"
            ),
        ]


class Invitation(PublicModel):
    """A one-time link by which somebody who was entered chooses his first password; its hash, never the link."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.BigIntegerField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ServiceAccount(PublicModel):
    """A program that works under a role: a person who never signs in, and one who answers for it and has its tokens."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="service")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="services")
    purpose = models.CharField(max_length=200)
    review_by = models.DateField()  # the last day it works unless somebody reviews it
    client_id = models.CharField(max_length=120, blank=True)  # its client in the sign-on home, if it has one

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(person=F("owner")), name="somebody_else_answers_for_a_program"),
            models.UniqueConstraint(fields=["client_id"], condition=~Q(client_id=""), name="a_client_is_one_program"),
        ]


class Correction(PublicModel):
    """How somebody says his own name and sign-in name should be, until whose charge he is puts them right or says no."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="corrections")
    name = models.CharField(max_length=60)
    username = models.CharField(max_length=60)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    declined_by = models.BigIntegerField(null=True)  # who said no, with the reason
    why = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(done_at__isnull=True), name="one_correction_is_asked_at_a_time"
            ),
        ]


class AccessToken(PublicModel):
    """
    A key for programs, of one binding: what it opens is never more than that binding does.

    Of the secret only its hash is kept; ``lookup`` finds the row.
    """

    id = models.BigAutoField(primary_key=True)
    lookup = models.CharField(max_length=12, unique=True)
    secret_hash = models.BinaryField(max_length=32)
    name = models.CharField(max_length=60)
    binding = models.ForeignKey(Binding, models.PROTECT, related_name="tokens")
    scopes = models.JSONField(default=list)
    origins = models.JSONField(default=list)  # networks it may be used from; empty: from everywhere
    epoch = models.PositiveIntegerField()  # the holder's session epoch when it was made: what ends sessions ends it
    made_by = models.BigIntegerField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.BigIntegerField(null=True)


class PersonMerge(PublicModel):
    """That two records are one person, said by one and confirmed by another; or that they are two, said by one."""

    id = models.BigAutoField(primary_key=True)
    kept = models.ForeignKey(Person, models.PROTECT, related_name="+")
    gone = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    proposed_by = models.BigIntegerField()
    proposed_at = models.DateTimeField()
    standing = models.CharField(
        max_length=10, choices=[(one, one) for one in Standing], default=Standing.PROPOSED.value
    )
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(standing="confirmed") | (Q(decided_by__isnull=False) & ~Q(decided_by=F("proposed_by"))),
                name="two_people_merge_two_records",
            ),
            models.UniqueConstraint(
                fields=["gone"], condition=Q(standing__in=["proposed", "confirmed"]), name="a_record_goes_once"
            ),
        ]


class Session(AbstractBaseSession, PublicModel):
    """
    Django's session with what its person wants to know of it. ``seen_at`` is right to ten minutes: it is not written at
    every request.
    """

    person_id = models.BigIntegerField(null=True)
    device = models.CharField(max_length=60, blank=True)
    network = models.CharField(max_length=50, blank=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        indexes = [models.Index(fields=["person_id"], name="sessions_of_a_person")]


class Slowdown(PublicModel):
    """How often somebody guessed wrong, by a keyed hash of who and from where, and until when he has to wait."""

    key = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField()
    until = models.DateTimeField()


class Code(PublicModel):
    """
    A one-time code that was sent to somebody: its keyed hash, never the code, and the number it went to as one. For a
    forgotten password the first half of the one is its browser's, the last half of the other says whence it was asked for.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=10, choices=[(one, one) for one in Purpose])
    address_index = models.BinaryField(max_length=32)
    address_sealed = models.BinaryField(default=bytes)  # the new number or mail address that is to be proved
    code_hash = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-made_at"], name="codes_of_a_person"),
            models.Index(fields=["address_index", "-made_at"], name="codes_to_an_address"),
        ]


class Emergency(PublicModel):
    """That the operator may look into a tenant for an hour: asked by him, allowed by the tenant, ended by either."""

    id = models.BigAutoField(primary_key=True)
    operator = models.ForeignKey(Person, models.PROTECT, related_name="+")
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="+")
    incident = models.CharField(max_length=40)
    reason = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refused_why = models.CharField(max_length=200, blank=True)
    ends_at = models.DateTimeField(null=True)  # only once it was allowed
    ended_at = models.DateTimeField(null=True)
    ended_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("operator")),
                name="an_emergency_is_allowed_by_another",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(decided_at__isnull=False, ends_at__lte=F("decided_at") + timedelta(hours=1)),
                name="an_emergency_lasts_an_hour_at_most",
            ),
        ]
        indexes = [
            models.Index(fields=["operator"], name="emergencies_in_force",
                         condition=Q(ends_at__isnull=False, ended_at__isnull=True)),
            models.Index(fields=["tenant", "-id"], name="emergencies_of_a_tenant"),
        ]  # fmt: skip


from tenants.identity.oidc.models import (  # noqa: E402 -- Django looks here
    Account,  # noqa: F401
    FirstPassword,  # noqa: F401
    ForeignSession,  # noqa: F401
    Link,  # noqa: F401
    Refusals,  # noqa: F401
    UsedToken,  # noqa: F401
)
