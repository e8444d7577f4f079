"""The parts of `falin drill api`."""
