"""One fit and its folder: from a manifest and a store to a report."""
