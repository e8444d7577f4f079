"""Entries are stamped with their transaction and sealed in batches; keys and anchors in the shared schema."""

import django.db.models.expressions
from django.db import migrations, models

from falin.kernel.database.operations import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0003_what_waits_where'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditAnchor',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tenant', models.CharField(max_length=63)),
                ('number', models.BigIntegerField()),
                ('line', models.JSONField()),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuditBatch',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False)),
                ('upto', models.BigIntegerField()),
                ('first_id', models.BigIntegerField()),
                ('last_id', models.BigIntegerField()),
                ('count', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('previous', models.CharField(blank=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('key', models.CharField(max_length=16)),
                ('signature', models.CharField(max_length=128)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AuditKey',
            fields=[
                ('key', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('version', models.PositiveIntegerField(unique=True)),
                ('public', models.CharField(max_length=64)),
                ('introduced_by', models.CharField(blank=True, max_length=16)),
                ('signature', models.CharField(blank=True, max_length=128)),
                ('at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='auditentry',
            name='xact',
            field=models.BigIntegerField(db_default=django.db.models.expressions.RawSQL('pg_current_xact_id()::text::bigint', ()), editable=False),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['xact', 'id'], name='audit_by_transaction'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['person_id', '-id'], name='audit_by_person'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['act', '-id'], name='audit_by_act'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['node_id', '-id'], name='audit_by_place'),
        ),
        migrations.AddConstraint(
            model_name='auditanchor',
            constraint=models.UniqueConstraint(fields=('tenant', 'number'), name='a_batch_is_anchored_once'),
        ),
        AppendOnly("auditbatch"),
        AppendOnly("auditkey"),
        AppendOnly("auditanchor"),
    ]
