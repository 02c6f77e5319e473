"""The cases, a module a chapter; each offers ``CASES``. Adding one takes one entry."""
