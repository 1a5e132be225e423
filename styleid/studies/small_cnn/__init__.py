"""A small network trained from scratch, in the folds of a fit."""
