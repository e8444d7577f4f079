"""The two migrations."""
