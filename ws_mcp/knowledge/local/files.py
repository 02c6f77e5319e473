"""The files of a local folder: which of them are served, and how one is read. Nothing here trusts what it finds.

The folder belongs to the user, but what lies in it may come from anywhere: a clone, an archive, another program. So
names, kinds, sizes and links are checked, no link is followed, and what is left out has a reason that can be shown.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_BYTES = 1 << 20  # of a file
MAX_FILES = 5_000
MAX_TOTAL = 64 << 20  # bytes of all files
MAX_DEPTH = 12  # folders above a file
_MAX_ENTRIES = 50_000  # looked at in all, whatever they are
_MAX_REASONS = 500  # kept to be shown; the rest is counted
_TRIES = 3  # at a file that is being written while we read it
GONE = "gone"  # the reason of a file that is not there any more
_LINK = "a link; links are not followed"
_SKIPPED = frozenset("node_modules __pycache__ venv target dist build".split())
_SECRETS = (".pem", ".key", ".p12", ".pfx", ".jks", ".keystore")
# Terminal escapes, and characters that are not seen but read: overrides of direction, tags, zero width.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)

State = tuple[int, ...]  # what tells one state of a file from another: times, size, inode


class LeftOutError(Exception):
    """A file that is not served; the text says why, in a few words."""


@dataclass(slots=True)
class Scan:
    """What a walk found: the state of each file by its path, and why others are left out."""

    files: dict[str, State] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    more: int = 0  # left out beyond those that are told
    _bytes: int = 0
    _entries: int = 0

    def leave(self, path: str, reason: str) -> None:
        """Note why ``path`` is left out."""
        if len(self.left_out) < _MAX_REASONS:
            self.left_out[path if path.isprintable() else ascii(path)] = reason
        else:
            self.more += 1

    def take(self, path: str, found: os.stat_result) -> None:
        """Serve this file, unless a bound is reached."""
        if found.st_size > MAX_BYTES:
            self.leave(path, f"larger than {MAX_BYTES >> 20} MiB")
        elif len(self.files) >= MAX_FILES:
            self.leave(path, f"more than {MAX_FILES:,} files")
        elif self._bytes + found.st_size > MAX_TOTAL:
            self.leave(path, f"more than {MAX_TOTAL >> 20} MiB in all")
        else:
            self._bytes += found.st_size
            self.files[path] = state(found)

    def count(self) -> bool:
        """Count an entry; False when there were too many."""
        self._entries += 1
        return self._entries <= _MAX_ENTRIES


def state(found: os.stat_result) -> State:
    """The state of a file; changes with its content, its rights and its place on the disk."""
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def scan(folder: Path) -> Scan:
    """Walk the folder; an empty result where there is none. Never raises for what it finds there."""
    found = Scan()
    _walk(folder, "", 0, found)
    return found


def _walk(folder: Path, above: str, depth: int, found: Scan) -> None:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(
                _counted(entries, above, found), key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name)
            )
    except OSError as error:
        if above:
            found.leave(above, _reason(error))
        return
    for entry in listed:
        path = f"{above}/{entry.name}" if above else entry.name
        try:
            _entry(entry, path, depth, found)
        except OSError as error:
            found.leave(path, _reason(error))


def _counted(entries: Iterator[os.DirEntry[str]], above: str, found: Scan) -> Iterator[os.DirEntry[str]]:
    for entry in entries:
        if not found.count():
            found.leave(above or ".", f"more than {_MAX_ENTRIES:,} entries: the rest was not looked at")
            return
        yield entry


def _entry(entry: os.DirEntry[str], path: str, depth: int, found: Scan) -> None:
    if entry.name.startswith(".") or entry.name in _SKIPPED:
        return
    if entry.is_symlink():
        found.leave(path, _LINK)
    elif fault := _name_fault(entry.name):
        found.leave(path, fault)
    elif entry.is_dir(follow_symlinks=False):
        if depth >= MAX_DEPTH:
            found.leave(path, f"deeper than {MAX_DEPTH} folders")
        else:
            _walk(Path(entry.path), path, depth + 1, found)
    elif entry.is_file(follow_symlinks=False):
        found.take(path, entry.stat(follow_symlinks=False))
    else:
        found.leave(path, "not a regular file")


def _name_fault(name: str) -> str:
    if not name.isprintable():
        return "a name that cannot be printed"
    return "may hold a secret" if name.lower().endswith(_SECRETS) else ""


def served(path: str) -> bool:
    """Whether a path that somebody asks for could be served at all: a plain way down, nothing hidden."""
    parts = path.split("/")
    return 0 < len(parts) <= MAX_DEPTH + 1 and not any(
        part in ("", ".", "..") or part.startswith(".") or part in _SKIPPED or "\\" in part or _name_fault(part)
        for part in parts
    )


def read(folder: Path, path: str) -> tuple[str, State]:
    """The text of a file and the state it was read in.

    Raises:
        LeftOutError: It is gone, no text, too large, a link, or cannot be read.
    """
    try:
        for _ in range(_TRIES):
            content, before, after = _bytes(folder, path)
            if before == after:
                break
    except (OSError, ValueError) as error:
        raise LeftOutError(_reason(error)) from error
    return text(content), before


def text(content: bytes) -> str:
    """Bytes as text: any line end as a line feed, and nothing in it that works unseen.

    Raises:
        LeftOutError: They are no text.
    """
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in content:
        raise LeftOutError("binary")
    decoded = content.decode(encoding, "replace")
    if decoded.count("\ufffd") * 20 > len(decoded):
        raise LeftOutError("neither UTF-8 nor UTF-16 text")
    return _INVISIBLE.sub("", decoded.replace("\r\n", "\n").replace("\r", "\n"))


def _bytes(folder: Path, path: str) -> tuple[bytes, State, State]:
    """The content, and the file's state before and after it was read."""
    with os.fdopen(_open(folder, path), "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise LeftOutError("not a regular file")
        content = b""
        while len(content) <= MAX_BYTES and (piece := file.read(MAX_BYTES + 1 - len(content))):
            content += piece
        if len(content) > MAX_BYTES:
            raise LeftOutError(f"larger than {MAX_BYTES >> 20} MiB")
        return content, state(before), state(os.fstat(file.fileno()))


def _open(folder: Path, path: str) -> int:
    """A descriptor of the file; no step on the way to it may be a link, and a pipe does not make us wait."""
    flags = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        if (folder / path).resolve() != folder.resolve() / path:
            raise LeftOutError(_LINK)
        return os.open(folder / path, flags)
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        *above, name = path.split("/")
        for part in above:
            down = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _NO_FOLLOW, dir_fd=here)
            os.close(here)
            here = down
        return os.open(name, flags, dir_fd=here)
    finally:
        os.close(here)


def shown(path: Path) -> str:
    """A path as people see it: below the current directory where it is, else whole."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return GONE
    if isinstance(error, PermissionError):
        return "permission denied"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:  # what O_NOFOLLOW says of a link
        return _LINK
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
