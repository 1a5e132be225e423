"""Label sets: which labels hold the true one at a stated rate."""
