"""Pictures and their labels: manifest, decoding, views, and facts about files."""
