"""styleid beside what a person would use instead, with the same weights, in one run."""
