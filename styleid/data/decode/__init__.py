"""From bytes to pixels, by one policy."""
