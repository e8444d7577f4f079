"""
Stock django-tenants: `Tenant.save()` makes the schema and runs every migration in it, as its documentation describes.

The same project, so that the work is equal: the same migrations, and so the same tables, indexes and row security in the
schema. Stock are the engine, `TenantMixin.save()` with `auto_create_schema`, and the executor it calls. Its router is
told one thing more than the stock one knows: which of an app's tables lie in `public`, else each schema would get those
too and the peer would have more to do than we.
"""
