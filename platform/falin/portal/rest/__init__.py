"""The portal's own addresses of the API: people and their roles."""
