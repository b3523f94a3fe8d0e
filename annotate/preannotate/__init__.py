"""Labels of models where nobody labelled, for people to review."""
