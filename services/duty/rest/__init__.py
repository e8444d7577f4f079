"""The API of duty."""
