"""An app that grows under way: its migrations are written into a folder, one operation each, and it is installed there."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.test.utils import modify_settings

from tenants.registry import schemas

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=20)),
    ("size", models.PositiveIntegerField(default=1)), ("note", models.TextField(null=True)),
    ("code", models.CharField(max_length=10, unique=True, null=True)),
]),
migrations.CreateModel("Part", [
    ("id", models.BigAutoField(primary_key=True)),
    ("thing", models.ForeignKey("growing.thing", models.CASCADE)), ("number", models.IntegerField(default=1)),
]),
migrations.CreateModel("Old", [("id", models.BigAutoField(primary_key=True))]),
"""
# Where a model of any state lies is read off the class of today; a model that is gone may lie anywhere.
MODELS = """
from django.db import models
class Thing(models.Model):
    tenancy = "tenant"
class Item(models.Model):
    tenancy = "tenant"
"""
HEAD = """
from django.db import migrations, models
from django.db.models import Q
from django.contrib.postgres import operations as pg
from django.contrib.postgres.constraints import ExclusionConstraint

def double(apps, editor):
    Thing = apps.get_model("growing", "Thing")
    for thing in Thing.objects.all():
        thing.size *= 2
        thing.save()

def sql_by_hand(apps, editor):
    editor.execute("create index by_hand on growing_thing (size)")

def broken(apps, editor):
    assert apps.get_model("growing", "Thing").objects.exclude(name="bad").exists() or not apps.get_model(
        "growing", "Thing").objects.exists(), "a thing is bad"
"""


class Growing:
    """The app; ``grow`` writes more migrations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "growing"
        (self.folder / "migrations").mkdir(parents=True)
        for name in ("__init__.py", "migrations/__init__.py"):
            (self.folder / name).write_text("")
        (self.folder / "models.py").write_text(MODELS)
        self.names: list[str] = []
        self.grow({"first": FIRST})

    def grow(self, operations: Mapping[str, str]) -> None:
        """Each of ``operations`` becomes a migration; one whose name ends in ``concurrently`` is not atomic."""
        for name, text in operations.items():
            before = f'[("growing", "{self.names[-1]}")]' if self.names else "[]"
            number = f"{len(self.names) + 1:04d}_{name}"
            (self.folder / "migrations" / f"{number}.py").write_text(
                f"{HEAD}\nclass Migration(migrations.Migration):\n    dependencies = {before}\n"
                f"    atomic = {not name.endswith('concurrently')}\n    operations = [{text}]\n"
            )
            self.names.append(number)
        importlib.invalidate_caches()
        schemas.forget()

    def mend(self, text: str) -> None:
        """Put other operations in the place of the newest migration's."""
        number = self.names.pop()
        (self.folder / "migrations" / f"{number}.py").unlink()
        sys.modules.pop(f"growing.migrations.{number}", None)
        self.grow({number[5:]: text})


@contextmanager
def installed(folder: Path) -> Iterator[Growing]:
    app = Growing(folder)
    sys.path.insert(0, str(folder))
    change: Any = modify_settings(INSTALLED_APPS={"append": "growing"})
    try:
        with change:
            schemas.forget()
            yield app
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == "growing"]:
            del sys.modules[name]
        del apps.all_models["growing"]
        schemas.forget()
