"""How far a score can be trusted: intervals, tests, ranks."""
