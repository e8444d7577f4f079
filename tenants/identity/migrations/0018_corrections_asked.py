"""What people ask to have put right of their own names."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0017_first_password_there")]
    operations = [
        migrations.CreateModel(
            "Correction",
            [
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="corrections",
                                             to=settings.AUTH_USER_MODEL)),
                ("name", models.CharField(max_length=60)),
                ("username", models.CharField(max_length=60)),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("done_at__isnull", True)), fields=("person",),
                                            name="one_correction_is_asked_at_a_time")
                ],
            },
        ),
    ]  # fmt: skip
