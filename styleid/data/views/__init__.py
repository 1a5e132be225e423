"""Deterministic crops and augmentations of a picture."""
