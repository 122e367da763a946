"""Search, lists and suggestions of jobs. README.md follows a request through the modules."""
