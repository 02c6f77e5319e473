"""Readers and writers of the wire: bytes to facts and back, never a judgement (level 1)."""
