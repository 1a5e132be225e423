"""The network executed by Winograd's convolutions, compiled for the processor at hand."""
