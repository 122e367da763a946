"""Fault runs: real processes of which one fails, while the mails are counted. `make faults` runs all of them."""
