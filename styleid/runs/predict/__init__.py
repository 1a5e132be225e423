"""Verdicts with what they rest on, as pages."""
