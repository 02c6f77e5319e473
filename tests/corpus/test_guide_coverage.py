"""No code stands in a guide that nothing runs: a new block needs its test, or has to come from a template."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.corpus.shown import Block, blocks, code, codes

HERE = Path(__file__).parent
ENGINES = {"nginx", "haproxy", "caddyfile", "apache"}  # in tests/test_guides.py, each by its own engine
EVERY = {"sh", "json"}  # in test_guide_proxies.py, whatever guide they are in
BY_NAME = {"python", "js", "go", "java", "rust", "yaml", "ini", "xml"}
NO_CODE = {"text"}


@cache
def _named() -> frozenset[str]:
    """Every text in the tests that run guides' code."""
    trees = [ast.parse(file.read_text("utf-8")) for file in sorted(HERE.glob("test_guide_*.py"))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    return frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.guide}-{block.language}")
def test_what_is_shown_is_run(block: Block) -> None:
    assert block.language in ENGINES | EVERY | BY_NAME | NO_CODE, f"{block.guide}: nothing runs {block.language}"
    if block.language in BY_NAME:
        assert block.guide in _named(), (
            f"{block.guide} shows {block.language} that no test runs: "
            "play it in tests/corpus/test_guide_*.py, or include it from a template (CONTRIBUTING.md)"
        )


def test_no_engine_is_asked_for_what_is_not_there() -> None:
    shown = {block.language for block in blocks()}
    assert ENGINES | EVERY | {"python", "js"} <= shown <= ENGINES | EVERY | BY_NAME | NO_CODE


def test_a_second_block_of_a_language_is_asked_for_by_its_number() -> None:
    assert len(codes("socketio/recovery", "js")) == 2
    with pytest.raises(ValueError, match="number"):
        code("socketio/recovery", "js")
