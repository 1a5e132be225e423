"""Honest numbers: folds, scores, calibration and intervals."""
