"""People, the roles they hold at places, and how they sign in."""
