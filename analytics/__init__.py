"""Daily counters of each job's views and applications, fed by the signals of the apps below."""
