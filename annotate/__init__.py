"""People: labels to FiftyOne and back."""
