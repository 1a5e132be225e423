"""More pictures: whether they would help."""
