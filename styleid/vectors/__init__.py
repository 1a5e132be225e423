"""Vectors, computed once and kept."""
