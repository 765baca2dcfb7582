#!/usr/bin/env python3
"""R3: where each single call that makes a descriptor fails, a daemon says so, goes on and recovers."""

import concurrent.futures
import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
import unittest

from daemon import PATIENCE, WATCHER, Daemon, alive, wait_until
from descriptor_faults import FOR_EVER, KINDS, Faults, cannot_be_preloaded
from descriptors import RECOVERED_WITHIN, RUNS_AGAIN_WITHIN, DescriptorsTest, answer_of, ask


@unittest.skipIf(cannot_be_preloaded(), cannot_be_preloaded())
class EachCall(DescriptorsTest):
    """Each call that makes a descriptor fails: once, and until it is repaired."""

    TIMES = ((1, errno.ENFILE), (FOR_EVER, errno.EMFILE))
    HINTS = ("ulimit -n", "fs.file-max")

    def setUp(self):
        super().setUp()
        self.faults = Faults(self.folder)

    def each(self, kinds, count):
        """Every fault that is possible where `count` runs without any: (kind, number, times, error)."""
        self.faults.clear()
        count()
        numbers = {kind: self.faults.seen(kind) for kind in kinds}
        self.faults.clear()
        return [(kind, number, *how) for kind in kinds for number in range(1, numbers[kind] + 1) for how in self.TIMES]

    def check_words(self, text):
        self.assertIn("too many open files", text.lower())
        self.assertTrue(any(hint in text for hint in self.HINTS), text)

    # ---- the daemon's start

    def daemon(self, name):
        return Daemon(*self.options, data_dir=self.folder / f"{name}/data", env=self.faults.env)

    def test_a_first_start(self):
        def start():
            with self.daemon("none"):
                pass

        faults = self.each([kind for kind in KINDS if kind != "accept"], start)
        failed = 0
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            starts = [(fault, pool.submit(self.start_with, self.folder / f"start{i}", *fault)) for i, fault in enumerate(faults)]
            for (kind, number, times, _), done in starts:
                with self.subTest(kind=kind, number=number, times=times):
                    failed += done.result()
        print(f"{len(faults)} faults at the start of a daemon, which {failed} did not survive", file=sys.stderr)
        self.assertGreater(failed, 10)

    def start_with(self, folder, kind, number, times, error):
        """Whether the start failed, as it may; else the daemon runs as if nothing had been, and so does the next."""
        folder.mkdir()
        faults = Faults(folder)
        faults.fail(kind, number, times, error)
        daemon = Daemon(*self.options, data_dir=folder / "data", env=faults.env)
        daemon.audit.excuse("I5")  # the loop makes do without a descriptor for its timer, and so on
        failed = False
        with contextlib.ExitStack() as running:
            try:
                daemon.start()
            except RuntimeError as ended:
                failed = True
                self.assertIn("ended with 4", str(ended))
                # Where SQLite cannot open a file it tries to open it for reading only, and tells what comes of that.
                if times > 1 or "SQLite error" not in str(ended):
                    self.check_words(str(ended))
                faults.clear()
                daemon.start()
            running.push(daemon)
            faults.clear()
            self.assertEqual((daemon.data_dir / "collet.db").stat().st_mode & 0o777, 0o600)
            self.assertEqual((daemon.data_dir / "operator-token").stat().st_mode & 0o777, 0o600)
            self.assertEqual(daemon.get("/readyz").status, 200)
        return failed

    def test_a_start_with_a_plugin(self):
        """Whatever its worker's start lacks, the plugin is there in the end, and nobody has to see to it."""
        with self.daemon("one") as daemon:
            key = self.install(daemon, "fault.there")
            daemon.audit.excuse("I5")

            def start_again():
                daemon.stop()
                daemon.start()
                wait_until(lambda: self.worker(daemon, key)["status"] == "running", "its worker")

            for kind, number, times, error in self.each(("pipe", "pidfd"), start_again):
                with self.subTest(kind=kind, number=number, times=times):
                    daemon.stop()
                    said = len(daemon.log())
                    self.faults.fail(kind, number, times, error)
                    daemon.start()
                    wait_until(lambda: "too many open files" in daemon.log()[said:], "words about it")
                    self.check_words(daemon.log()[said:])
                    self.faults.clear()
                    wait_until(lambda: self.worker(daemon, key)["status"] == "running", "its worker", RUNS_AGAIN_WITHIN)
                    self.assertEqual(daemon.execute(f"{key}:echo").status, 200)

    # ---- a daemon that runs

    def test_what_a_daemon_is_asked(self):
        """An answer says what is wanting, or the fault was none; what is asked next works, and nothing is left open."""
        with Daemon(*self.options):
            pass
        with self.daemon("one") as daemon:
            self.install(daemon, "fault.there")
            package = daemon.fault_plugin(key="fault.new")
            asked = failed = 0
            for name, act, mend in (
                    ("install", lambda: daemon.post("/api/plugins/install", {"packageName": str(package), "isLocalPath": True}), self.mend_install),
                    ("restart", lambda: daemon.post("/api/plugins/fault.there/restart"), self.mend_restart),
                    ("upgrade", lambda: daemon.post("/api/plugins/fault.there/upgrade"), self.mend_restart),
                    ("call", lambda: daemon.execute("fault.there:echo"), lambda daemon: None),
                    ("metrics", lambda: daemon.get("/metrics"), lambda daemon: None),
                    ("logs", lambda: daemon.get("/api/plugins/fault.there/logs"), lambda daemon: None),
                    ("enable", lambda: daemon.post("/api/plugins/fault.there/enable"), self.mend_enable)):
                self.mend(daemon, mend)
                for kind, number, times, error in self.each([kind for kind in KINDS if kind != "accept"], act):
                    with self.subTest(name, kind=kind, number=number, times=times):
                        self.mend(daemon, mend)
                        self.faults.fail(kind, number, times, error)
                        answer = act()
                        self.faults.clear()
                        asked += 1
                        if answer.status != 200:
                            failed += 1
                            self.assertIn(answer.json()["code"], ("overloaded", "install_failed", "store_unavailable"))
                            self.check_words(answer.json()["error"] + answer.json()["remedy"])
                        self.mend(daemon, mend)
                self.mend(daemon, mend)
            print(f"{asked} faults of a daemon that runs, of which {failed} failed what it was asked", file=sys.stderr)
            self.assertGreater(failed, 20)
            daemon.request("DELETE", "/api/plugins/fault.new?purge=true")

    def mend(self, daemon, mend):
        """Whatever was, what is asked next goes well; `mend` brings the daemon to where it is asked the same again."""
        self.faults.clear()
        mend(daemon)
        if mend != self.mend_enable:
            wait_until(lambda: self.worker(daemon, "fault.there")["status"] == "running", "its worker", RUNS_AGAIN_WITHIN)
        self.faults.clear()

    def mend_install(self, daemon):
        row = daemon.get("/api/plugins/fault.new")
        if row.status == 200 and row.json()["status"] == "error":
            self.assertEqual(daemon.post("/api/plugins/fault.new/enable").status, 200)
        if row.status == 200:
            self.assertEqual(daemon.execute("fault.new:echo").status, 200)
            self.assertEqual(daemon.request("DELETE", "/api/plugins/fault.new?purge=true").status, 200)

    def mend_restart(self, daemon):
        self.assertEqual(daemon.get("/api/plugins/fault.there").json()["status"], "ready")
        wait_until(lambda: daemon.execute("fault.there:echo").status == 200, "a call", RUNS_AGAIN_WITHIN)

    def mend_enable(self, daemon):
        if daemon.get("/api/plugins/fault.there").json()["status"] != "ready":
            self.assertEqual(daemon.post("/api/plugins/fault.there/enable").status, 200)
        self.assertEqual(daemon.execute("fault.there:echo").status, 200)
        self.assertEqual(daemon.post("/api/plugins/fault.there/disable").status, 200)

    def test_a_stop_needs_none(self):
        with self.daemon("one") as daemon:
            key = self.install(daemon, "fault.there")
            with ask(daemon, f"{key}:slow", {"ms": 2000}) as client:
                wait_until(lambda: self.worker(daemon, key)["pendingRequests"] == 1, "a call that runs")
                for kind in KINDS:
                    self.faults.fail(kind, 1, FOR_EVER)
                daemon.process.send_signal(signal.SIGTERM)
                self.assertEqual(answer_of(client).status, 200)
                self.assertEqual(daemon.process.wait(PATIENCE), 0)
            self.faults.clear()

    def test_a_worker_that_has_to_start_again(self):
        with self.daemon("one") as daemon:
            key = self.install(daemon, "fault.there")

            def crash():
                pid = self.worker(daemon, key)["pid"]
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda: self.worker(daemon, key)["pid"] != pid, "its end")

            def runs():
                return self.worker(daemon, key)["status"] == "running"

            for kind, number, times, error in self.each(("open", "pipe", "pidfd"), lambda: (crash(), wait_until(runs, "its start"))):
                with self.subTest(kind=kind, number=number, times=times):
                    crashes = self.worker(daemon, key)["totalCrashes"]
                    self.faults.fail(kind, number, times, error)
                    crash()
                    wait_until(lambda: self.faults.seen(kind) >= number, "the fault")
                    self.faults.clear()
                    wait_until(runs, "its start", RUNS_AGAIN_WITHIN)
                    self.assertEqual(self.worker(daemon, key)["totalCrashes"], crashes + 1, "which is the one that was meant")
            self.assertRegex(daemon.log(), f"worker did not start plugin={key} reason=.*too many open files.* remedy=.*(ulimit|fs.file-max)")

    def test_connections_that_cannot_be_accepted(self):
        for error in (errno.EMFILE, errno.ENFILE):
            with self.subTest(error), self.daemon(error) as daemon:
                key = self.install(daemon, "fault.there")
                with ask(daemon, f"{key}:slow", {"ms": 2000}) as before:
                    wait_until(lambda: self.worker(daemon, key)["pendingRequests"] == 1, "a call that runs")
                    self.faults.fail("accept", 1, 1, error)  # the second try is made with the reserve
                    self.check_words(daemon.get("/api/plugins").body.decode())
                    self.faults.fail("accept", 1, 1, error)
                    self.assertEqual(daemon.get("/healthz").status, 200)
                    self.faults.fail("accept", 1, FOR_EVER, error)
                    with ask(daemon, f"{key}:echo") as late:
                        wait_until(lambda: self.faults.seen("accept") > 6, "some tries")
                        self.assertEqual(answer_of(before).status, 200, "a call on a connection that was there")
                        begin = time.monotonic()
                        self.faults.clear()
                        self.assertEqual(answer_of(late).status, 200)
                        self.assertLess(time.monotonic() - begin, RECOVERED_WITHIN)

    # ---- the watcher

    @contextlib.contextmanager
    def watcher(self, host):
        """The program, beside this one as its host; and a process that it is to end."""
        mark = {"COLLET_MARK": f"{host}/1"}
        with subprocess.Popen(["sleep", "60"], env={**os.environ, **mark}, start_new_session=True) as marked:
            with subprocess.Popen([WATCHER, host, str(os.getpid())], env={**os.environ, **self.faults.env}, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as program:
                try:
                    yield program, marked
                finally:
                    program.stdin.close()
                    marked.kill()

    def test_a_watcher_that_cannot_look_does_not_say_that_nobody_is_left(self):
        with self.watcher("host-of-a-test-1") as (program, marked):
            program.stdin.write(f"start 1 {marked.pid}\n".encode())
            self.faults.fail("open", 1, 10, errno.ENFILE)
            program.stdin.write(b"end 1\n")
            program.stdin.flush()
            self.assertEqual(program.stdout.readline(), b"1 1\n")
            self.assertEqual(marked.wait(PATIENCE), -signal.SIGKILL)

    def test_a_watcher_that_gets_no_handle_does_not_take_its_host_for_dead(self):
        self.faults.fail("pidfd", 1, FOR_EVER, errno.ENFILE)
        with self.watcher("host-of-a-test-2") as (program, marked):
            wait_until(lambda: self.faults.seen("pidfd") > 10, "some tries")
            self.assertTrue(alive(marked.pid))
            self.assertIsNone(program.poll())
            self.faults.clear()
            program.stdin.write(f"start 1 {marked.pid}\nend 1\n".encode())
            program.stdin.flush()
            self.assertEqual(program.stdout.readline(), b"1 1\n")


if __name__ == "__main__":
    unittest.main(argv=["descriptor_faults_test"], verbosity=2)
