"""Fixed evaluations: input, split, truth, metrics, version."""
