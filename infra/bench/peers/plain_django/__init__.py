"""
Plain Django: what `startproject` makes, PostgreSQL, connections that stay open, templates cached. Nothing else.

Its people are `django.contrib.auth`'s, its sessions lie in the database, its view wears `login_required`. It knows no
tenants, no scope, no row security, and opens no transaction for a page that only reads (Django's default).
"""
