"""Picture sets that the project does not ship, and the harness that judges a default by all of them."""
