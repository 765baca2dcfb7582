#!/usr/bin/env python3
"""I7: while one plugin misbehaves the calls of another take hardly longer, and none fails.

    isolation_test.py [--rounds 3] [--calls 100]

For each way to misbehave, `good` is called in rounds, one call after the other: first while `bad` is disabled, then while it
misbehaves. The figures are the medians, over the rounds, of each part's 99th percentile; the two parts of a round are moments
apart, so that whatever else this machine does is in both. Who calls is a process of its own: the audit of the daemon must not
be in the figures.
"""

import argparse
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from daemon import EXECUTE, PATIENCE, Daemon, wait_until

arguments = argparse.ArgumentParser()
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--calls", type=int, default=100, help="in each part of a round")
arguments.add_argument("--probe", nargs=2, metavar=("PORT", "TOKEN"), help=argparse.SUPPRESS)
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

# What a call may take beyond twice its quiet time. On two cores a call has to be woken four times: the daemon, its worker, the
# daemon, the client. Where more threads want to run than there are cores, each may wait for the turns of those before it; the
# kernel's turn is some 3 ms, and the sessions of the daemon, of both workers and of the client share two cores.
ALLOWED_MS = 4 * 2 * 3

CONFIG = '''
[workers]
drain_grace = "100ms"
shutdown_grace = "500ms"
kill_grace = "500ms"
deaf_after = "1s"
restart_first = "20ms"
restart_longest = "20ms"
crashes_max = 1000000
[plugin.bad]
memory_max = "64MiB"
processes_max = 64
'''


class Probe:
    """A process that calls `good:echo`, and says how long each call took."""

    def __init__(self, daemon):
        self.process = subprocess.Popen([sys.executable, __file__, "--probe", str(daemon.port), daemon.token],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)

    def __enter__(self):
        self.p99_ms(20)  # its first calls are slower
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def p99_ms(self, calls):
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        took, failed = json.loads(self.process.stdout.readline())
        assert not failed, failed
        return 1000 * sorted(took)[calls * 99 // 100 - 1]


def be_the_probe(port, token):
    head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
    for line in sys.stdin:
        took, failed = [], []
        for number in range(int(line)):
            call = json.dumps({"tool": "good:echo", "parameters": {"n": number}, "runContext": {"runId": f"probe-{number}"}})
            begin = time.perf_counter()
            connection.request("POST", EXECUTE, call, head)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            took.append(time.perf_counter() - begin)
            if answer.status != 200 or said["result"]["data"] != {"n": number}:
                failed.append(said)
        print(json.dumps([took, failed]), flush=True)


@dataclasses.dataclass
class Bad:
    mode: str
    evidence: str  # that it does
    provoked: bool = False  # whether it does so in calls only


EVERY_WAY = {
    "stderr flood": Bad("stderr-lines", "bytes written"),
    "stdout flood": Bad("stdout-flood", "bytes written"),
    "endless line": Bad("endless-line", "bytes written", provoked=True),
    "fork bomb": Bad("fork-bomb count=1000000", "processes refused"),
    "memory hog": Bad("eat-mem bytes=1073741824", "crashes", provoked=True),
    "CPU burner": Bad(f"burn-cpu threads={2 * os.cpu_count()}", "time computed"),
    "crash loop": Bad("crash-later ms=1", "crashes"),
}


class Isolation(unittest.TestCase):
    def setUp(self):
        config = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        config.write_text(CONFIG)
        self.daemon = self.enterContext(Daemon("--config", str(config)))
        self.daemon.install(self.daemon.fault_plugin(key="good"))
        self.daemon.install(self.daemon.fault_plugin(key="bad"))
        self.disable()
        self.probe = self.enterContext(Probe(self.daemon))

    def disable(self):
        self.assertEqual(self.daemon.post("/api/plugins/bad/disable").json()["status"], "disabled")
        wait_until(lambda: len(self.daemon.workers()) == 1, "the end of all that it started")

    def seen(self, evidence):
        """What grows as the plugin misbehaves: its crashes, and then what this life of it has done."""
        worker = self.daemon.get("/api/plugins/bad/dashboard").json()["worker"]
        done = 0
        with contextlib.suppress(OSError):  # between two lives
            process = pathlib.Path(f"/proc/{worker['pid']}")
            if evidence == "bytes written":
                done = int((process / "io").read_text().partition("wchar: ")[2].split()[0])
            elif evidence == "time computed":
                done = sum(map(int, (process / "stat").read_text().rpartition(") ")[2].split()[11:13]))
            elif evidence == "processes refused":
                done = worker["limitsHit"]["processes"]
        return worker["totalCrashes"], done

    def provoke(self, enough):
        while not enough.is_set():
            self.daemon.execute("bad:echo", timeoutMs=200)

    def loud(self, how):
        """The 99th percentile of calls to `good` while `bad` misbehaves."""
        self.assertEqual(self.daemon.post("/api/plugins/bad/enable").json()["status"], "ready")
        enough = threading.Event()
        provoker = threading.Thread(target=self.provoke, args=(enough,))
        if how.provoked:
            provoker.start()
        try:
            first = self.seen(how.evidence)
            wait_until(lambda: self.seen(how.evidence) > first, "the beginning")
            took = self.probe.p99_ms(sizes.calls)
            last = self.seen(how.evidence)
            wait_until(lambda: self.seen(how.evidence) > last, "that it goes on yet")
        finally:
            enough.set()
            if how.provoked:
                provoker.join()
            self.disable()
        return took

    def judge(self, name):
        how = EVERY_WAY[name]
        package = self.daemon.fault_plugin(how.mode, key="bad")
        self.assertTrue(package.exists())  # what it does from its next start
        quiet, loud = [], []
        for _ in range(sizes.rounds):
            quiet.append(self.probe.p99_ms(sizes.calls))
            loud.append(self.loud(how))
        middle_quiet, middle_loud = statistics.median(quiet), statistics.median(loud)
        print(f"{name}: p99 {middle_quiet:.1f} ms quiet, {middle_loud:.1f} ms loud "
              f"({sizes.rounds} rounds of {sizes.calls} calls; loud from {min(loud):.1f} to {max(loud):.1f} ms)", file=sys.stderr)
        self.assertLessEqual(middle_loud, 2 * middle_quiet + ALLOWED_MS, f"quiet {quiet}, loud {loud}")

    def needs(self, limit):
        if f"{limit} is not enforced" in self.daemon.log():
            self.skipTest(f"{limit} is not enforced here")

    def test_floods_and_crashes(self):
        for name in ("stderr flood", "stdout flood", "endless line", "crash loop"):
            with self.subTest(name):
                self.judge(name)

    def test_cpu_burner(self):
        self.judge("CPU burner")

    def test_fork_bomb(self):
        self.needs("processes_max")
        self.judge("fork bomb")

    def test_memory_hog(self):
        self.needs("memory_max")
        self.judge("memory hog")


if __name__ == "__main__":
    if sizes.probe:
        be_the_probe(*sizes.probe)
    else:
        unittest.main(argv=["isolation_test"], verbosity=2)
