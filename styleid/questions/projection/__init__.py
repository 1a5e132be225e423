"""Projection: where each picture lies among the others."""
