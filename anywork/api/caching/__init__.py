"""Caching: ETags for clients, and the response cache of this process."""
