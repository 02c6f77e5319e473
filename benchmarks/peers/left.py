"""What the probe has left for clients."""

import json
import urllib.request


def left(url: str) -> int:
    """How many cases no client took yet; 0 once the probe is gone."""
    try:
        with urllib.request.urlopen(f"http:{url.partition(':')[2]}", timeout=5) as answer:
            return int(json.load(answer)["left"])
    except OSError:
        return 0
