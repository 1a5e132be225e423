"""Strangers: whether a picture is by none of the known hands."""
