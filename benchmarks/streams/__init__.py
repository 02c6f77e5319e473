"""The frame streams of the comparison with other readers, and what of it is known."""
