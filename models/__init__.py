"""What computes: trackers and matchers."""
