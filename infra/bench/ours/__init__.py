"""Falin's own side of the benches."""
