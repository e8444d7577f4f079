"""Webhooks: receivers, what each is told, and how it went."""

import django.db.models.deletion
import uuid
from django.db import migrations, models

from falin.kernel.database.operations import shared_sql

DUE = """
create or replace function public.webhooks_due(tenants text[]) returns table (tenant text, endpoint uuid)
language plpgsql stable as $$
begin
    foreach tenant in array tenants loop
        continue when to_regclass(format('%I.kernel_webhookmessage', tenant)) is null;
        return query execute format(
            'select %L::text, e.id from %I.kernel_webhookendpoint e where e.stopped = '''''
            ' and (e.busy_until is null or e.busy_until <= now())'
            ' and exists (select 1 from %I.kernel_webhookmessage m where m.endpoint_id = e.id and m.next_at <= now())',
            tenant, tenant, tenant);
    end loop;
end $$
"""


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0004_sealed_audit'),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('address', models.CharField(max_length=500)),
                ('events', models.JSONField(default=list)),
                ('secret_sealed', models.BinaryField()),
                ('earlier_sealed', models.BinaryField(default=b'')),
                ('earlier_until', models.DateTimeField(null=True)),
                ('stopped', models.CharField(blank=True, max_length=10)),
                ('failing_since', models.DateTimeField(null=True)),
                ('busy_until', models.DateTimeField(null=True)),
                ('person_id', models.BigIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('event_id', models.BigIntegerField(null=True)),
                ('event', models.CharField(max_length=80)),
                ('body', models.TextField()),
                ('at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_at', models.DateTimeField(null=True)),
                ('told_at', models.DateTimeField(null=True)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='kernel.webhookendpoint')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(max_length=12)),
                ('status', models.PositiveSmallIntegerField()),
                ('milliseconds', models.PositiveIntegerField()),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='kernel.webhookmessage')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['endpoint', 'next_at'], name='webhooks_due'),
        ),
        migrations.AddIndex(
            model_name='webhookmessage',
            index=models.Index(fields=['endpoint', '-at', '-id'], name='webhooks_newest'),
        ),
        migrations.AddConstraint(
            model_name='webhookmessage',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event_id'), name='a_receiver_is_told_once'),
        ),
        shared_sql(DUE, "drop function public.webhooks_due(text[])"),
    ]
