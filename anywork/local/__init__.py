"""The embedded default behind `make run` and `make test`: a private PostgreSQL and a process runner.

PostgreSQL is started without Django. Of this package, production code uses the broker alone, where a URL asks for it.
"""
