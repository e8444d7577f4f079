"""Five-level tenancy: the tree of places, the bodies that hold a schema, the people and their roles."""
