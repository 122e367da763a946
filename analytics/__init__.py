"""Daily counters of the views and applications of each job."""
