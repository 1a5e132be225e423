"""Scores: how often the head is right."""
