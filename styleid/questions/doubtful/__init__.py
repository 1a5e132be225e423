"""Doubtful pictures: which may be labelled wrong, or are no work of their kind."""
