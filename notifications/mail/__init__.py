"""Mail: the outbox and its delivery. No other code sends email."""
