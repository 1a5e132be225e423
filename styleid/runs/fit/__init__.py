"""Score a head, fit it on everything, and write its run."""
