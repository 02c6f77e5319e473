"""The mask of RFC 6455, 5.3: payload byte i XOR key byte i mod 4, its own inverse.

The C function of ``websockets`` works at memory speed; where that library has no compiled part, long integers do.
"""

from __future__ import annotations

from collections.abc import Callable

EXAMPLE_KEY = bytes.fromhex("37fa213d")  # the key of the RFC's examples: what we correct with, so that it is repeatable


def _mask_with_integers(data: bytes | memoryview, key: bytes) -> bytes:
    size = len(data)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def _fastest() -> Callable[[bytes | memoryview, bytes], bytes]:
    try:
        from websockets.speedups import apply_mask as fast
    except ImportError:
        return _mask_with_integers
    return fast


apply_mask = _fastest()
