"""Figures rolled up from the counties' own records and published for the levels above (R4.2, R2.4)."""
