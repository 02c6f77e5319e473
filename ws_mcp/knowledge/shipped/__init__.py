"""What ships: digests, fact tables, requirements, browser support, all read from ``corpus/``."""
