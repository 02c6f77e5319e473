"""The search: exact look-up, the words of a query, passages, and the index over them."""
