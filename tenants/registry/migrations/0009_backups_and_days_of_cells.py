"""How the nightly backups of a tenant stand, which archive is one, and since when a cell's line says what it does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry", "0008_preparing")]
    operations = [
        migrations.AddField("cell", "since", models.DateTimeField(null=True)),
        migrations.AddField("archive", "number", models.PositiveBigIntegerField(null=True)),
        migrations.CreateModel(
            name="Backup",
            fields=[
                ("tenant_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("night", models.DateField(null=True)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("made_at", models.DateTimeField(null=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("trying", models.DateField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("tried_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, default="", max_length=300)),
                ("trial_at", models.DateTimeField(null=True)),
                ("trial_error", models.CharField(blank=True, default="", max_length=300)),
                ("verified_at", models.DateTimeField(null=True)),
            ],
            options={"abstract": False},
        ),
    ]
