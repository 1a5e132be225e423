"""Teach a model one label more."""
