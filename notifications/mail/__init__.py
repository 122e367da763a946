"""The outbox and its delivery. No other package sends email."""
