"""What is shipped: the bundle, and verdicts on pictures."""
