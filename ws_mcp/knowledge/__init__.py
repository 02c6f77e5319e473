"""What we know and how it is found: what ships, the official texts, the search."""
