"""How a model is written to one file and read from it, safely."""
