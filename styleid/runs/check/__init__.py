"""Audit a set of pictures."""
