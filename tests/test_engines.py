from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ws_mcp import engines
from ws_mcp.errors import InputError

ROOT = Path(__file__).parent.parent


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie is no process any more, only nobody has asked for its code yet.
    return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"


def test_a_program_runs_to_its_end(tmp_path: Path) -> None:
    ran = engines.run(["python3", "-c", "import os; print(os.getcwd(), os.environ['X'])"], tmp_path, 20, {"X": "1"})
    assert ran.ok
    assert ran.output.split() == [str(tmp_path), "1"]


def test_a_failure_keeps_code_and_output(tmp_path: Path) -> None:
    ran = engines.run(["python3", "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)"], tmp_path, 20)
    assert (ran.ok, ran.code, ran.output.strip()) == (False, 3, "why")


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    text = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {deaf!r}])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    ran = engines.run([sys.executable, "-c", text], tmp_path, 1.5)
    assert ran.code is None
    assert time.monotonic() - started < 15
    pid = int(next(word for word in ran.output.split() if word.isdigit()))
    for _ in range(40):
        if not alive(pid):
            break
        time.sleep(0.05)
    assert not alive(pid)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-such-program cannot be run"):
        engines.run(["no-such-program"], tmp_path, 1)
    assert engines.find("no-such-program") is None
    assert engines.find("python3") == sys.executable


def test_a_need_may_name_the_oldest_version_that_will_do() -> None:
    assert engines.has("python3")
    assert engines.has("python3>=3.11")
    assert not engines.has("python3>=99")
    assert not engines.has("no-such-program>=1")


def test_lines_go_in_and_come_out(tmp_path: Path) -> None:
    text = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)\nprint('end')"
    with engines.Running(["python3", "-u", "-c", text], tmp_path, lines=True) as running:
        running.write("one")
        found: list[str] = []
        for _ in range(100):
            found += running.new_lines()
            if found:
                break
            time.sleep(0.05)
        assert found == ["ONE"]
        assert running.memory() > 1 << 20
        running.finish()
        assert running.wait(10) == 0
        assert running.new_lines() == ["end"]
        assert not running.alive


def test_a_signal_reaches_the_program(tmp_path: Path) -> None:
    with engines.Running(["python3", "-c", "import time; time.sleep(60)"], tmp_path) as running:
        running.signal(signal.SIGKILL)
        assert running.wait(10) == -signal.SIGKILL


def test_all_programs_can_be_ended_at_once_and_whoever_waits_goes_on(tmp_path: Path) -> None:
    sleep = ("python3", "-c", "import time; time.sleep(60)")
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(engines.run, sleep, tmp_path, 50) for _ in range(3)]
        while len(engines._alive) < 3:
            time.sleep(0.02)
        started = time.monotonic()
        engines.end_all()
        assert not any(done.result(10).ok for done in waiting)
    assert time.monotonic() - started < 10
    assert not engines._alive


INTERRUPTED = """
import asyncio, sys
from pathlib import Path
from ws_mcp import engines
from ws_mcp.templates import catalogue, render
from ws_mcp.verify import pool, runner

class Guarantee:
    async def prove(self, lab):
        print("begun", flush=True)
        await asyncio.to_thread(engines.run, ("python3", "-c", "import time; time.sleep(60)"), Path.cwd(), 50)

runner.module = lambda name: Guarantee()
here = pool.Pool(Path.cwd())
here.space("any").put(render.render(catalogue.get("python-websockets-server"), {}))
asyncio.run(runner.prove(here.space("any"), here, "any"))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_an_interrupt_does_not_wait_for_what_a_guarantee_runs(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "begun\n"
    time.sleep(0.5)  # the program in it starts
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    _, trouble = child.communicate(timeout=20)
    assert time.monotonic() - started < 5
    assert trouble.rstrip().endswith("KeyboardInterrupt")
