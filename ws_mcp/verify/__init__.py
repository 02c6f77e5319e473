"""Proves that a template does what it says: render, install, run, its own tests, then our guarantees on the process."""
