"""The official documents: where they are, how they are fetched, checked, parsed and kept."""
