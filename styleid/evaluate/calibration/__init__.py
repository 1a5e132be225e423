"""Maps from scores to probabilities, learned from pictures set aside."""
