"""Embed once, keep for ever."""
