"""Models, runs and vectors as other programs read them."""
