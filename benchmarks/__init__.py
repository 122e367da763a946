"""Benchmarks of the whole system, with real processes: `python -m benchmarks.<name>`."""
