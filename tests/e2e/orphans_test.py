#!/usr/bin/env python3
"""No process of a worker outlives it, and none outlives the daemon, however that ends."""

import os
import signal
import time
import unittest

from daemon import Daemon, alive, descendants, wait_until

STUBBORN = ("normal", "ignore-shutdown", "ignore-term", "close-stdin", "fork-child", "setsid-child", "stop-self")
GONE_WITHIN = 2  # seconds after the daemon's death


class Orphans(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())

    def install(self, *modes):
        return [self.daemon.install(self.daemon.fault_plugin(mode))["pluginKey"] for mode in modes]

    def processes(self, count):
        """All processes of the workers, once there are `count`."""
        return wait_until(lambda: len(pids := self.daemon.workers()) >= count and pids, f"{count} processes of workers")

    def kill_daemon(self, started):
        """Kills the daemon; how many seconds the last of `started` lived on."""
        self.daemon.kill()
        begin = time.monotonic()
        wait_until(lambda: not any(alive(pid) for pid in started), "the end of all that it started")
        return time.monotonic() - begin

    def test_all_are_gone_when_the_daemon_is_killed(self):
        self.install(*STUBBORN)
        started = self.processes(len(STUBBORN) + 2) + [self.daemon.watcher()]
        self.assertLess(self.kill_daemon(started), GONE_WITHIN)

    def test_all_are_gone_when_the_daemon_crashes(self):
        self.install(*STUBBORN)
        started = self.processes(len(STUBBORN) + 2)
        self.daemon.audit.excuse("I12")
        self.daemon.process.send_signal(signal.SIGSEGV)
        self.daemon.process.wait()
        wait_until(lambda: not any(alive(pid) for pid in started), "the end of all that it started", GONE_WITHIN)

    def test_a_stray_is_gone_when_its_worker_dies(self):
        (key,) = self.install("setsid-child")
        data = self.daemon.execute(f"{key}:pid").json()["result"]["data"]
        self.assertTrue(alive(data["child"]))
        self.assertEqual(self.daemon.execute(f"{key}:die").json()["code"], "worker_crashed")
        wait_until(lambda: not alive(data["child"]), "the end of its child")
        wait_until(lambda: "killed processes that outlived the one that started them" in self.daemon.log(), "a line in the log")

    def test_another_daemon_keeps_its_own(self):
        other = self.enterContext(Daemon())
        theirs = other.execute(other.install(other.fault_plugin("setsid-child"))["pluginKey"] + ":pid").json()["result"]["data"]
        self.install("setsid-child")
        self.kill_daemon(self.processes(2))
        self.assertTrue(alive(theirs["pid"]) and alive(theirs["child"]))

    def test_a_watcher_that_was_killed_comes_back(self):
        self.install("ignore-term", "setsid-child")
        before = self.daemon.watcher()
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.daemon.watcher() not in (before, None), "a new one")
        self.assertLess(self.kill_daemon(descendants(self.daemon.process.pid)), GONE_WITHIN)


if __name__ == "__main__":
    unittest.main(argv=["orphans_test"], verbosity=2)
