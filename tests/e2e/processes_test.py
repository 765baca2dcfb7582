#!/usr/bin/env python3
"""Workers are stopped whatever they do, with all that they started."""

import ctypes
import os
import pathlib
import signal
import tempfile
import time
import unittest

from daemon import Daemon, alive, wait_until
from host_audit import children_of, zombies_of

GRACE = 1.0  # seconds: half for `shutdown`, half for SIGTERM
CONFIG = '[workers]\nshutdown_grace = "500ms"\nkill_grace = "500ms"\n'


class Stop(unittest.TestCase):
    """S5: all that a worker started is gone within the graces and a second."""

    # How it misbehaves, and how many processes it has then.
    STUBBORN = {"normal": 1, "ignore-shutdown": 1, "ignore-term": 1, "slow-shutdown ms=60000": 1, "stop-self at=initialize": 1,
                "stop-reading": 1, "fork-child": 2, "fork-bomb count=20": 21, "setsid-child": 2, "double-fork": 2}

    def setUp(self):
        self.config = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        self.config.write_text(CONFIG)

    def started(self, daemon, *modes):
        """The processes of plugins that are installed now."""
        before = set(daemon.strays())
        for mode in modes:
            daemon.install(daemon.fault_plugin(mode))
        count = sum(self.STUBBORN[mode] for mode in modes)
        return wait_until(lambda: len(new := set(daemon.strays()) - before) == count and new, f"{count} processes of {modes}")

    def gone_after(self, pids, begin):
        wait_until(lambda: not any(alive(pid) for pid in pids), "the end of all processes")
        return time.monotonic() - begin

    def test_each_by_a_disable(self):
        with Daemon("--config", self.config) as daemon:
            for mode in self.STUBBORN:
                with self.subTest(mode):
                    pids = self.started(daemon, mode)
                    begin = time.monotonic()
                    self.assertEqual(daemon.post(f"/api/plugins/fault.{mode.split()[0]}/disable").json()["status"], "disabled")
                    self.assertLess(self.gone_after(pids, begin), GRACE + 1)

    def test_all_by_the_end_of_the_daemon(self):
        with Daemon("--config", self.config) as daemon:
            pids = self.started(daemon, *self.STUBBORN)
            begin = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertLess(self.gone_after(pids, begin), GRACE + 1)

    def test_all_by_a_second_signal_at_once(self):
        self.config.write_text('[workers]\nshutdown_grace = "60s"\nkill_grace = "60s"\n')
        with Daemon("--config", self.config) as daemon:
            pids = self.started(daemon, *self.STUBBORN)
            daemon.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "Once more to stop at once." in daemon.log(), "its words")
            begin = time.monotonic()
            daemon.process.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.process.wait(60), 128 + signal.SIGTERM)
            self.assertLess(time.monotonic() - begin, 1)
            self.assertLess(self.gone_after(pids, begin), 2)


def become_subreaper():
    """From now on this process adopts what its descendants leave behind, as PID 1 of a container does."""
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class Adopted(unittest.TestCase):
    """S4: where the daemon adopts what left its workers, nothing stays a zombie. The audit looks each second, too."""

    def test_double_forkers_become_children_of_the_daemon_and_are_reaped(self):
        with Daemon(before_exec=become_subreaper) as daemon:
            daemon.install(daemon.fault_plugin(key="good"))
            key = daemon.install(daemon.fault_plugin("double-fork"))["pluginKey"]
            for _ in range(10):
                stray = daemon.execute(f"{key}:pid").json()["result"]["data"]["child"]
                self.assertIn(stray, children_of(daemon.process.pid))
                self.assertEqual(daemon.post(f"/api/plugins/{key}/restart").status, 200)
                wait_until(lambda: not alive(stray), "its end by the watcher")
            stray = daemon.execute(f"{key}:pid").json()["result"]["data"]["child"]
            os.kill(stray, signal.SIGKILL)  # nobody tells the daemon
            wait_until(lambda: not zombies_of(daemon.process.pid), "that all are reaped", patience=2)
            self.assertEqual(daemon.execute("good:echo").status, 200)
            self.assertEqual(daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["totalCrashes"], 0)


if __name__ == "__main__":
    unittest.main(argv=["processes_test"], verbosity=2)
