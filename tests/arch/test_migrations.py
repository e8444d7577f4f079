"""Migrations only expand: an old release goes on working while a new one's are applied."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Q

from tenants.registry.schemas.expanding import contractions

# Made before there was a release that could be running meanwhile.
BEFORE_THE_RULE = {"identity.0003_full_bindings", "divisions.0002_places_in_time"}
FLAWS = {
    "DeleteModel": operations.DeleteModel("thing"),
    "RenameModel": operations.RenameModel("thing", "item"),
    "AlterModelTable": operations.AlterModelTable("thing", "goods"),
    "RemoveField": operations.RemoveField("thing", "name"),
    "RenameField": operations.RenameField("thing", "name", "title"),
    "a column the old release leaves out": operations.AddField("thing", "new", models.IntegerField(default=1)),
    "not null": operations.AlterField("thing", "note", models.TextField()),
    "shorter": operations.AlterField("thing", "name", models.CharField(max_length=10)),
    "bounded": operations.AlterField("thing", "note", models.CharField(max_length=10, null=True)),
    "another type": operations.AlterField("thing", "name", models.IntegerField()),
    "unique": operations.AlterField("thing", "name", models.CharField(max_length=20, unique=True)),
    "unique together": operations.AlterUniqueTogether("thing", {("name", "note")}),
    "a constraint": operations.AddConstraint("thing", models.CheckConstraint(condition=Q(id__gt=0), name="positive")),
    "SQL that drops": operations.RunSQL("alter table app_thing drop column name"),
    "SQL that renames": operations.RunSQL(["alter table app_thing rename to app_item"]),
    "SQL that forbids null": operations.RunSQL([("alter table app_thing alter note set not null", None)]),
    "in disguise": operations.SeparateDatabaseAndState(database_operations=[operations.RemoveField("thing", "name")]),
}
RIGHT = {
    "a new table": operations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    "a column that may be empty": operations.AddField("thing", "new", models.IntegerField(null=True)),
    "a column with a default of the database": operations.AddField("thing", "new", models.IntegerField(db_default=1)),
    "longer": operations.AlterField("thing", "name", models.CharField(max_length=30)),
    "unbounded": operations.AlterField("thing", "name", models.TextField()),
    "null": operations.AlterField("thing", "name", models.CharField(max_length=20, null=True)),
    "an index": operations.AddIndex("thing", models.Index(fields=["name"], name="by_name")),
    "SQL that adds": operations.RunSQL("create view app_view as select 1"),
}


def _state() -> ProjectState:
    state = ProjectState()
    fields: list[tuple[str, models.Field]] = [  # type: ignore[type-arg]
        ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20)),
        ("note", models.TextField(null=True)),
    ]  # fmt: skip
    state.add_model(ModelState("app", "Thing", fields))
    return state


def _migration(operation: operations.base.Operation, **more: str) -> Migration:
    migration = Migration("0002_next", "app")
    migration.operations = [operation]
    vars(migration).update(more)
    return migration


@pytest.mark.parametrize("name", FLAWS)
def test_what_an_old_release_would_stumble_over_is_found(name: str) -> None:
    assert len(contractions(_migration(FLAWS[name]), _state())) == 1


@pytest.mark.parametrize("name", FLAWS)
def test_a_later_release_may_take_away_and_says_why(name: str) -> None:
    assert contractions(_migration(FLAWS[name], contracts="unused since 0.3"), _state()) == []


@pytest.mark.parametrize("name", RIGHT)
def test_what_it_does_not_notice_is_allowed(name: str) -> None:
    assert contractions(_migration(RIGHT[name]), _state()) == []


def test_a_table_of_the_same_migration_is_nobodys_yet() -> None:
    migration = _migration(RIGHT["a new table"])
    migration.operations.append(operations.AddField("other", "new", models.IntegerField(default=1)))
    assert contractions(migration, _state()) == []


def test_no_migration_of_ours_takes_away_what_the_release_before_it_needs() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    ours = {
        config.label
        for config in apps.get_app_configs()
        if config.name.split(".")[0] in {"falin", "tenants", "services"}
    }
    found = dict[str, list[str]]()
    for leaf in sorted(loader.graph.leaf_nodes()):
        for key in loader.graph.forwards_plan(leaf):
            if key[0] in ours and ".".join(key) not in found:
                before = loader.project_state(key, at_end=False)
                found[".".join(key)] = contractions(loader.disk_migrations[key], before)
    assert {key for key, flaws in found.items() if flaws} == BEFORE_THE_RULE
