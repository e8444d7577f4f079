"""Migration steps of our own: row security generated from the model, rights taken from the application's role, shared SQL."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunSQL
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Without sub-selects, quiet when unset (`current_setting(…, true)`), whole branch first: the common case for a county.
_WHOLE = "current_setting('app.whole', true) = 'on'"
_BOARD = (
    "array[province_id, city_id, county_id, street_id, node_id]"
    " && nullif(current_setting('app.roots', true), '')::bigint[]"
)
POLICIES = {
    # A tenant's own rows: the place is in the scope's subtree.
    "node": f"{_WHOLE} or node_id = any (nullif(current_setting('app.nodes', true), '')::bigint[])",
    # The notice board in public: rows carry their ancestors; one of them is a place the role was given for.
    "board": _BOARD,
    # … or the firm's or the adviser's own lines, for who has no place of his own.
    "board_or_subject": f"{_BOARD} or current_setting('app.subject', true) in (firm_id::text, adviser_id::text)",
}  # fmt: skip


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class RowSecurity(Operation):
    """ENABLE and FORCE row security on a model's table, with the policy of its kind."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, policy: str = "node") -> None:
        self.model_name, self.policy = model_name, policy

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "RowSecurity", [self.model_name, self.policy], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Row security is not part of Django's state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table, rule = quoted(model._meta.db_table), POLICIES[self.policy]
        for statement in (
            f"alter table {table} enable row level security",
            f"alter table {table} force row level security",
            f"create policy only_places_in_scope on {table} using ({rule}) with check ({rule})",
        ):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table = quoted(model._meta.db_table)
            schema_editor.execute(f"drop policy only_places_in_scope on {table}", params=None)
            schema_editor.execute(f"alter table {table} disable row level security", params=None)

    def describe(self) -> str:
        return f"Row security ({self.policy}) on {self.model_name}"


class AppendOnly(Operation):
    """The application's role may add rows and read them, never change or delete one."""

    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str) -> None:
        self.model_name = model_name

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "AppendOnly", [self.model_name], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Rights are not part of Django's state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._say(schema_editor, to_state.apps.get_model(app_label, self.model_name), "revoke", "from")

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        self._say(schema_editor, from_state.apps.get_model(app_label, self.model_name), "grant", "to")

    def _say(self, schema_editor: BaseDatabaseSchemaEditor, model: Any, verb: str, word: str) -> None:
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table, role = quoted(model._meta.db_table), quoted(settings.APP_ROLE)
            schema_editor.execute(f"{verb} update, delete, truncate on {table} {word} {role}", params=None)

    def describe(self) -> str:
        return f"Append only: {self.model_name}"


def shared_sql(forwards: str, backwards: str) -> RunSQL:
    """SQL that belongs in the shared schema once, and never in a tenant's."""
    return RunSQL(forwards, backwards, hints={"tenancy": "shared"})
