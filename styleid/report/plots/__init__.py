"""Plots of one run; each function takes a run and returns the bytes of a PNG."""
