"""Rates of requests: their language, the counts, and the addresses that they count by."""
