"""Review: what reviewers decide, logged before it counts, and brought into the cohort as new label rows."""
