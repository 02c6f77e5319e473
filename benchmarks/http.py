"""Loads ``websocket-mcp serve --http`` and says what it held: many clients, many calls, clients that never read.

Run: python -m benchmarks.http [--clients 500] [--calls 10000] [--replicas 3]

With replicas, nginx (if it is installed) spreads the requests over them, without any affinity. Everything runs on this
machine, the clients too, so that figures are lower bounds. Nothing may be lost: every call's answer is compared.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
PATIENCE = 120.0  # seconds for an answer: 500 clients wait for each other


@contextmanager
def server(port: int = 0) -> Iterator[tuple[int, int]]:
    """(process id, port) of a server that is ready."""
    command = [sys.executable, "-m", "ws_mcp", "serve", "--http", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split(" at ")[1].strip()
        found = int(url.removesuffix("/mcp").rpartition(":")[2])
        try:
            call(f"http://127.0.0.1:{found}/mcp", 0)  # builds the index
            yield process.pid, found
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def balanced(ports: Sequence[int]) -> Iterator[int]:
    """The port of an nginx before ``ports``."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        upstream = "".join(f"server 127.0.0.1:{one};" for one in ports)
        config = Path(folder) / "nginx.conf"
        config.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1; worker_rlimit_nofile 8192;"
            "events { worker_connections 4096; }"
            f"http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};"
            f"fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};"
            f"upstream replicas {{ {upstream} keepalive 64; }}"
            f"server {{ listen 127.0.0.1:{port} backlog=2048; location / {{ proxy_pass http://replicas;"
            'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost;'
            "proxy_buffering off; proxy_read_timeout 120s; } } }"
        )
        with subprocess.Popen(["nginx", "-c", str(config), "-e", f"{folder}/error"]) as nginx:
            try:
                for _ in range(100):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", port)) == 0:
                            break
                    time.sleep(0.05)
                yield port
            finally:
                nginx.terminate()
                nginx.wait(10)


CODES = (1000, 1001, 1002, 1003, 1006, 1007, 1008, 1009, 1011, 1012)


def body(number: int) -> dict[str, object]:
    """The call with this number: a search whose first hit is known."""
    arguments = {"query": str(CODES[number % len(CODES)]), "limit": 1}
    return {
        "jsonrpc": "2.0",
        "id": number,
        "method": "tools/call",
        "params": {"name": "ws_search", "arguments": arguments},
    }


def right(number: int, answer: httpx.Response) -> bool:
    """Whether this is the answer to that call."""
    code = f'"id":"code/{CODES[number % len(CODES)]}"'
    return answer.status_code == 200 and code in answer.text and f'"id":{number},' in answer.text


def call(url: str, number: int) -> None:
    """One call, which has to be answered."""
    assert right(number, httpx.post(url, headers=HEADERS, json=body(number), timeout=PATIENCE))


async def load(url: str, clients: int, calls: int, memory: Memory) -> tuple[list[float], list[str]]:
    """(seconds of each call, what went wrong); each client has a connection of its own and asks one by one."""
    seconds: list[float] = []
    wrong: list[str] = []
    numbers = iter(range(1, calls + 1))

    async def client() -> None:
        async with httpx.AsyncClient(timeout=PATIENCE, headers=HEADERS) as http:
            for number in numbers:
                begun = time.perf_counter()
                try:
                    answer = await http.post(url, json=body(number))
                except httpx.HTTPError as error:
                    wrong.append(f"{number}: {error!r}")
                    continue
                seconds.append(time.perf_counter() - begun)
                if not right(number, answer):
                    wrong.append(f"{number}: {answer.status_code} {answer.text[:100]}")
                memory.look(len(seconds))

    await asyncio.gather(*(client() for _ in range(clients)))
    return seconds, wrong


class Memory:
    """What processes hold, looked at now and then."""

    def __init__(self, processes: Sequence[int], every: int) -> None:
        self._processes = processes
        self._every = every
        self.seen: list[float] = []

    def look(self, count: int) -> None:
        """Note the sum in MiB at every so many calls."""
        if count % self._every == 0:
            pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in self._processes)
            self.seen.append(pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


@contextmanager
def silent_readers(port: int, count: int) -> Iterator[None]:
    """Clients that ask on and on and never read."""
    ask = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
    head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, "
    one = f"{head}text/event-stream\r\nContent-Length: {len(ask)}\r\n\r\n".encode() + ask
    with ExitStack() as stack:
        for _ in range(count):
            peer = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
            peer.setblocking(False)
            try:
                while True:
                    peer.send(one * 50)
            except BlockingIOError:
                pass
        yield


def main() -> int:
    """Print a row for one server, one with clients that never read, and replicas; 1 where an answer was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--replicas", type=int, default=3)
    arguments = parser.parse_args()
    print("| servers | clients | calls | wrong | calls/s | p50 ms | p99 ms | MiB at 10 % · half · end |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    with server() as (process, port):
        wrong = measure("1", port, [process], arguments.clients, arguments.calls)
        with silent_readers(port, 20):
            wrong += measure(
                "1, and 20 clients that never read", port, [process], arguments.clients, arguments.calls // 5
            )
    if arguments.replicas > 1 and shutil.which("nginx"):
        with ExitStack() as stack:
            running = [stack.enter_context(server()) for _ in range(arguments.replicas)]
            port = stack.enter_context(balanced([port for _, port in running]))
            name = f"{arguments.replicas} behind nginx"
            wrong += measure(name, port, [process for process, _ in running], arguments.clients, arguments.calls)
    return 1 if wrong else 0


def measure(name: str, port: int, processes: Sequence[int], clients: int, calls: int) -> int:
    """Load the server at ``port`` and print the row; how many answers were wrong."""
    memory = Memory(processes, max(1, calls // 10))
    begun = time.perf_counter()
    seconds, wrong = asyncio.run(load(f"http://127.0.0.1:{port}/mcp", clients, calls, memory))
    took = time.perf_counter() - begun
    seen = memory.seen or [0.0]
    held = " · ".join(f"{seen[place]:.0f}" for place in (0, len(seen) // 2, -1))
    middle = statistics.median(seconds) * 1_000
    late = sorted(seconds)[int(len(seconds) * 0.99) - 1] * 1_000
    row = (name, clients, f"{calls:,}", len(wrong), f"{calls / took:.0f}", f"{middle:.0f}", f"{late:.0f}", held)
    print(f"| {' | '.join(map(str, row))} |", flush=True)
    for one in wrong[:3]:
        print(f"    {one}", file=sys.stderr)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
