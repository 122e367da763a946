"""Job postings, their categories and locations, and how they are found."""
