"""What the tests of the doors share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The loop that the server runs on."""
    return "asyncio"
