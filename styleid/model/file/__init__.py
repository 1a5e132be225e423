"""The model as a file that is safe to open."""
