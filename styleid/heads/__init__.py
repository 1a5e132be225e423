"""Classifiers on vectors."""
