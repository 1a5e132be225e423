"""From pictures to stored vectors: decode, network and writer side by side."""
