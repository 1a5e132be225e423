"""Calibration: whether the probabilities are true."""
