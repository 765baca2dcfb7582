#!/usr/bin/env python3
"""R3: a daemon that runs out of descriptors goes on, says so, and recovers; and so where each single call that makes one fails.

    descriptors_test.py [--hold 3]
"""

import argparse
import concurrent.futures
import contextlib
import errno
import http.client
import json
import os
import pathlib
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from daemon import EXECUTE, PATIENCE, WATCHER, Answer, Daemon, HostAudit, alive, wait_until
from descriptor_faults import FOR_EVER, KINDS, Faults, cannot_be_preloaded

arguments = argparse.ArgumentParser()
arguments.add_argument("--hold", type=int, default=3, help="seconds for which descriptors are held")
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

LIMIT = 256  # files that the daemon may have open
CORE_SHARE_MAX = 0.05  # of a core, while they are held
RECOVERED_WITHIN = 2  # seconds
RUNS_AGAIN_WITHIN = 5
CONFIG = '[workers]\nrestart_first = "200ms"\nrestart_longest = "200ms"\ncrashes_max = 1000\nshutdown_grace = "500ms"\nkill_grace = "500ms"\n'
VITAL = ("/healthz", "/readyz", "/metrics")


def cpu_seconds(pid):
    """What a process has computed so far."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def connection(daemon):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE)


def ask(daemon, tool, parameters=None):
    """A connection that has asked for a call."""
    body = json.dumps({"tool": tool, "parameters": parameters or {}, "timeoutMs": 600_000}).encode()
    client = connection(daemon)
    client.sendall(f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {daemon.token}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return client


def answer_of(client):
    response = http.client.HTTPResponse(client)
    response.begin()
    return Answer(response)


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-descriptors-")))
        (self.folder / "collet.toml").write_text(CONFIG)
        self.options = ("--config", self.folder / "collet.toml")

    def install(self, daemon, key, **collet):
        return daemon.install(daemon.fault_plugin(key=key, manifest={"collet": collet}))["pluginKey"]

    def worker(self, daemon, key):
        return daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]

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


class Exhaustion(Fixture):
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


@unittest.skipIf(cannot_be_preloaded(), cannot_be_preloaded())
class EachCall(Fixture):
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
            with ask(daemon, f"{key}:slow", {"ms": 200}) as client:
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
                with ask(daemon, f"{key}:slow", {"ms": 300}) as before:
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
    unittest.main(argv=["descriptors_test"], verbosity=2)
