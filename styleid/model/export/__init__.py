"""A model as one graph of ONNX, which runs without styleid."""
