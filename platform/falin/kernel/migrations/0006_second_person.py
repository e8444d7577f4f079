"""Jobs that wait for a second person. An old release leaves them lying: it begins what is queued alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0005_webhooks'),
    ]

    operations = [
        migrations.AddField("job", "held_for", models.CharField(blank=True, db_default="", max_length=40)),
        migrations.AddField("job", "held_until", models.DateTimeField(null=True)),
        migrations.AddField("job", "second_id", models.BigIntegerField(null=True)),
        migrations.AddField("job", "second_hat", models.CharField(blank=True, db_default="", max_length=120)),
        migrations.AddField("job", "second_at", models.DateTimeField(null=True)),
        migrations.AlterField("job", "state", models.CharField(
            choices=[("held", "Held"), ("queued", "Queued"), ("running", "Running"), ("done", "Done"),
                     ("failed", "Failed"), ("cancelled", "Cancelled")],
            default="queued", max_length=10,
        )),
        migrations.AddIndex("job", models.Index(
            condition=models.Q(("state", "held")), fields=["held_until"], name="jobs_held",
        )),
    ]
