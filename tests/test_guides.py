"""Guides keep their promises: short, one question, live links, configurations that engines take."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.corpus.shown import program
from ws_mcp.library import Library
from ws_mcp.types import Section

ROOT = Path(__file__).parent.parent / "corpus"
GUIDES = {p.relative_to(ROOT).with_suffix("").as_posix(): p for p in sorted((ROOT / "guides").glob("*/**/*.md"))}
MAX_WORDS = 1_200
_FENCE = re.compile(r"^```(\w+)(?: template/[^\n]+)?\n(.*?)^```$", re.M | re.S)  # the templates' code has tests there
_OWN = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
# The engines that check a block, by its info string or the file it names: the command, the file is appended.
CHECKERS = {
    "nginx": ("nginx", "-t", "-q", "-c"),
    "haproxy": ("haproxy", "-c", "-q", "-f"),
    "caddyfile": ("caddy", "validate", "--adapter", "caddyfile", "--config"),
    "envoy.yaml": ("envoy", "--mode", "validate", "--config-path"),
    "apache": ("apache2", "-t", "-f"),
}


def _texts() -> list[tuple[str, str]]:
    return [(name, path.read_text("utf-8")) for name, path in GUIDES.items()]


def _blocks() -> list[tuple[str, str, str]]:
    """(guide, what checks it, code) of every fenced block."""
    found = [(name, lang, code) for name, text in _texts() for lang, code in _OWN.findall(text)]
    return [(name, "envoy.yaml" if code.startswith("# envoy.yaml\n") else lang, code) for name, lang, code in found]


def _prose(text: str) -> str:
    """A guide without its fences and comments, as it is read aloud."""
    return re.sub(r"<!--.*?-->", "", _FENCE.sub("", text), flags=re.S)


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_one_page_with_a_definite_question_as_its_title(name: str) -> None:
    text = GUIDES[name].read_text("utf-8")
    assert len(re.findall(r"^# ", _FENCE.sub("", text), re.M)) == 1, name
    assert _sections()[name].title.endswith("?"), name
    assert len(text.split()) <= MAX_WORDS, f"{name}: {len(text.split())} words"


@pytest.mark.parametrize("name", GUIDES)
def test_the_answer_comes_before_tables_lists_and_code(name: str) -> None:
    body = re.sub(r"<!--.*?-->", "", GUIDES[name].read_text("utf-8"), flags=re.S).split("\n", 1)[1].strip()
    first = body.split("\n\n", 1)[0]
    assert not first.startswith(("|", "-", "```", "#", "1.")), name
    assert 15 <= len(first.split()) <= 120, f"{name}: the short answer has {len(first.split())} words"


@pytest.mark.parametrize("name", GUIDES)
def test_links_and_ids_in_the_text_lead_somewhere(name: str) -> None:
    known = _sections()
    text = GUIDES[name].read_text("utf-8")
    links = [link for part in known.values() if name in (part.id, part.parent) for link in part.links]
    assert links, f"{name}: a guide says what it answers from"
    mentioned = re.findall(r"(?<![\w/.])(?:guides|rfc\d{4}|code|status|error|mdn)/[\w./#-]*\w", _prose(text))
    lost = [link for link in (*links, *mentioned) if link not in known and not _someone_writes(link)]
    assert not lost, f"{name}: {lost}"


@cache
def _sections() -> dict[str, Section]:
    return Library().sections


def _someone_writes(link: str) -> bool:
    """Whether a link goes to a topic whose guides are not there yet; false as soon as one is."""
    topic = link.split("/")[1] if link.startswith("guides/") else ""
    return bool(topic) and not any(name.startswith(f"guides/{topic}/") for name in GUIDES)


@pytest.mark.parametrize(("name", "lang", "code"), [b for b in _blocks() if b[1] in CHECKERS])
def test_code_shown_is_accepted_by_its_own_engine(name: str, lang: str, code: str, tmp_path: Path) -> None:
    first, *rest = CHECKERS[lang]
    if lang == "nginx":
        code = _whole_nginx(code, tmp_path)
    elif lang in {"haproxy", "caddyfile", "apache"}:
        assert re.match(r"# [\w.-]+\n", code), f"{name}: the first line names the file"
    file = tmp_path / {"envoy.yaml": "shown.yaml"}.get(lang, "shown.conf")
    file.write_text(code, "utf-8")
    env = {**os.environ, "HOME": str(tmp_path)}
    command = [program(first), *rest, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 0, f"{name}: {done.stderr or done.stdout}"


def _whole_nginx(code: str, folder: Path) -> str:
    """A block as nginx can load it: a part of the http block is wrapped, certificates are made."""
    if re.search(r"^http \{", code, re.M):
        assert re.match(r"# [\w.-]+\n", code), "a whole file names itself in its first line"
    else:
        code = f"pid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{code}\n}}\n"
    code = re.sub(r"listen 443\b", "listen 8443", code)  # nginx -t binds, and may not be root
    if "ssl_certificate" in code:
        pair = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"))
        make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=example.org")
        subprocess.run([*make, *pair], check=True, capture_output=True, timeout=60)
        code = re.sub(r"(ssl_certificate) [^;]+", rf"\1 {folder}/cert.pem", code)
        code = re.sub(r"(ssl_certificate_key) [^;]+", rf"\1 {folder}/key.pem", code)
    return code
