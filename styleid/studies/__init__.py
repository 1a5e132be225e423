"""The questions the seed projects asked, answered by repeated runs."""
