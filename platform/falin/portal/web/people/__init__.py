"""Pages of people: the register, one person, what is done about him, and the lists that wait for somebody."""
