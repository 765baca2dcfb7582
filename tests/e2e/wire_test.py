#!/usr/bin/env python3
"""What a worker writes: noise, floods, lines without end. Its calls are answered all the same, and the daemon stays small.

    wire_test.py [--noise 10] [--notifications 100000] [--stderr-line 33554432] [--stderr-seconds 1]
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from daemon import FAULT_WORKER, FRUGAL, Daemon, wait_until
from host_audit import HostAudit

MIB = 1 << 20

arguments = argparse.ArgumentParser()
arguments.add_argument("--noise", type=int, default=10, help="lines of each kind before every answer; there are 100 calls")
arguments.add_argument("--notifications", type=int, default=100_000)
arguments.add_argument("--stderr-line", type=int, default=32 * MIB, help="bytes on stderr without a line end")
arguments.add_argument("--stderr-seconds", type=float, default=1, help="of 100 MB/s on stderr")
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

CONFIG = '[workers]\nshutdown_grace = "500ms"\nkill_grace = "500ms"\ndeaf_after = "2s"\nrestart_first = "50ms"\n'
LINE_BYTES_MAX = MIB  # in the second class


class WireTest(unittest.TestCase):
    CONFIG = CONFIG

    def setUp(self):
        config = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        config.write_text(self.CONFIG)
        self.daemon = self.enterContext(Daemon("--config", str(config), env=FRUGAL))
        self.daemon.install(self.daemon.fault_plugin(key="good"))

    def tearDown(self):
        self.assertEqual(self.daemon.execute("good:echo").status, 200)

    def install(self, mode):
        return self.daemon.install(self.daemon.fault_plugin(mode))["pluginKey"]

    def worker(self, key):
        return self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]

    def status(self, name):
        return pathlib.Path(f"/proc/{self.daemon.process.pid}/status").read_text().partition(name + ":")[2].split()[0]

    def peak_of(self, action):
        """By how many bytes the daemon grows at most while `action` runs."""
        pathlib.Path(f"/proc/{self.daemon.process.pid}/clear_refs").write_text("5")  # the peak starts at what it has now
        before = int(self.status("VmRSS"))
        action()
        return 1024 * (int(self.status("VmHWM")) - before)

    def hits(self, key):
        return {name: count for name, count in self.worker(key)["limitsHit"].items() if count}

    def assert_invalid(self, answer, why):
        self.assertEqual((answer.status, answer.json()["code"], answer.json()["error"]), (502, "invalid_result", why))


class Wire(WireTest):
    # ---- P2

    def test_every_call_is_answered_in_the_noise_and_the_noise_is_counted(self):
        kinds = subprocess.run([FAULT_WORKER, "--list-noise"], capture_output=True, check=True).stdout.splitlines()
        self.assertGreater(len(kinds), 100)
        junk = sizes.noise * sum(kind.startswith(b"junk") for kind in kinds)
        key = self.install(f"noise times={sizes.noise}")
        for number in range(100):
            # The noise before an answer is read at 4 MiB a second, and there are 30 bytes of it in a line.
            answer = self.daemon.execute(f"{key}:echo", {"n": number}, timeoutMs=30_000 + 100 * sizes.noise)
            self.assertEqual((answer.status, answer.json().get("result", answer.json()).get("data")), (200, {"n": number}), answer.body)
        worker = self.worker(key)  # which may have asked for its health before it counts
        self.assertIn(worker["invalidLines"], (101 * junk, 102 * junk), "each line of junk before 100 answers and that to initialize")
        self.assertEqual((worker["status"], worker["totalCrashes"], worker["lateReplies"]), ("running", 0, 0))
        self.assertLessEqual(self.daemon.log().count("worker wrote a line that is no message"), 5, "the log is not flooded")

    # ---- P3

    def written(self, pid):
        """Bytes that a process has written, to whatever."""
        return int(pathlib.Path(f"/proc/{pid}/io").read_text().partition("wchar: ")[2].split()[0])

    def calls_until(self, key, enough):
        """Calls one after the other, each answered in full, until `enough()`; how many."""
        calls = 0
        while calls < 20 or not enough():
            self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": calls}).json()["result"]["data"], {"n": calls})
            calls += 1
        return calls

    def test_stderr_before_the_first_answer(self):
        self.assertLess(self.peak_of(lambda: self.install("stderr-flood bytes=262144")), 8 * MIB)
        self.calls_until("fault.stderr-flood", lambda: True)

    def test_much_on_stderr_without_a_line_end(self):
        key = self.install(f"stderr-endless bytes={sizes.stderr_line}")
        pid = self.worker(key)["pid"]
        grown = self.peak_of(lambda: self.calls_until(key, lambda: self.written(pid) > sizes.stderr_line))
        self.assertLess(grown, 8 * MIB)
        self.assertEqual((self.worker(key)["pid"], self.worker(key)["totalCrashes"]), (pid, 0))

    def test_a_stream_of_lines_on_stderr(self):
        key = self.install("stderr-lines rate=100000000")
        pid = self.worker(key)["pid"]
        begin, before = time.monotonic(), self.written(pid)
        calls = []
        grown = self.peak_of(lambda: calls.append(self.calls_until(key, lambda: time.monotonic() > begin + sizes.stderr_seconds)))
        rate = (self.written(pid) - before) / (time.monotonic() - begin)
        print(f"stderr at 100 MB/s: {rate / 1e6:.0f} MB/s were read, {calls[0]} calls, grown by {grown / MIB:.1f} MiB", file=sys.stderr)
        self.assertLess(grown, (16 + 8) * MIB, "what may wait for the store, and a margin")
        self.assertGreater(rate, 1e6)
        self.assertEqual((self.worker(key)["pid"], self.worker(key)["totalCrashes"]), (pid, 0))

    def test_a_line_on_stderr_that_never_ends(self):
        key = self.install("stderr-endless")

        def talk():
            for number in range(100):
                self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": number}).json()["result"]["data"], {"n": number})

        self.assertLess(self.peak_of(talk), 8 * MIB)
        wait_until(lambda: self.hits(key) == {"stderrLineBytes": 1}, "its line to be too long")
        answer = self.daemon.execute(f"{key}:die").json()
        self.assertEqual(answer["code"], "worker_crashed")
        self.assertLess(len(answer["error"]), 3000, "the end of it, and no more")
        self.assertRegex(answer["error"], r"Worker stderr:\neeee")

    # ---- P4

    def test_notifications_by_the_hundred_thousand(self):
        key = self.install(f"spam-notifications count={sizes.notifications}")
        grown = self.peak_of(lambda: self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": 1}).json()["result"]["data"], {"n": 1}))
        self.assertLess(grown, (16 + 8) * MIB, "what may wait for the store, and a margin")
        self.assertGreater(self.hits(key)["logLines"], 0)

    def test_notifications_without_end(self):
        key = self.install("stdout-flood")

        def talk():
            for number in range(5):
                self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": number}).json()["result"]["data"], {"n": number})
                self.assertEqual(self.daemon.execute("good:echo").status, 200)

        self.assertLess(self.peak_of(talk), (16 + 8) * MIB)
        self.assertEqual(self.daemon.post(f"/api/plugins/{key}/disable").json()["status"], "disabled")

    # ---- P5

    def test_a_line_that_never_ends(self):
        key = self.install("endless-line")
        answer = self.daemon.execute(f"{key}:echo", timeoutMs=300)
        self.assertEqual(answer.json()["code"], "timeout")

        def until_it_is_found_deaf():
            wait_until(lambda: self.worker(key)["totalCrashes"] == 1, "its end")

        # The limit of a line is 128 MiB; a sanitizer notes an eighth of it beside.
        self.assertLess(self.peak_of(until_it_is_found_deaf), (128 + 16 + 8) * MIB)
        self.assertIn("answered neither its calls by their deadlines nor", self.worker(key)["lastExit"])
        wait_until(lambda: self.worker(key)["status"] == "running", "its restart")

    def test_an_answer_that_never_ends(self):
        key = self.install("endless-line begin=answer")
        answer = self.daemon.execute(f"{key}:echo", timeoutMs=50_000)  # the worker writes on meanwhile
        self.assert_invalid(answer, "the worker's answer is longer than the limit of 128 MiB for a line")
        self.assertIn("workers.line_bytes_max", answer.json()["remedy"])
        self.assertEqual(self.hits(key), {"lineBytes": 1})

    def test_long_lines_and_lines_in_pieces(self):
        for mode in ("long-line bytes=5000000", "byte-by-byte", "crlf"):
            key = self.install(mode)
            answer = self.daemon.execute(f"{key}:echo", {"a": 1})
            self.assertEqual(answer.status, 200, mode)
            self.assertEqual(self.worker(key)["invalidLines"], 0)

    def test_deeper_than_a_line_may_be(self):
        key = self.install("deep-json depth=1022")  # the message and its result are two levels around it
        self.assertEqual(self.daemon.execute(f"{key}:echo").status, 200)
        key = self.daemon.install(self.daemon.fault_plugin("deep-json depth=1023", key="deeper"))["pluginKey"]
        self.assert_invalid(self.daemon.execute(f"{key}:echo"), "the worker's answer is nested deeper than the limit of 1024 levels")
        self.assertEqual((self.worker(key)["status"], self.worker(key)["invalidLines"]), ("running", 0))
        self.assertEqual(self.hits(key), {"depth": 1})
        self.assertIn("messages of 128 MiB and 1024 levels", self.daemon.cli("plugin", "show", key).stdout)
        self.assertIn("hit: 1 message too deep", self.daemon.cli("plugin", "show", key).stdout)


class ShortLines(WireTest):
    """P5 with a limit that the operator has set."""

    CONFIG = CONFIG + f'line_bytes_max = "{LINE_BYTES_MAX // MIB}MiB"\n'
    TOO_LONG = "the worker's answer is longer than the limit of 1 MiB for a line"

    def test_at_the_limit_and_one_byte_more(self):
        key = self.install(f"long-line bytes={LINE_BYTES_MAX}")
        self.assertEqual(self.daemon.execute(f"{key}:echo").status, 200)
        key = self.daemon.install(self.daemon.fault_plugin(f"long-line bytes={LINE_BYTES_MAX + 1}", key="longer"))["pluginKey"]
        for _ in range(3):
            self.assert_invalid(self.daemon.execute(f"{key}:echo"), self.TOO_LONG)
        self.assertEqual((self.worker(key)["status"], self.worker(key)["totalCrashes"], self.worker(key)["invalidLines"]), ("running", 0, 0))
        self.assertEqual(self.hits(key), {"lineBytes": 3})
        self.assertEqual(HostAudit.counters(self.daemon)[f'collet_worker_limits_hit_total{{plugin="{key}",limit="line_bytes"}}'], 3)
        self.assertIn("messages of 1 MiB", self.daemon.cli("plugin", "show", key).stdout)

    def test_the_stream_goes_on_behind_a_long_line(self):
        for size in (LINE_BYTES_MAX + 1, 40 * LINE_BYTES_MAX):
            self.assert_invalid(self.daemon.execute("good:big", {"bytes": size}), self.TOO_LONG)
            self.assertEqual(self.daemon.execute("good:echo", {"n": size}).json()["result"]["data"], {"n": size})

    def test_a_long_answer_is_given_up_before_its_end(self):
        key = self.install(f"endless-line begin=answer bytes={2 * LINE_BYTES_MAX}")  # and then nothing, no line end either
        self.assert_invalid(self.daemon.execute(f"{key}:echo"), self.TOO_LONG)

    def test_a_long_line_that_is_no_answer_answers_nothing(self):
        key = self.install(f"endless-line bytes={2 * LINE_BYTES_MAX}")
        self.assertEqual(self.daemon.execute(f"{key}:echo", timeoutMs=300).json()["code"], "timeout")
        self.assertEqual(self.worker(key)["invalidLines"], 1)


if __name__ == "__main__":
    unittest.main(argv=["wire_test"], verbosity=2)
