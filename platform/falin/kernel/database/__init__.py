"""The database engine of Falin: django-tenants' PostgreSQL backend with a transaction-local scope."""
