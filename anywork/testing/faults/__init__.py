"""Fault runs: real processes, one thing broken at a time, and what became of the mail. `make faults` runs them all."""
