"""What maintainers run: generators of documents and data."""
