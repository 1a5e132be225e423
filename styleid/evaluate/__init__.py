"""Honest numbers: components, folds, searches, predictions, metrics and their intervals."""
