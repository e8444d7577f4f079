"""The names others may use."""

from tenants.settings.commands import make_statement
from tenants.settings.policies import READ, SET
from tenants.settings.queries import explain, forget, list_concerned, list_settings, resolve, what_it_touches
from tenants.settings.types import LEVEL_WORDS, Outcome, Shown, Statement, Told, Touched

__all__ = ["LEVEL_WORDS", "READ", "SET", "Outcome", "Shown", "Statement", "Told", "Touched", "explain", "forget",
           "list_concerned", "list_settings", "make_statement", "resolve", "what_it_touches"]  # fmt: skip
