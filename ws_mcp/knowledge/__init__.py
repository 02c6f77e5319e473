"""What we know and how it is found: digests, facts, official texts, the index."""
