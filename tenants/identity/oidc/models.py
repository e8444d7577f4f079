"""Tables of the second home: who is who over there, whose session came from which of theirs, what is still to be told."""

from __future__ import annotations

from django.db import models

from falin.kernel.models import PublicModel


class Link(PublicModel):
    """That somebody of an issuer is a person of ours: by issuer and subject, never by a name or an address."""

    id = models.BigAutoField(primary_key=True)
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="links")
    made_at = models.DateTimeField()
    made_by = models.BigIntegerField()  # the person himself, or 0 where provisioning made the account

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="a_subject_is_one_person"),
            models.UniqueConstraint(fields=["issuer", "person"], name="a_person_has_one_account_at_an_issuer"),
        ]


class ForeignSession(PublicModel):
    """A session here that came from a session at an issuer, which may end it."""

    session_key = models.CharField(max_length=40, primary_key=True)
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=255)
    sid = models.CharField(max_length=255, blank=True)
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    id_token = models.TextField()  # shown to the issuer when the person signs out here
    begun_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)  # ended here by its person; the issuer is still to end its own

    class Meta:
        indexes = [
            models.Index(fields=["issuer", "subject"], name="foreign_sessions_of_a_subject"),
            models.Index(fields=["issuer", "sid"], name="foreign_sessions_by_theirs"),
        ]


class UsedToken(PublicModel):
    """A token that may arrive once and has; forgotten when it would be refused for its age anyway."""

    token_hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()


class Account(PublicModel):
    """Whether a person's account over there is as the register says: ``due_at`` is empty where nothing is to be done."""

    person = models.OneToOneField("identity.Person", models.PROTECT, primary_key=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=60, blank=True)
    done_at = models.DateTimeField(null=True)
    factors_reset_at = models.DateTimeField(null=True)  # second factors set up before that are still to go over there

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="accounts_due", condition=models.Q(due_at__isnull=False))]


class FirstPassword(PublicModel):
    """A one-time password on its way to the account over there, encrypted; gone when it has arrived."""

    person = models.OneToOneField("identity.Person", models.PROTECT, primary_key=True, related_name="+")
    password_sealed = models.BinaryField()
    made_at = models.DateTimeField()


class Refusals(PublicModel):
    """How many answers that called themselves our issuer's came from a network in a minute and were not believed."""

    id = models.BigAutoField(primary_key=True)
    network = models.CharField(max_length=50)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "minute"], name="a_minute_of_a_network_is_counted_once")
        ]
