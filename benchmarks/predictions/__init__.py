"""predictions.parquet: what a model answered, with the truth beside it."""
