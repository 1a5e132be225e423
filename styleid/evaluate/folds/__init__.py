"""Which pictures stay together, and how they are divided."""
