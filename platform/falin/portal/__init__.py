"""Pages that cross services: home by role, switching hats, sign-in, figures and maps. Owns no tables."""
