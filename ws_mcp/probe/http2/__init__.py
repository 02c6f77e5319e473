"""Probes of WebSocket over HTTP/2 (RFC 8441): the same cases on a stream in place of a TCP connection.

``frames.py`` cuts what comes into frames, ``connection.py`` (the only importer of h2) speaks HTTP/2, ``stream.py``
reads and writes one stream, ``door.py`` opens it with extended CONNECT, and from there on ``talk.py`` of the probe
talks to it as to any other peer. ``studies.py`` takes whole connections.
"""
