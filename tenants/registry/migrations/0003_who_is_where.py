"""Where each schema is: its own ledger says it, in one round trip for all; what held one up is kept beside."""

from django.db import migrations, models

from falin.kernel.database.operations import shared_sql

# Read by upgrades and by the operators' page. A schema that is not there, or not whole, is passed by.
STANDING = """
create or replace function public.schema_standing(tenants text[])
returns table (tenant text, done text[], newest text, at timestamptz) language plpgsql stable as $$
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.django_migrations', tenant)) is null;
        execute format(
            'select array_agg(m.app || ''.'' || m.name),'
            ' (array_agg(m.app || ''.'' || m.name order by m.id desc))[1], max(m.applied) from %I.django_migrations m',
            tenant) into done, newest, at;
        done := coalesce(done, '{}');
        return next;
    end loop;
end $$
"""


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_taking_a_spare")]
    operations = [
        migrations.CreateModel(
            name="Trouble",
            fields=[
                ("schema", models.CharField(max_length=63, primary_key=True, serialize=False)),
                ("migration", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                ("error", models.CharField(max_length=500)),
            ],
            options={"abstract": False},
        ),
        shared_sql(STANDING, "drop function public.schema_standing(text[])"),
    ]
