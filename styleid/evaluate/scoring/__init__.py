"""Search, fit and score, out of fold."""
