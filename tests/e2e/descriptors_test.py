#!/usr/bin/env python3
"""R3: a daemon that runs out of descriptors goes on, says so, and recovers. Where single calls fail: descriptor_faults_test.py.

    descriptors_test.py [--hold 3]
"""

import argparse
import contextlib
import os
import pathlib
import resource
import select
import signal
import sys
import time
import unittest

from daemon import PATIENCE, Daemon, HostAudit, wait_until
from descriptors import RECOVERED_WITHIN, RUNS_AGAIN_WITHIN, DescriptorsTest, answer_of, ask, connection

arguments = argparse.ArgumentParser()
arguments.add_argument("--hold", type=int, default=3, help="seconds for which descriptors are held")
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

LIMIT = 256  # files that the daemon may have open
CORE_SHARE_MAX = 0.05  # of a core, while they are held
VITAL = ("/healthz", "/readyz", "/metrics")


def cpu_seconds(pid):
    """What a process has computed so far."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Exhaustion(DescriptorsTest):
    def check_refusal(self, answer, words):
        self.assertEqual((answer.status, answer.headers["retry-after"]), (503, "1"), answer.body)
        self.assertEqual(answer.json()["code"], "overloaded")
        self.assertIn(words, answer.json()["error"])
        self.assertIn("ulimit -n", answer.json()["remedy"])

    def share(self, daemon):
        """A look a second at how the daemon is, for as long as is asked for: what share of a core it takes meanwhile."""
        begin, before = time.monotonic(), cpu_seconds(daemon.process.pid)
        due = begin

        def over():
            nonlocal due
            if time.monotonic() > due:
                due += 1
                for path in VITAL:
                    self.assertEqual(daemon.get(path).status, 200, path)
            return time.monotonic() > begin + sizes.hold

        wait_until(over, "the time that is asked for", patience=sizes.hold + PATIENCE)
        return (cpu_seconds(daemon.process.pid) - before) / (time.monotonic() - begin)

    def hold(self, daemon, at_rest):
        """That it has little to do: beside what it takes at rest, where the looks and the sanitizers cost as much on this machine."""
        share = self.share(daemon)
        print(f"held for {sizes.hold} s with {share:.1%} of a core, {at_rest:.1%} at rest", file=sys.stderr)
        self.assertLess(share - at_rest, CORE_SHARE_MAX)

    def test_at_the_limit_of_connections(self):
        with Daemon(*self.options, ulimit=f"-n {LIMIT}") as daemon:
            key = self.install(daemon, "fault.held")
            places = int(HostAudit.counters(daemon)["collet_connections_max"])
            self.assertEqual(places, LIMIT // 2)
            at_rest = self.share(daemon)
            with contextlib.ExitStack() as clients:
                slow = [clients.enter_context(ask(daemon, f"{key}:slow", {"ms": 500 * sizes.hold})) for _ in range(8)]
                for _ in range(places - len(slow)):
                    clients.enter_context(ask(daemon, f"{key}:hang"))
                for _ in range(LIMIT):  # they say nothing, and one gives way to the other
                    clients.enter_context(connection(daemon))
                beyond = [clients.enter_context(ask(daemon, f"{key}:echo")) for _ in range(LIMIT)]
                for client in beyond:
                    self.check_refusal(answer_of(client), f"the host serves {places} connections at a time, and all are at work")
                self.hold(daemon, at_rest)
                for client in slow:
                    self.assertEqual(answer_of(client).status, 200, "a call on a connection that was there")
                counters = HostAudit.counters(daemon)
                self.assertEqual(counters["collet_connections_refused_total"], LIMIT)
                self.assertEqual(counters[f'collet_calls_running{{plugin="{key}"}}'], places - len(slow))
            wait_until(lambda: daemon.execute(f"{key}:echo").status == 200, "a call, when they are gone", RECOVERED_WITHIN)
            self.assertIn("all connections are at work; those beyond are refused", daemon.log())

    def test_without_any_descriptor(self):
        with Daemon(*self.options, ulimit=f"-n {LIMIT}") as daemon:
            key = self.install(daemon, "fault.many", instances=40)  # which take most of them
            lone = self.install(daemon, "fault.lone")
            self.warm_up(daemon, lone)
            at_rest = self.share(daemon)
            with contextlib.ExitStack() as clients:
                slow = [clients.enter_context(ask(daemon, f"{key}:slow", {"ms": 500 * sizes.hold})) for _ in range(4)]
                beyond = [clients.enter_context(ask(daemon, f"{key}:hang")) for _ in range(LIMIT // 2 - len(slow))]

                def settled():
                    refused = select.select(beyond, [], [], 0)[0]
                    running = HostAudit.counters(daemon)[f'collet_calls_running{{plugin="{key}"}}']
                    return len(refused) + running == len(beyond) + len(slow) and refused

                refused = wait_until(settled, "every caller at work or refused")
                self.assertGreater(len(beyond) - len(refused), 20, "the others are at work")
                for client in refused:
                    self.check_refusal(answer_of(client), f"the host has too many open files (its limit is {LIMIT})")
                crashes = HostAudit.counters(daemon)[f'collet_worker_crashes_total{{plugin="{lone}"}}']
                os.kill(self.lone_pid, signal.SIGKILL)  # it cannot start again now
                wait_until(lambda: HostAudit.counters(daemon)[f'collet_worker_starts_postponed_total{{plugin="{lone}"}}'] > 1, "tries to start it")
                self.hold(daemon, at_rest)
                for client in slow:
                    self.assertEqual(answer_of(client).status, 200, "a call on a connection that was there")
                counters = HostAudit.counters(daemon)
                self.assertEqual(counters[f'collet_worker_crashes_total{{plugin="{lone}"}}'], crashes + 1)
                self.assertEqual(counters[f'collet_worker_state{{plugin="{lone}",state="backoff"}}'], 1)
            for tool in (f"{key}:echo", f"{lone}:echo"):
                wait_until(lambda tool=tool: daemon.execute(tool).status == 200, f"{tool}, when they are gone", RECOVERED_WITHIN)
            for words in ("connections cannot be accepted: the host has too many open files", "connections are accepted again",
                          f"worker did not start plugin={lone} reason=\"cannot start"):
                self.assertIn(words, daemon.log())

    def warm_up(self, daemon, key):
        """A sanitizer wants descriptors when it sees a type first: what happens without them happens once before."""
        pid = self.worker(daemon, key)["pid"]
        os.kill(pid, signal.SIGKILL)
        self.lone_pid = wait_until(lambda: (worker := self.worker(daemon, key))["status"] == "running" and worker["pid"] != pid and worker["pid"],
                                   "its start")
        for path in VITAL:
            self.assertEqual(daemon.get(path).status, 200)

    def test_at_its_start_with_more_plugins_than_it_may_have(self):
        folder = self.folder / "data"
        with Daemon(*self.options, data_dir=folder) as daemon:
            keys = [self.install(daemon, f"fault.number{number}") for number in range(12)]
            daemon.stop()
            daemon.ulimit = "-Sn 64"
            daemon.start()
            wait_until(lambda: "plugin waits for what the host lacks" in daemon.log(), "a plugin that has to wait")
            for path in VITAL:
                self.assertEqual(daemon.get(path).status, 200)
            hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE)[1]
            resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (1024, hard))
            wait_until(lambda: all(self.worker(daemon, key)["status"] == "running" for key in keys), "all of them", RUNS_AGAIN_WITHIN)
            self.assertEqual({(row["status"], row["lastError"]) for row in daemon.get("/api/plugins").json()}, {("ready", None)})
            for key in keys:
                self.assertEqual(daemon.execute(f"{key}:echo").status, 200)
            self.assertRegex(daemon.log(), r"plugin waits for what the host lacks; it is tried again every second plugin=fault\.number\d+ "
                                           r'reason="cannot (start|read) .*: the host has too many open files')


if __name__ == "__main__":
    unittest.main(argv=["descriptors_test"], verbosity=2)
