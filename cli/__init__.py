"""The `bleedkit` command."""
