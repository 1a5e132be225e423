"""Pictures and their labels: manifest, digests, decoding, views."""
