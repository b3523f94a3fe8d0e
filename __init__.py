"""bleedkit: surgical-bleeding video, from sparse labels to trustworthy datasets and honest benchmarks."""

__version__ = "0.1.0"
