"""What people are told, in the app and by mail. The only place that knows that mail exists."""
