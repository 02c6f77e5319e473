"""Pasted text and files to bytes, in every form people have them; facts and doubts, no judgement.

``read_bytes`` is the one entry. Each form has a module: ``hexdigits``, ``literals``, ``arrays``, ``calls``,
``base64text``, ``dumps`` (with ``rows``, ``assemble`` and ``packets``) and ``dialogue``; ``detect`` tells them apart.
"""

from ws_mcp.protocol.inputs.detect import read_bytes
from ws_mcp.protocol.inputs.model import MAX_FILE, MAX_TEXT, Form, Pasted, Segment

__all__ = ["MAX_FILE", "MAX_TEXT", "Form", "Pasted", "Segment", "read_bytes"]
