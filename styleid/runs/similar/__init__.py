"""Which pictures of a store are nearest to a picture."""
