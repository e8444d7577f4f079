"""Place of the parts of `falin drill kill`: the ground, the users, the victims, the books at the end, the report."""
