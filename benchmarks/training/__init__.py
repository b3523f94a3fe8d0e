"""Training: one loop for every model, and what it is fed."""
