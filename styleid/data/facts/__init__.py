"""What a file tells without a network: sizes, encoding, colours, perceptual hashes."""
