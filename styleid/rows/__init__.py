"""From a manifest and a store to rows that can be learned from."""
