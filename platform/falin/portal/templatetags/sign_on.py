"""What the sign-in page asks: which homes there are, and whether the other one answers."""

from __future__ import annotations

from django import template

from falin.kernel.clock import legal_day, now
from tenants.identity.homes import HOMES, KEYCLOAK, in_use

register = template.Library()


@register.simple_tag
def second_home() -> str:
    """``"up"``, ``"down"``, or empty where no tenant takes people from there."""
    if KEYCLOAK not in in_use(legal_day(now())):
        return ""
    return "up" if HOMES[KEYCLOAK].answers() else "down"
