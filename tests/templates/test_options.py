from __future__ import annotations

from typing import Any

import pytest

from ws_mcp.errors import InputError
from ws_mcp.templates import catalogue, options

SERVER = catalogue.get("python-websockets-server")


def test_defaults_stand_where_nothing_is_given() -> None:
    found = options.settle(SERVER, {})
    assert found == {variable.name: variable.default for variable in SERVER.variables}


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("port", "9000", 9000),
        ("port", 9000, 9000),
        ("msgpack", "no", False),
        ("msgpack", False, False),
        ("compression", "ON", True),
        ("name", "my-chat", "my-chat"),
        ("resume", "sqlite", "sqlite"),
    ],
)
def test_texts_are_read_as_the_type(name: str, given: Any, value: Any) -> None:
    assert options.settle(SERVER, {name: given})[name] == value


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"profil": "feed"}, "Did you mean profile"),
        ({"zzz": 1}, "Options: name, port, profile"),
        ({"profile": "video"}, "one of chat, feed"),
        ({"profile": True}, "one of chat, feed"),
        ({"port": 0}, "a whole number from 1 to 65535"),
        ({"port": "80 80"}, "a whole number"),
        ({"port": 80.5}, "a whole number"),
        ({"port": True}, "a whole number"),
        ({"port": None}, "a whole number"),
        ({"msgpack": "perhaps"}, "true or false"),
        ({"msgpack": 1}, "true or false"),
        ({"name": "My Chat"}, "lower-case letters"),
        ({"name": "x\nRUN evil"}, "lower-case letters"),
        ({"name": '"; import os'}, "lower-case letters"),
        ({"name": ["x"]}, "lower-case letters"),
        ({"profile": "feed", "presence": True}, "presence=true goes with profile=chat only"),
        ({"profile": "feed", "queue_policy": "drop-oldest"}, "goes with profile=chat only"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_choices(given: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError) as error:
        options.settle(SERVER, given)
    assert why in str(error.value)
    assert len(str(error.value)) < 1_000


def test_an_option_without_its_condition_falls_back() -> None:
    found = options.settle(SERVER, {"profile": "feed"})
    assert (found["presence"], found["queue_policy"]) == (False, "close")
    assert options.settle(SERVER, {"profile": "feed", "presence": False}) == found


def test_pairs_are_read_from_texts() -> None:
    assert options.pairs(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}
    with pytest.raises(InputError, match="KEY=VALUE"):
        options.pairs(["profile"])
