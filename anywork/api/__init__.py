"""Base of all resources. Imports none of the apps."""
