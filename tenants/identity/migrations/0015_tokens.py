"""Tokens of one binding, and service accounts with somebody who answers for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("identity", "0010_second_home")]
    operations = [
        migrations.CreateModel(
            "ServiceAccount",
            [
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                                                related_name="service", serialize=False, to=settings.AUTH_USER_MODEL)),
                ("purpose", models.CharField(max_length=200)),
                ("review_by", models.DateField()),
                ("client_id", models.CharField(blank=True, max_length=120)),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="services",
                                            to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=~Q(person=F("owner")), name="somebody_else_answers_for_a_program"),
                    models.UniqueConstraint(condition=~Q(client_id=""), fields=("client_id",),
                                            name="a_client_is_one_program"),
                ],
            },
        ),
        migrations.CreateModel(
            "AccessToken",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("lookup", models.CharField(max_length=12, unique=True)),
                ("secret_hash", models.BinaryField(max_length=32)),
                ("name", models.CharField(max_length=60)),
                ("scopes", models.JSONField(default=list)),
                ("origins", models.JSONField(default=list)),
                ("epoch", models.PositiveIntegerField()),
                ("made_by", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                ("revoked_by", models.BigIntegerField(null=True)),
                ("binding", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tokens",
                                              to="identity.binding")),
            ],
        ),
    ]  # fmt: skip
