"""The network executed by torch, on a CPU or a GPU."""
