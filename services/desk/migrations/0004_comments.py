"""What is said about a thing."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_help_feedback_first_day")]
    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("subject_id", models.CharField(max_length=36)),
                ("person_id", models.BigIntegerField()),
                ("text_sealed", models.BinaryField(default=bytes)),
                ("told", models.JSONField(default=list)),
                ("at", models.DateTimeField()),
                ("taken_back_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "subject_id", "at"], name="comments_on_a_thing")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("taken_back_at__isnull", True)) ^ models.Q(("text_sealed", b"")),
                        name="a_comment_has_words_until_it_is_taken_back",
                    )
                ],
            },
        ),
    ]
