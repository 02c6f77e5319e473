"""A report as text: the bytes drawn, the fault marked, nothing left out."""

from __future__ import annotations

from ws_mcp.checking import frames, handshakes
from ws_mcp.report.drawing import rows
from ws_mcp.report.text import render
from ws_mcp.types import Side

ANSWER = """GET /chat HTTP/1.1
Host: example.com
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==
Sec-WebSocket-Version: 13

HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=

"""


def framed(data: str, sender: Side | None = Side.SERVER, extensions: str = "none") -> str:
    checked = frames.check(data, sender, extensions)
    return render(checked.report, checked.evidence, every=True)


def test_carets_stand_below_the_faulty_byte() -> None:
    lines = framed("81 02 68 69 c1 02 68 69").splitlines()
    row = next(n for n, line in enumerate(lines) if "81 02 68 69 c1" in line)
    at = lines[row].index("c1 02")
    assert lines[row + 1] == " " * at + "^^"
    assert lines[row].endswith("|..hi..hi|")


def test_carets_stand_below_the_faulty_line_of_a_head() -> None:
    checked = handshakes.check(ANSWER)
    lines = render(checked.report, checked.evidence).splitlines()
    row = next(n for n, line in enumerate(lines) if "11 | Sec-WebSocket-Accept" in line)
    assert lines[row + 1].strip() == "^" * len("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    assert lines[row + 1].index("^") == lines[row].index("Sec-")
    assert any("Corrected" in line and "HSmrc0sMlYUkAGmm5OPpG2HaGWk=" in line for line in lines)


def test_on_a_terminal_colours_mark_instead_of_carets() -> None:
    def paint(text: str, kind: str) -> str:
        return f"<{kind}>{text}</>"

    checked = frames.check("c1 02 68 69", Side.SERVER, "none")
    text = render(checked.report, checked.evidence, paint)
    assert "<mark>c1</>" in text
    assert "^^" not in text
    assert "<error>violations</>" in text


def test_each_finding_has_its_fix_its_correction_and_what_to_read() -> None:
    text = framed("81 05 48 65 6c 6c 6f 81 00", Side.CLIENT)
    assert "error  unmasked-client-frame  (client, frame 0, offset 0)" in text
    assert "Corrected  81 85 37 fa 21 3d 7f 9f 4d 51 58" in text
    assert "Also       client, frame 1, offset 7" in text
    assert "rule/unmasked-client-frame" in text
    assert "6455-5.1-01" in text
    assert "Next: The receiver sends Close with 1002" in text


def test_a_clean_report_says_in_two_lines_what_was_checked() -> None:
    checked = frames.check("81 02 68 69", Side.SERVER, "none")
    text = render(checked.report, checked.evidence)
    assert text.startswith("clean: nothing to object to in 1 frame (1 text), 1 message, 4 bytes from the server")
    assert "no extension negotiated" in " ".join(text.split())
    assert len(text.splitlines()) == 2


def test_what_was_not_checked_and_what_breaks_off_is_said() -> None:
    text = framed("81 05 48 65", None)
    assert "without the side that sent the frames: --sender client or --sender server" in text
    assert "unmasked-client-frame" in text
    assert "Incomplete: The frame at offset 0 breaks off" in text
    assert "undecided:" in text


def test_several_corrections_are_also_shown_as_one_mended_head() -> None:
    wrong = ANSWER.replace("Connection: Upgrade", "Connection: close", 1).replace("Version: 13", "Version: 8")
    checked = handshakes.check(wrong.partition("HTTP/1.1 101")[0])
    text = render(checked.report, checked.evidence)
    head = text.partition("The request, mended:\n")[2].partition("\n\n")[0]
    mended = "\n".join(line.strip() for line in head.splitlines()) + "\n\n"
    assert "Connection: Upgrade\n" in mended
    assert handshakes.check(mended).report.ok


def test_many_rules_that_lack_one_thing_are_counted_not_listed() -> None:
    checked = handshakes.check(ANSWER.partition("HTTP/1.1 101")[0])
    needing = [rule for rule, needs in checked.report.unchecked if needs == "response"]
    text = " ".join(render(checked.report, checked.evidence).split())
    assert f"Not checked: {len(checked.report.unchecked)} rules (--list names them)" in text
    assert f"{len(needing)} without the answer to the opening request: put it after the request" in text
    assert needing[0] not in text
    assert needing[0] in render(checked.report, checked.evidence, every=True)


def test_no_line_is_wider_than_a_terminal() -> None:
    texts = [framed("88 01 03 81 05 48 65 6c 6c 6f 8b 00 ff ff" + " 00" * 40, Side.CLIENT)]
    checked = handshakes.check(ANSWER.replace("Connection: Upgrade", "Connection: " + "x" * 300, 1))
    texts.append(render(checked.report, checked.evidence))
    assert max(len(line) for text in texts for line in text.splitlines()) <= 100


def test_a_long_place_shows_its_beginning_and_counts_the_rest() -> None:
    drawn = rows(bytes(1000), 8, 900)
    assert len(drawn) == 9
    assert drawn[-1] == f"… {908 - 64} more bytes"


def test_a_place_past_the_end_is_marked_after_the_last_byte() -> None:
    assert rows(b"\x81\x05", 2, 1)[-1].index("^^") == len("000000  81 05 ")


def test_nothing_in_a_head_can_reach_the_terminal_as_a_control_character() -> None:
    for old in ("Host:", "example.com", "Connection: U", "GET", "101", "Sec-WebSocket-Accept: s"):
        for sign in ("\x1b[31m", "\r", "\x07", "\u202e", "\x9b"):
            checked = handshakes.check(ANSWER.replace(old, f"{old}{sign}", 1))
            text = render(checked.report, checked.evidence)
            assert all(char.isprintable() or char == "\n" for char in text)
    assert "\\x1b" in framed("88 07 03e8 1b5b33316d")


def test_the_list_of_frames_shows_what_each_is() -> None:
    text = framed("88 05 03e8 627965 01 7e 0001 61")
    assert "close        FIN      unmasked         5  1000 bye" in text
    assert "1 as 16-bit" in text
