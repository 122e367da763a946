"""Notifications in the app, and all emails."""
