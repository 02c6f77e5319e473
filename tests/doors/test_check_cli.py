"""``check``, ``build`` and ``diagnose`` as people and CI run them: processes, files, pipes, exit codes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Command

REQUEST = (
    "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ANSWER = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n"
)
ROOT = Path(__file__).parent.parent.parent
KEYS = {"verdict", "ok", "counts", "findings", "unchecked", "incomplete", "facts", "next_offset"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("81 02 68 69", "--sender", "server", "--extensions", "none"), 0),
        (("81 02 68 69", "--sender", "client"), 1),
        (("81 02 68 69",), 2),
        (("C: 81 82 37fa213d 5f93\nS: 81 02 68 69",), 0),
        (("hello there",), 2),
        (("\\x81\\x02hi", "--sender", "server"), 0),
        (("",), 2),
        (("81 02 68 69", "--sender", "nobody"), 2),
        (("81 02 68 69", "--input-type", "nothing"), 2),
        (("there/is/no/file.hex",), 2),
        (("/",), 2),
    ],
)
def test_the_exit_code_tells_the_verdict(command: Command, arguments: tuple[str, ...], code: int) -> None:
    done = command("check", "frames", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout or done.stderr.startswith("websocket-mcp: ")


def test_frames_come_from_a_file_from_standard_input_or_from_the_argument(command: Command, tmp_path: Path) -> None:
    (tmp_path / "frames.bin").write_bytes(b"\xc1\x02hi")
    (tmp_path / "frames.hex").write_text("c1 02 68 69\n")
    found = [
        command("check", "frames", str(tmp_path / "frames.bin"), "--sender", "server", "--json"),
        command("check", "frames", str(tmp_path / "frames.hex"), "--sender", "server", "--format", "json"),
        command("check", "frames", "-", "--sender", "server", "--json", stdin=None, input="c1 02 68 69"),
        command("check", "frames", "c102 6869", "--sender", "server", "--json"),
    ]
    reports = [json.loads(done.stdout) for done in found]
    assert {done.returncode for done in found} == {1}
    assert all(report.keys() >= KEYS for report in reports)
    assert len({json.dumps(report["findings"]) for report in reports}) == 1
    assert reports[0]["findings"][0]["rule"] == "reserved-bit-set"
    assert reports[0]["facts"]["input"]["form"] == "binary"


def test_a_handshake_is_one_file_two_files_or_text(command: Command, tmp_path: Path) -> None:
    (tmp_path / "request.txt").write_bytes(REQUEST.encode())
    (tmp_path / "answer.txt").write_bytes(ANSWER.encode())
    (tmp_path / "both.txt").write_bytes((REQUEST + ANSWER).encode())
    written_out = (REQUEST + ANSWER).replace("\r\n", "\\r\\n")
    for arguments in (
        (str(tmp_path / "request.txt"), str(tmp_path / "answer.txt")),
        (str(tmp_path / "both.txt"),),
        (REQUEST, ANSWER),
        (written_out,),
    ):
        done = command("check", "handshake", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-2].startswith(("clean: ", "extension", "nothing")) or "clean: " in done.stdout


def test_a_wrong_accept_is_one_violation_with_its_value_mended(command: Command) -> None:
    done = command("check", "handshake", REQUEST, ANSWER.replace("HSmr", "XXXX"), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert report["verdict"] == "violations"
    assert [finding["rule"] for finding in report["findings"] if finding["severity"] == "error"] == ["wrong-accept"]
    assert report["findings"][0]["corrected"] == "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="


def test_a_policy_is_checked_too(command: Command) -> None:
    request = REQUEST.replace("\r\n\r\n", "\r\nOrigin: https://evil.example\r\n\r\n")
    done = command("check", "handshake", request, ANSWER, "--allow-origin", "https://app.example", "--json")
    assert "policy-origin" in [finding["rule"] for finding in json.loads(done.stdout)["findings"]]
    large = command("check", "frames", "82 03 616263", "-s", "server", "--max-message", "2", "--json")
    assert "message-over-limit" in [finding["rule"] for finding in json.loads(large.stdout)["findings"]]
    wrong = command("check", "frames", "82 03 616263", "--scheme", "ftp")
    assert wrong.returncode == 2
    assert "A policy looks like" in wrong.stderr


@pytest.mark.parametrize(("form", "start"), [("sarif", "{"), ("junit", "<?xml"), ("text", "error  "), ("json", "{")])
def test_every_output_form_keeps_the_exit_code(command: Command, form: str, start: str) -> None:
    done = command("check", "frames", "88 01 03", "--sender", "server", "--format", form)
    assert done.returncode == 1
    assert done.stdout.startswith(start)


def test_an_unknown_output_form_is_refused_with_the_known_ones(command: Command) -> None:
    done = command("check", "frames", "88 01 03", "--format", "yaml")
    assert done.returncode == 2
    assert "sarif" in done.stderr


def test_built_frames_are_hex_that_checks_clean(command: Command) -> None:
    built = command("build", "frames", "text nofin Hel", "continuation lo", "close 1000 bye")
    assert built.returncode == 0
    assert built.stderr == ""
    assert command("check", "frames", built.stdout.strip(), "-s", "client", "-e", "none").returncode == 0


def test_a_wrong_frame_is_built_and_named(command: Command, tmp_path: Path) -> None:
    target = tmp_path / "wrong.bin"
    done = command("build", "frames", "close hex:03", "--sender", "server", "--output", str(target))
    assert done.returncode == 0
    assert "one-byte-close-body" in done.stderr
    assert target.read_bytes() == b"\x88\x01\x03"
    again = command("build", "frames", "ping", "--output", str(target))
    assert again.returncode == 2
    assert target.read_bytes() == b"\x88\x01\x03"


def test_raw_bytes_go_down_a_pipe(command: Command) -> None:
    done = command("build", "frames", "ping", "--sender", "server", "-o", "-", text=False)
    assert done.returncode == 0
    assert repr(done.stdout) == r"b'\x89\x00'"


def test_the_accept_value_of_the_rfc(command: Command) -> None:
    done = command("build", "accept", "dGhlIHNhbXBsZSBub25jZQ==")
    assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in done.stdout
    new = json.loads(command("build", "accept", "new", "--json").stdout)
    assert new["key_is_right"] is True
    assert command("build", "accept", "a\nb").returncode == 2


def test_diagnose_takes_an_argument_words_a_file_or_standard_input(command: Command, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text('1.1.1.1 - - [x] "GET /ws HTTP/1.1" 502 0 "-" "-"\n')
    assert "Taken for: the close code 1006" in command("diagnose", "1006").stdout
    assert "access log" in command("diagnose", str(tmp_path / "log.txt")).stdout
    assert "a symptom in words" in command("diagnose", "drops", "after", "a", "minute").stdout
    assert "opening handshake" in command("diagnose", "-", stdin=None, input=REQUEST).stdout
    empty = command("diagnose", "-", stdin=None, input="")
    assert empty.returncode == 2
    assert "There is nothing to diagnose" in empty.stderr


def test_what_could_not_be_checked_is_counted_and_named_on_demand(command: Command) -> None:
    short, long = command("check", "handshake", REQUEST), command("check", "handshake", REQUEST, "--list")
    assert "without the answer to the opening request: put it after the request" in short.stdout
    assert "wrong-accept" not in short.stdout
    assert "wrong-accept" in long.stdout


def test_an_empty_argument_is_no_folder(command: Command) -> None:
    assert "The input is empty" in command("check", "frames", "").stderr
    assert "handshake is empty" in command("check", "handshake", "").stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes that have names are POSIX")
def test_pipes_are_files_too(command: Command, tmp_path: Path) -> None:
    fifo = tmp_path / "frames.fifo"
    os.mkfifo(fifo)

    def write() -> None:
        fifo.write_bytes(b"\xc1\x02hi")

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(write)
        from_fifo = command("check", "frames", str(fifo), "--sender", "server", "--json")
        written.result()
    devices = [command("check", "frames", "/dev/stdin", "-s", "server", "--json", stdin=None, input="c1 02 68 69")]
    reports = [json.loads(done.stdout) for done in (from_fifo, *devices)]
    assert {done.returncode for done in (from_fifo, *devices)} == {1}
    assert {report["findings"][0]["rule"] for report in reports} == {"reserved-bit-set"}
    words = command("diagnose", "/dev/stdin", stdin=None, input="1006")
    assert words.stdout.startswith("Taken for: ") and "1006" in words.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_shell_may_put_commands_in_place_of_files(tmp_path: Path) -> None:
    (tmp_path / "request").write_bytes(REQUEST.encode())
    (tmp_path / "answer").write_bytes(ANSWER.encode())
    ws = f"{shlex.quote(sys.executable)} -m ws_mcp"
    for line in (
        f"{ws} check handshake <(cat request) <(cat answer)",
        f"{ws} check handshake request - < answer",
        f"cat request answer | {ws} check handshake -",
        f"cat request answer | {ws} check handshake /dev/stdin",
        f"{ws} check frames <(printf '81 02 68 69') --sender server --extensions none",
        f"{ws} diagnose <(cat request)",
    ):
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, ""), line


def test_a_diagnosis_of_a_part_says_so(command: Command, tmp_path: Path) -> None:
    frames = bytes([0x82, 126, 1, 0, *range(256)]) * 4_000
    (tmp_path / "large.bin").write_bytes(frames)
    told = command("diagnose", str(tmp_path / "large.bin")).stdout
    assert f"Only the first 349,525 of {len(frames):,} bytes were looked at" in told
    (tmp_path / "small.bin").write_bytes(frames[:2_600])
    assert "Only the first" not in command("diagnose", str(tmp_path / "small.bin")).stdout
