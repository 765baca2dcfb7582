#!/usr/bin/env python3
"""Four workers write their state while a fifth is called: how many writes a second are durable, and what the calls pay for it.

    services_load_test.py [--rate 2000] [--seconds 1] [--rounds 1] [--hold] [BUILD_FOLDER]

The ordinary run sees that every write is answered. Figures that mean something are those of a release build on a machine that has nothing else to do:

    services_load_test.py --rate 10000 --seconds 5 --rounds 3 --hold build/release

with `--hold` fails where the rate is not reached, or the 99th percentile of the calls doubles.
"""

import argparse
import contextlib
import json
import os
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import unittest

from daemon import EXECUTE, Daemon

arguments = argparse.ArgumentParser()
arguments.add_argument("--rate", type=int, default=2000, help="writes a second, of all workers together; 0: as fast as it goes")
arguments.add_argument("--seconds", type=float, default=1, help="of each round")
arguments.add_argument("--rounds", type=int, default=1, help="each is quiet first, then loaded")
arguments.add_argument("--workers", type=int, default=4, help="that write")
arguments.add_argument("--hold", action="store_true", help="fail where the figures are not those that are promised")
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

WRITER = {"capabilities": ["agent.tools.register", "plugin.state.write", "plugin.state.read"]}


class Caller:
    """Calls a tool again and again on one connection, and keeps how long each call took."""

    def __init__(self, daemon, tool):
        body = json.dumps({"tool": tool, "parameters": {"text": "x" * 100}}).encode()
        self.request = (f"POST {EXECUTE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {daemon.token}\r\n"
                        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        self.socket = socket.create_connection(("127.0.0.1", daemon.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self):
        begin = time.perf_counter()
        self.socket.sendall(self.request)
        answer = self.socket.recv(65536)
        took = time.perf_counter() - begin
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"}"), answer
        return took

    def calls_until(self, is_over):
        """Seconds of each call, one after the other."""
        took = []
        while not is_over():
            took.append(self.call())
        return took

    def close(self):
        self.socket.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class StateUnderLoad(unittest.TestCase):
    def test_writes_are_durable_and_calls_go_on(self):
        with contextlib.ExitStack() as stack:
            daemon = stack.enter_context(Daemon())
            # Not beside the store, whose commits hold up whoever else writes to its disk.
            memory = stack.enter_context(tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
            tool = daemon.install(daemon.fault_plugin(f"normal ledger={memory}/ledger", key="called"))["pluginKey"] + ":echo"
            writers = [daemon.install(daemon.fault_plugin("writes-state", key=f"writes{number}", manifest=WRITER))["pluginKey"] for number in range(sizes.workers)]
            caller = stack.enter_context(contextlib.closing(Caller(daemon, tool)))
            for _ in range(200):
                caller.call()
            quiet, loaded, writes, seconds = [], [], 0, 0.0
            for _ in range(sizes.rounds):
                with daemon.audit.work():
                    end = time.monotonic() + sizes.seconds
                    quiet += caller.calls_until(lambda: time.monotonic() > end)
                    told = self.write(daemon, writers)
                    loaded += caller.calls_until(lambda: len(told) == len(writers))
                for answer in told:
                    self.assertEqual(answer.status, 200, answer.body)
                    data = answer.json()["result"]["data"]
                    self.assertIsNone(data["firstError"])
                    writes += data["answered"]
                seconds += max(answer.json()["result"]["data"]["ms"] for answer in told) / 1000
            with contextlib.closing(sqlite3.connect(f"file:{daemon.data_dir}/collet.db?mode=ro", uri=True)) as database:
                self.assertEqual(database.execute("SELECT count(DISTINCT plugin_id), count(DISTINCT state_key) FROM plugin_state").fetchone(), (sizes.workers, 100))
        rate = writes / seconds
        before, under = ({share: percentile(took, share) * 1000 for share in (0.5, 0.99)} for took in (quiet, loaded))
        print(f"{sizes.workers} workers: {writes} writes, {rate:.0f} a second (asked for: {sizes.rate or 'all'}); a call takes {before[0.5]:.2f} ms, p99 {before[0.99]:.2f} ms "
              f"when it is quiet ({len(quiet)} calls), {under[0.5]:.2f} ms, p99 {under[0.99]:.2f} ms meanwhile ({len(loaded)} calls)", file=sys.stderr)
        if sizes.hold:
            self.assertGreaterEqual(rate, 0.95 * sizes.rate)
            self.assertLessEqual(under[0.99], 2 * before[0.99])

    def write(self, daemon, writers):
        """Lets all write at once; a list that gets their answers."""
        per_second = sizes.rate // len(writers)
        count = int((per_second or 10_000) * sizes.seconds)
        told = []
        for writer in writers:
            parameters = {"count": count, "per_second": per_second}
            threading.Thread(target=lambda key=writer, given=parameters: told.append(daemon.execute(f"{key}:echo", given, timeoutMs=300_000))).start()
        return told


if __name__ == "__main__":
    unittest.main(argv=["services_load_test"], verbosity=2)
