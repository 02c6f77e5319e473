"""What the tests of templates share."""

from __future__ import annotations

import pytest

from ws_mcp.verify.pool import Pool


@pytest.fixture(scope="session")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """Every template is installed once."""
    return Pool(tmp_path_factory.mktemp("pool"))
