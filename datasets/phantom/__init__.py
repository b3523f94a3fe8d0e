"""The phantom: simulated surgical bleeding video with exact truth."""
