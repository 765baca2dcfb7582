#!/usr/bin/env python3
"""Who may call when: limits of calls in flight, turns between agents, refusals in time, several workers for one plugin."""

import pathlib
import re
import statistics
import tempfile
import threading
import time
import unittest

from daemon import Daemon, new_run_id, wait_until
from host_audit import HostAudit

CONFIG = """
[calls]
waiting_max = 150
[plugin."one"]
concurrency = 1
[plugin."many"]
instances = 3
concurrency = 1
"""


class Turns(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-")))
        (folder / "collet.toml").write_text(CONFIG)
        self.daemon = self.enterContext(Daemon("--config", folder / "collet.toml"))
        for key in ("one", "many"):
            self.daemon.install(self.daemon.fault_plugin(key=key))

    def call(self, agent, tool, parameters, **members):
        return self.daemon.execute(tool, parameters, runContext={"agentId": agent, "runId": new_run_id()}, **members)

    def calls(self, key, what):
        """By /metrics: a dashboard would ask a busy worker for its health."""
        return HostAudit.counters(self.daemon).get(f'collet_calls_{what}{{plugin="{key}"}}', 0)

    def flood(self, callers, ms):
        """So many callers of one agent, who call again and again until the event that this gives is set."""
        enough, threads = threading.Event(), []

        def go_on():
            while not enough.is_set():
                self.assertEqual(self.call("flood", "one:slow", {"ms": ms}).status, 200)

        for _ in range(callers):
            threads.append(threading.Thread(target=go_on))
            threads[-1].start()
        self.addCleanup(lambda: [thread.join() for thread in threads])
        self.addCleanup(enough.set)
        wait_until(lambda: self.calls("one", "waiting") >= callers - 2, "a queue")
        return enough

    def test_one_agent_at_a_hundred_times_the_load_does_not_starve_another(self):
        self.flood(100, ms=10)
        took = []
        for _ in range(20):
            begin = time.monotonic()
            self.assertEqual(self.call("other", "one:slow", {"ms": 10}).status, 200)
            took.append(time.monotonic() - begin)
        # In the order of their coming each would wait for a hundred calls, a second at least; in turns for the call
        # in flight, and one more.
        self.assertLess(statistics.median(took), 0.5)
        self.assertLessEqual(self.calls("one", "running"), 1)

    def test_a_full_queue_refuses_with_the_time_to_come_back(self):
        begin = time.monotonic()
        self.flood(140, ms=50)
        answers, threads = [], []
        for _ in range(40):
            threads.append(threading.Thread(target=lambda: answers.append(self.call("flood", "one:slow", {"ms": 50}))))
            threads[-1].start()
        for thread in threads:
            thread.join()
        refused = [answer for answer in answers if answer.status == 503]
        self.assertGreater(len(refused), 0)
        for answer in refused:
            self.assertEqual(answer.json()["code"], "overloaded")
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        self.assertEqual({answer.status for answer in answers} - {503}, {200})
        self.assertGreaterEqual(self.calls("one", "refused_total"), len(refused))
        lines = re.findall(r" calls refused as overloaded plugin=one reason=(\w+) calls=(\d+)", self.daemon.log())
        self.assertIn(("queue_full", "1"), lines, "the first at once")
        self.assertLessEqual(len(lines), 2 * (1 + (time.monotonic() - begin) / 10), "one in ten seconds for each reason")

    def test_three_processes_do_three_calls_at_once_and_no_more(self):
        worker = self.daemon.get("/api/plugins/many/dashboard").json()["worker"]
        self.assertEqual((worker["instances"], worker["instancesRunning"]), (3, 3))
        threads = []

        def ask():
            self.assertEqual(self.call("agent", "many:busy", {"ms": 300}).status, 200)

        begin = time.monotonic()
        for _ in range(6):
            threads.append(threading.Thread(target=ask))
            threads[-1].start()
        wait_until(lambda: self.calls("many", "waiting") == 3, "three that wait")
        self.assertEqual(self.calls("many", "running"), 3)
        for thread in threads:
            thread.join()
        self.assertGreaterEqual(time.monotonic() - begin, 0.6, "two rounds of three")


if __name__ == "__main__":
    unittest.main(argv=["turns_test"], verbosity=2)
