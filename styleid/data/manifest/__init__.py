"""The table of pictures, and the scan that makes it."""
