"""What executes a backbone."""
