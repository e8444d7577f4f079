"""The API of stations."""
