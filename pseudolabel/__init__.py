"""Sparse to dense: match, propagate, smooth, gate."""
