"""Firms and advisers of a province, who of them serves which community, and where one is missing (R2.1 to R2.6)."""
