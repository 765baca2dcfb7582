#!/usr/bin/env python3
"""Workers and daemons that are killed at work: every call has one answer, and nothing is left.

    kill_test.py [--workers-killed 200] [--daemons-killed 5] [--busy 10] [--seed N]
"""

import argparse
import collections
import contextlib
import http.client
import os
import pathlib
import random
import signal
import sys
import tempfile
import threading
import time
import unittest

from daemon import Daemon, alive, descendants, wait_until

PLUGINS = 8
IN_FLIGHT = 64
DEADLINE_MS = 20_000
LATE_MS = 100  # what an answer may take beyond its deadline
GONE_WITHIN = 2  # seconds after the daemon's death
EXPECTED = {None, "worker_crashed", "worker_unavailable"}

arguments = argparse.ArgumentParser()
arguments.add_argument("--workers-killed", type=int, default=200)
arguments.add_argument("--daemons-killed", type=int, default=5)
arguments.add_argument("--busy", type=int, default=10, help="workers of each daemon that is killed")
arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])


class Kill(unittest.TestCase):
    def setUp(self):
        print(f"--seed {sizes.seed}", file=sys.stderr)
        self.dice = random.Random(sizes.seed)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-kill-")))
        # Workers that are killed by the hundred start again at once, and never too often.
        config = self.folder / "collet.toml"
        config.write_text('[workers]\nrestart_first = "1ms"\nrestart_longest = "1ms"\ncrashes_max = 1000000\n')
        self.config = str(config)
        self.answers = collections.Counter()
        self.wrong = []  # answers that are late, or neither result nor error
        self.lock = threading.Lock()

    def ledger(self, number):
        """What the worker of a plugin did: a line for each call."""
        return self.folder / f"ledger{number}"

    def call(self, daemon, keys, dice, enough):
        """One caller: a call after the other, each with one answer."""
        while not enough.is_set():
            begin = time.monotonic()
            try:
                body = daemon.execute(f"{dice.choice(keys)}:slow", {"ms": dice.randrange(20)}, timeoutMs=DEADLINE_MS).json()
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.wrong.append(error)
                return
            took_ms = (time.monotonic() - begin) * 1000
            with self.lock:
                self.answers[body.get("code")] += 1
                if took_ms > DEADLINE_MS + LATE_MS or ("result" in body) == ("code" in body):
                    self.wrong.append((took_ms, body))

    def test_every_call_has_one_answer_though_its_worker_is_killed(self):
        with Daemon("--config", self.config) as daemon:
            keys = [daemon.install(daemon.fault_plugin(f"normal ledger={self.ledger(number)}", key=f"fault.kill{number}"))["pluginKey"]
                    for number in range(PLUGINS)]
            enough = threading.Event()
            callers = [threading.Thread(target=self.call, args=(daemon, keys, random.Random(self.dice.random()), enough)) for _ in range(IN_FLIGHT)]
            for caller in callers:
                caller.start()
            killed = 0
            while killed < sizes.workers_killed:
                worker = daemon.get(f"/api/plugins/{self.dice.choice(keys)}/dashboard").json()["worker"]
                if worker["status"] != "running" or not worker["pendingRequests"]:
                    continue
                with contextlib.suppress(ProcessLookupError):  # killed a moment ago, and the daemon has not said so yet
                    os.kill(worker["pid"], signal.SIGKILL)
                    killed += 1
            enough.set()
            for caller in callers:
                caller.join()
            crashes = sum(wait_until(lambda key=key: (w := daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]) and w["status"] == "running" and w,
                                     "all workers run again")["totalCrashes"] for key in keys)
            for key in keys:
                self.assertEqual(daemon.execute(f"{key}:echo").status, 200)
            self.assertEqual(len(daemon.workers()), PLUGINS, "one process each, and nothing besides")
        print(f"{killed} workers killed, {crashes} crashes seen, answers {dict(self.answers)}", file=sys.stderr)
        self.assertLessEqual(set(self.answers), EXPECTED)
        self.assertGreater(self.answers["worker_crashed"], 0)
        self.assertEqual(self.wrong, [])
        done = [self.ledger(number).read_text().splitlines() for number in range(PLUGINS)]
        self.assertEqual([sorted(set(calls)) for calls in done], [sorted(calls) for calls in done], "no call is done twice")
        self.assertGreaterEqual(sum(map(len, done)), self.answers[None], "and none is answered that was not done")
        # A worker may be found in one look and dead in the next, when it is killed twice.
        self.assertLessEqual(crashes, killed)
        self.assertGreater(crashes, killed / 2)

    def test_no_worker_outlives_a_daemon_that_is_killed(self):
        longest = 0
        for _ in range(sizes.daemons_killed):
            with tempfile.TemporaryDirectory(prefix="collet-killed-") as folder:
                daemon = Daemon("--config", self.config, data_dir=pathlib.Path(folder) / "data").start()
                try:
                    keys = [daemon.install(daemon.fault_plugin("ignore-term" if number % 2 else "setsid-child", key=f"fault.kill{number}"))["pluginKey"]
                            for number in range(sizes.busy)]
                    callers = [threading.Thread(target=self.hang, args=(daemon, key)) for key in keys]
                    for caller in callers:
                        caller.start()
                    wait_until(lambda: all(daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["pendingRequests"] for key in keys), "busy workers")
                    started = descendants(daemon.process.pid)
                finally:
                    daemon.kill()
                begin = time.monotonic()
                wait_until(lambda: not any(alive(pid) for pid in started), "the end of all that it started")
                longest = max(longest, time.monotonic() - begin)
                for caller in callers:
                    caller.join()
                daemon.finish()
        print(f"{sizes.daemons_killed} daemons with {sizes.busy} busy workers killed, the last process was gone after {longest:.3f} s at most", file=sys.stderr)
        self.assertLess(longest, GONE_WITHIN)

    def hang(self, daemon, key):
        with contextlib.suppress(OSError, http.client.HTTPException):  # its daemon dies
            daemon.execute(f"{key}:hang")


if __name__ == "__main__":
    unittest.main(argv=["kill_test"], verbosity=2)
