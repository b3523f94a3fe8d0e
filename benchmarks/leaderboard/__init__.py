"""A static site of all runs, computed anew from their predictions."""
