"""The register of stations, on the notice board."""

import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Station',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('province_id', models.BigIntegerField()),
                ('city_id', models.BigIntegerField(null=True)),
                ('county_id', models.BigIntegerField()),
                ('street_id', models.BigIntegerField(null=True)),
                ('node_id', models.BigIntegerField()),
                ('tier', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=60)),
                ('pinyin', models.CharField(max_length=240)),
                ('initials', models.CharField(max_length=60)),
                ('address', models.CharField(max_length=120)),
                ('phone', models.CharField(blank=True, max_length=20)),
                ('opening', models.JSONField()),
                ('wheelchair', models.BooleanField()),
                ('longitude', models.FloatField(null=True)),
                ('latitude', models.FloatField(null=True)),
                ('opened_on', models.DateField()),
                ('closed_on', models.DateField(null=True)),
                ('closed_why', models.CharField(blank=True, max_length=200)),
                ('person_id', models.BigIntegerField()),
                ('recorded_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['county_id', 'tier', 'pinyin', 'id'], name='stations_of_a_county'), models.Index(fields=['province_id', 'tier', 'pinyin', 'id'], name='stations_of_a_province')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on__isnull', True)), fields=('node_id', 'name'), name='an_open_station_is_registered_once'), models.CheckConstraint(condition=models.Q(('closed_on__isnull', True), ('closed_on__gte', models.F('opened_on')), _connector='OR'), name='a_station_closes_after_it_opens'), models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', True), ('longitude__isnull', True)), models.Q(('latitude__isnull', False), ('longitude__isnull', False)), _connector='OR'), name='a_position_is_whole')],
            },
        ),
    ]
