"""What lies in the user's folder is served with bounds: nothing outside, nothing huge, hidden or binary."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ws_mcp.knowledge.local import files
from ws_mcp.knowledge.local.files import LeftOutError, read, scan, served, text

POSIX = pytest.mark.skipif(os.name != "posix", reason="links, pipes and rights as POSIX has them")


def reason(folder: Path, path: str) -> str:
    with pytest.raises(LeftOutError) as refused:
        read(folder, path)
    return str(refused.value)


def test_plain_files_are_found_at_any_depth_that_is_allowed(tmp_path: Path) -> None:
    deepest = "/".join(["d"] * files.MAX_DEPTH) + "/x.md"
    for path in ("a.md", "b/c.py", deepest, f"d/{deepest}"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    found = scan(tmp_path)
    assert sorted(found.files) == sorted(["a.md", "b/c.py", deepest])
    assert found.left_out == {"/".join(["d"] * (files.MAX_DEPTH + 1)): "deeper than 12 folders"}
    assert read(tmp_path, deepest)[0] == deepest


def test_hidden_files_caches_and_keys_are_not_served(tmp_path: Path) -> None:
    for path in (".env", ".git/config", "node_modules/x.js", "__pycache__/x.py", "tls.key", "tls.PEM", "ok.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    found = scan(tmp_path)
    assert list(found.files) == ["ok.md"]
    assert found.left_out == {"tls.key": "may hold a secret", "tls.PEM": "may hold a secret"}
    assert not any(served(path) for path in (".env", ".git/config", "node_modules/x.js", "tls.key", "tls.PEM"))


@POSIX
def test_links_are_not_followed_wherever_they_stand(tmp_path: Path) -> None:
    secret = tmp_path / "outside" / "secret.md"
    secret.parent.mkdir()
    secret.write_text("secret")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "file.md").symlink_to(secret)
    (folder / "dir").symlink_to(secret.parent)
    (folder / "dangling.md").symlink_to(tmp_path / "nowhere")
    (folder / "loop").symlink_to(folder)
    found = scan(folder)
    assert found.files == {}
    assert set(found.left_out) == {"file.md", "dir", "dangling.md", "loop"}
    assert "link" in reason(folder, "file.md")
    assert reason(folder, "dir/secret.md") == files.GONE
    assert reason(folder, "loop/file.md") == files.GONE


@POSIX
def test_pipes_sockets_and_devices_are_left_out_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("sock")  # a short name: the whole path may be too long
        found = scan(tmp_path)
        assert found.files == {}
        assert found.left_out == {"pipe.md": "not a regular file", "sock": "not a regular file"}
        assert reason(tmp_path, "pipe.md") == "not a regular file"
        assert reason(tmp_path, "sock")
    assert reason(Path("/dev"), "zero") == "not a regular file"


def test_large_files_are_left_out_and_one_at_the_bound_is_read(tmp_path: Path) -> None:
    (tmp_path / "fits.txt").write_bytes(b"x" * files.MAX_BYTES)
    (tmp_path / "huge.txt").write_bytes(b"x" * (files.MAX_BYTES + 1))
    found = scan(tmp_path)
    assert list(found.files) == ["fits.txt"]
    assert found.left_out == {"huge.txt": "larger than 1 MiB"}
    assert len(read(tmp_path, "fits.txt")[0]) == files.MAX_BYTES
    assert reason(tmp_path, "huge.txt") == "larger than 1 MiB"


def test_too_many_files_and_too_many_bytes_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILES", 5)
    monkeypatch.setattr(files, "MAX_TOTAL", 50)
    monkeypatch.setattr(files, "_MAX_REASONS", 3)
    for n in range(9):
        (tmp_path / f"{n}.md").write_text("x")
    found = scan(tmp_path)
    assert (list(found.files), len(found.left_out), found.more) == (["0.md", "1.md", "2.md", "3.md", "4.md"], 3, 1)
    (tmp_path / "0.md").write_text("x" * 49)
    assert list(scan(tmp_path).files) == ["0.md", "1.md"]


def test_a_folder_of_countless_entries_is_not_walked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_MAX_ENTRIES", 10)
    for n in range(30):
        (tmp_path / f"{n}.md").write_text("x")
    found = scan(tmp_path)
    assert len(found.files) == 10
    assert "the rest was not looked at" in found.left_out["."]


@pytest.mark.usefixtures("permissions")
def test_what_may_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "closed.md").write_text("x")
    (tmp_path / "closed.md").chmod(0)
    (tmp_path / "shut").mkdir(mode=0)
    assert scan(tmp_path).left_out == {"shut": "permission denied"}
    assert reason(tmp_path, "closed.md") == "permission denied"
    (tmp_path / "shut").chmod(0o700)


def test_no_folder_is_an_empty_one(tmp_path: Path) -> None:
    assert scan(tmp_path / "none").files == {}
    (tmp_path / "file").write_text("")
    assert scan(tmp_path / "file").files == {}
    assert reason(tmp_path / "none", "x.md") == files.GONE


@pytest.mark.parametrize(
    "path",
    ["", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/.b", "a\\..\\b", "a\x00b", "a\nb", "a/" * 13 + "b"],
)
def test_paths_that_are_no_plain_way_down_are_never_opened(path: str) -> None:
    assert not served(path)


@given(st.text())
def test_whatever_path_is_served_stays_below_its_folder(path: str) -> None:
    if served(path):
        assert Path("/folder", path).resolve().is_relative_to("/folder")
        assert not Path(path).is_absolute()


@given(st.binary(max_size=300))
def test_any_bytes_are_text_without_hidden_characters_or_left_out(content: bytes) -> None:
    try:
        found = text(content)
    except LeftOutError as refused:
        assert str(refused)
        return
    assert not set(found) & set(
        map(chr, (*range(9), 11, 12, *range(13, 32), 0x7F, 0x9B, 0x202E, 0x2066, 0xFEFF, 0xE0041))
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ufeffäö".encode(), "äö"),
        ("äö".encode("utf-16"), "äö"),
        (b"caf\xe9 and a lot of other words here", "caf\ufffd and a lot of other words here"),
        (b"red \x1b[31mtext\x07", "red [31mtext"),
        ("a\u202eb\U000e0041c\u200bd".encode(), "abcd"),
    ],
)
def test_text_is_read_in_the_encodings_there_are(content: bytes, expected: str) -> None:
    assert text(content) == expected


@pytest.mark.parametrize("content", [b"\x7fELF\0\0", b"\x89PNG\r\n\x1a\n\0", bytes(range(128, 256)) * 9])
def test_binary_is_left_out(content: bytes) -> None:
    with pytest.raises(LeftOutError, match="binary|neither"):
        text(content)


def test_the_state_changes_with_content_rights_and_replacement(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("one")
    states = [read(tmp_path, "a.md")[1]]
    file.write_text("other")
    states.append(read(tmp_path, "a.md")[1])
    (tmp_path / "b.md").write_text("other")
    (tmp_path / "b.md").replace(file)
    states.append(read(tmp_path, "a.md")[1])
    assert len(set(states)) == 3
    assert scan(tmp_path).files["a.md"] == states[-1]
