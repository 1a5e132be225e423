"""The questions of the projects styleid grew from: replayed, then answered."""
