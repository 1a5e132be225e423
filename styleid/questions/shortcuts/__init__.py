"""Shortcuts: how much can be told without looking at the pictures."""
