"""Matrices of what servers and clients did with wrong bytes, recorded by other tools, and our cases for them."""
