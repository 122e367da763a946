"""The embedded default behind `make run` and `make test`: a private PostgreSQL and a process runner.

Nothing in production imports this package, and nothing in it needs Django to start PostgreSQL.
"""
