"""Operations: logs, error reports, request ids and health checks."""
