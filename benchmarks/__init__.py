"""Measurements: leak drills and speed against peers."""
