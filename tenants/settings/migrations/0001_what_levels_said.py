from django.db import migrations, models

from falin.kernel.database.operations import AppendOnly


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Setting',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=80)),
                ('node_id', models.BigIntegerField()),
                ('value', models.IntegerField(null=True)),
                ('locked', models.BooleanField(default=False)),
                ('valid_from', models.DateField()),
                ('person_id', models.BigIntegerField()),
                ('why', models.CharField(max_length=200)),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['key', 'node_id', 'valid_from'], name='settings_by_place')],
            },
        ),
        AppendOnly('setting'),
    ]
