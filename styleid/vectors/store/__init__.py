"""Vectors on disk: spaces, shards, and the array derived from them."""
