#!/usr/bin/env python3
"""A daemon under load: it owes nobody an answer when it stops, and its workers inherit nothing.

    load_test.py [--stops 20] [--spawns 100]
"""

import argparse
import collections
import http.client
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest

from daemon import Daemon, wait_until

arguments = argparse.ArgumentParser()
arguments.add_argument("--stops", type=int, default=20, help="daemons that are stopped under load")
arguments.add_argument("--spawns", type=int, default=100, help="workers that are asked for their open files")
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

GRACE = 1.0  # seconds: half for `shutdown`, half for SIGTERM
CONFIG = '[workers]\nshutdown_grace = "500ms"\nkill_grace = "500ms"\n'


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-")))
        self.config = self.folder / "collet.toml"
        self.config.write_text(CONFIG)


class LameDuck(Fixture):
    """S10: whoever was accepted is answered; the audit finds who was not."""

    def test_stops_under_load(self):
        longest, answers, refused = 0, 0, collections.Counter()
        for number in range(sizes.stops):
            with Daemon("--config", self.config, data_dir=self.folder / f"{number}/data") as daemon:
                keys = [daemon.install(daemon.fault_plugin(mode))["pluginKey"] for mode in ("normal", "late-reply ms=30")]
                seen, gone = [], []

                def call(key):
                    while True:
                        try:
                            seen.append(daemon.execute(f"{key}:slow", {"ms": 5}, timeoutMs=5000).json().get("code"))
                        except (OSError, http.client.HTTPException) as error:
                            return gone.append(error)

                callers = [threading.Thread(target=call, args=(keys[i % 2],)) for i in range(16)]
                for caller in callers:
                    caller.start()
                wait_until(lambda: len(seen) > 2 * number, "some answers")  # so that it is stopped at ever another moment
                begin = time.monotonic()
                with daemon.audit.work():
                    self.assertEqual(daemon.stop(), 0)
                longest = max(longest, time.monotonic() - begin)
                for caller in callers:
                    caller.join()
                self.assertLessEqual(set(seen), {None, "shutting_down", "worker_unavailable"})
                answers += len(seen)
                refused.update(type(error).__name__ for error in gone)
        print(f"{sizes.stops} stops under load: {answers} answers, connections that came too late {dict(refused)}, {longest:.3f} s at most", file=sys.stderr)
        self.assertLess(longest, GRACE + 2)


class Inheritance(Fixture):
    """R4: a worker has exactly the descriptors 0, 1 and 2, though connections come and go while it is started."""

    def test_open_files_of_every_worker(self):
        with Daemon("--config", self.config) as daemon:
            keys = [daemon.install(daemon.fault_plugin(key=f"fault.fds{number}"))["pluginKey"] for number in range(4)]
            enough = threading.Event()

            def churn():
                while not enough.is_set():
                    daemon.get("/healthz")

            clients = [threading.Thread(target=churn) for _ in range(4)]
            for client in clients:
                client.start()
            seen = []
            try:
                for number in range(sizes.spawns):
                    key = keys[number % len(keys)]
                    self.assertEqual(daemon.post(f"/api/plugins/{key}/restart").status, 200)
                    seen.append([file["fd"] for file in daemon.execute(f"{key}:fds").json()["result"]["data"]])
            finally:
                enough.set()
                for client in clients:
                    client.join()
            self.assertEqual(seen, [[0, 1, 2]] * sizes.spawns)


if __name__ == "__main__":
    unittest.main(argv=["load_test"], verbosity=2)
