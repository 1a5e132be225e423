"""Frozen networks and their weights."""
