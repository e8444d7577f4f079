"""Which statements of settings go along with a tenant: those of its places, and those above that bind them."""

from tenants.registry.belongings import PLACES, Belonging

SETTINGS = (
    Belonging(
        table="settings_setting", where=PLACES[1].where, natural=("key", "node_id", "recorded_at"), same=("value",)
    ),
)
