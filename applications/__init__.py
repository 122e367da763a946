"""Applications to jobs, their status and its history."""
