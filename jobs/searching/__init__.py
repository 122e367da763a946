"""How jobs are found: the search, the list and its pages, and what helps beside them."""
