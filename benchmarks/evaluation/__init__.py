"""From a cohort and a model to predictions beside truth."""
