"""The project that looked for one illustrator: replayed, then answered."""
