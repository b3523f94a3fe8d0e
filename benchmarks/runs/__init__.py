"""Runs on disk: records, storage, matrix, integrity."""
