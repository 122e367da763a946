"""What operators rely on: logs, error reports, request ids and health."""
