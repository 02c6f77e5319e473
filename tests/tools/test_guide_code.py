"""Guides show the templates' code as it is; what a marker names must be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools import guide_code
from tools.guide_code import MarkerError, excerpt, file, written
from ws_mcp.library import Library

ROOT = Path(__file__).parent.parent.parent
GUIDES = sorted(guide_code.documents())

PYTHON = '''"""Text."""
# Why three.
MOST: int = 3


@wraps
class Line:
    """A line."""

    def put(self) -> None:
        if self.full:
            return

    async def take(self) -> str:
        return ""
'''
TYPESCRIPT = """const MOST = 3; // lines
const SOME = new Set([
  1,
]);

/** A line. */
export class Line {
  private readonly most = 3;

  constructor(most: number) {
    this.most = most;
  }

  /** Never waits. */
  async put({
    now,
  }: Options): Promise<void> {
    if (now) {
      return;
    }
  }

  readonly done = (): void => {
    this.end();
  };
}

export function framed(a: string): string {
  const put = a;
  return put;
}
"""


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_shows_the_code_that_its_template_has_now(name: str) -> None:
    shown = (ROOT / name).read_text("utf-8")
    assert shown == guide_code.documents()[name](), f"{name} is out of date: run python -m tools.docs"


def test_the_core_mechanisms_are_shown_from_the_templates() -> None:
    shown = {name.removeprefix("corpus/guides/").removesuffix(".md") for name in GUIDES}
    topics = "reconnection heartbeat drain resume closing".split()
    assert shown >= {f"connections/{name}" for name in topics}
    assert shown >= {"messaging/rooms", "messaging/broadcast", "messaging/back-pressure", "messaging/at-least-once"}
    assert shown >= {"clients/browser", "clients/node", "clients/python", "clients/react", "security/origin"}


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_that_shows_a_template_leads_to_it(name: str) -> None:
    guide = name.removeprefix("corpus/").removesuffix(".md")
    sections = Library().sections
    links = {link for one in sections.values() if guide in (one.id, one.parent) for link in one.links}
    shown = set(re.findall(r"^``` *\w+ (template/[\w-]+)/", (ROOT / name).read_text("utf-8"), re.M))
    assert shown and shown <= links & set(sections)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("MOST", "# Why three.\nMOST: int = 3\n"),
        ("Line.put", "def put(self) -> None:\n    if self.full:\n        return\n"),
        ("Line.take,MOST", 'async def take(self) -> str:\n    return ""\n\n# Why three.\nMOST: int = 3\n'),
    ],
)
def test_python_is_shown_by_name(names: str, shown: str) -> None:
    assert excerpt(PYTHON, "line.py", names) == shown


def test_a_class_is_shown_whole_with_its_decorator() -> None:
    assert excerpt(PYTHON, "line.py", "Line") == PYTHON[PYTHON.index("@wraps") :]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ("MOST,SOME", "const MOST = 3; // lines\n\nconst SOME = new Set([\n  1,\n]);\n"),
        ("Line.most", "private readonly most = 3;\n"),
        ("Line.constructor", "constructor(most: number) {\n  this.most = most;\n}\n"),
        (
            "Line.put",
            "/** Never waits. */\nasync put({\n  now,\n}: Options): Promise<void> {\n"
            "  if (now) {\n    return;\n  }\n}\n",
        ),
        ("Line.done", "readonly done = (): void => {\n  this.end();\n};\n"),
        ("framed", "export function framed(a: string): string {\n  const put = a;\n  return put;\n}\n"),
    ],
)
def test_typescript_is_shown_by_name(names: str, shown: str) -> None:
    assert excerpt(TYPESCRIPT, "line.ts", names) == shown


def test_a_class_of_typescript_is_shown_whole_with_what_is_said_of_it() -> None:
    first, end = TYPESCRIPT.index("/** A line"), TYPESCRIPT.index("\nexport function")
    assert excerpt(TYPESCRIPT, "line.ts", "Line") == TYPESCRIPT[first:end]


def test_options_decide_what_is_shown() -> None:
    path = "src/ws_service/rooms.py"
    quiet, loud = (file("python-websockets-server", path, f"presence={value}") for value in ("false", "true"))
    assert "_announce" not in excerpt(quiet, path, "Hub.join")
    assert "_announce" in excerpt(loud, path, "Hub.join")


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("python template/python-websockets-server/src/ws_service/rooms.py#Hub.gone", "it has .*Hub.publish"),
        ("python template/python-websockets-server/src/ws_service/gone.py#Hub", "there are .*rooms.py"),
        ("python template/gone/src/rooms.py#Hub", "no template 'gone'"),
        ("python template/node-client/src/client.ts#Client gone=1", "has no option 'gone'"),
        ("ts template/node-client/src/client.ts#Client", "30 at most"),
        ("ts  template/node-client/src/client.ts#Client.beat", "is no ```LANGUAGE template/NAME"),
        ("ts template/node-client/src/client.ts #Client.beat", "is no ```LANGUAGE template/NAME"),
    ],
)
def test_a_marker_that_cannot_be_followed_says_why(marker: str, said: str) -> None:
    with pytest.raises(MarkerError, match=f"(?s){marker.split()[0]}.*{said}"):
        written(f"# Title\n\n```{marker}\n```\n")


def test_other_code_is_left_alone() -> None:
    text = "# T\n\n```python\nx = 1\n```\n\nSee template/node-client.\n"
    assert written(text) == text
