"""Score heads on the same folds and tell them apart."""
