"""What the tests of the probe share."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest


class Certificate(NamedTuple):
    """A self-signed certificate for localhost, and its key."""

    chain: Path
    key: Path


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    found = Certificate(folder / "cert.pem", folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "1", "-keyout", str(found.key), "-out", str(found.chain), "-subj", "/CN=localhost"]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode:
        pytest.skip("openssl made no certificate")
    return found
