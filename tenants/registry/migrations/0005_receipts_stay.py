"""A receipt of destruction is never changed or deleted by the application."""

from django.db import migrations

from falin.kernel.database.operations import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_life_of_tenants")]
    operations = [AppendOnly("receipt")]
