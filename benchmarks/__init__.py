"""Measurements of the whole, with real processes: `python -m benchmarks.<name>`."""
