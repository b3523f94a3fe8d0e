"""What the data is: the typed model, the cohort on disk, a builder per source, splits and leakage audits."""
