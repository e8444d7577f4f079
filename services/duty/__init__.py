"""Presence in the communities: visits, lectures, their hours month by month, and who is behind (R2.4, R2.9)."""
