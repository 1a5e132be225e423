"""Duplicates: which pictures are copies of each other."""
