"""Responses that clients and this process keep: ETags, and the lists that are found by them."""
