"""What we know: the shipped digest, and the official documents a user fetched (level 1)."""
