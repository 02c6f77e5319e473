"""What servers guarantee, a module each: ``TITLE`` says it, ``prove`` tries it and returns the evidence."""
