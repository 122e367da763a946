"""Throttling: rates, shared counters, and the addresses of clients."""
