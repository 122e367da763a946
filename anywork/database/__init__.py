"""The database backend, and reads on replicas."""
