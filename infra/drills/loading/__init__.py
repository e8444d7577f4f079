"""The parts of `falin drill load`."""
