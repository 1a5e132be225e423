"""Leakage: what careless folds would flatter, and how well unseen sources are scored."""
