"""Mail: the outbox and its way out. Nothing else knows that mail exists."""
