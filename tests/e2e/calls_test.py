#!/usr/bin/env python3
"""Each call has one outcome, whatever becomes of its worker, its answer or its client.

    calls_test.py [--closes 1000] [--races 200] [--crashes 200] [--seed N]
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import re
import socket
import sys
import tempfile
import threading
import time
import unittest

from daemon import EXECUTE, Daemon, new_run_id, wait_until

arguments = argparse.ArgumentParser()
arguments.add_argument("--closes", type=int, default=1000, help="connections that are closed while others call")
arguments.add_argument("--races", type=int, default=200, help="clients that leave about when their answer comes")
arguments.add_argument("--crashes", type=int, default=200, help="calls whose worker dies behind their effect")
arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32))
sizes = arguments.parse_args([word for word in sys.argv[1:] if not os.path.isdir(word)])

CONFIG = '[workers]\nshutdown_grace = "500ms"\nkill_grace = "500ms"\ndeaf_after = "2s"\nrestart_first = "50ms"\n'
DEADLINE_MS = 20_000


class Fixture(unittest.TestCase):
    config = CONFIG

    def setUp(self):
        config = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        config.write_text(self.config)
        self.daemon = self.enterContext(Daemon("--config", str(config)))

    def install(self, mode, key=None):
        return self.daemon.install(self.daemon.fault_plugin(mode, key=key))["pluginKey"]

    def worker(self, key):
        return self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]

    def await_worker(self, key, what, **members):
        def seen():
            worker = self.worker(key)
            return worker and all(worker[name] == value for name, value in members.items()) and worker
        return wait_until(seen, what)

    def code(self, tool, parameters=None, timeout_ms=DEADLINE_MS):
        """The code of a call's error; None where it has a result."""
        return self.daemon.execute(tool, parameters, timeoutMs=timeout_ms).json().get("code")

    def leave(self, tool, parameters, wait=0.0):
        """Calls, and leaves after `wait` seconds unless the answer is there before. Whether it was."""
        run_id = new_run_id()
        call = self.daemon.audit.begin(tool, DEADLINE_MS, run_id)
        body = json.dumps({"tool": tool, "parameters": parameters, "timeoutMs": DEADLINE_MS, "runContext": {"runId": run_id}}).encode()
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=60) as client:
            client.sendall(f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.daemon.token}\r\n"
                           f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            if wait:
                client.settimeout(wait)
                try:
                    answered = client.recv(1 << 16).startswith(b"HTTP/1.1 200")
                except TimeoutError:
                    answered = False
            else:
                answered = False
        self.daemon.audit.abandon(call)
        return answered


class Workers(Fixture):
    """C2: what a worker may do to its streams and to itself while a call waits."""

    def test_each_way_to_go_silent(self):
        for mode, words in {
                "close-stdout": "closed its standard output",
                "close-stdin at=call": "stopped reading its standard input",
                "hold-pipe code=2": "exited with code 2 during the call",
                "die-at-byte bytes=0": "exited with code 1 during the call",
                "crash-signal": "was killed by SIGABRT (6)",
                "stop-self": "was stopped by a signal and did not go on",
        }.items():
            with self.subTest(mode):
                key = self.install(mode)
                begin = time.monotonic()
                (own,) = [pid for pid in self.daemon.workers() if f"/{key}/" in f"{os.readlink(f'/proc/{pid}/exe')}/"][:1]
                answer = self.daemon.execute(f"{key}:echo", timeoutMs=DEADLINE_MS)
                self.assertEqual((answer.status, answer.json()["code"]), (502, "worker_crashed"), answer.body)
                self.assertIn(words, answer.json()["error"])
                self.assertLess(time.monotonic() - begin, 3.5, "found within 3 s, and told at once")
                self.assertEqual(answer.json()["remedy"], "the worker is restarted by itself; whether the call had an effect is not known")
                worker = self.await_worker(key, "its restart", status="running")
                self.assertEqual((worker["totalCrashes"], worker["pendingRequests"]), (1, 0))
                self.assertNotEqual(worker["pid"], own)

    def test_an_answer_before_the_exit_is_an_answer(self):
        key = self.install("exit-after-answer code=7")
        self.assertIsNone(self.code(f"{key}:echo"))
        worker = self.await_worker(key, "its crash and its restart", status="running", totalCrashes=1)
        self.assertEqual(worker["lastExit"], "exited with code 7")

    def test_a_worker_that_reads_nothing(self):
        key = self.install("stop-reading")
        self.assertEqual(self.code(f"{key}:echo", {"v": "x" * 1_000_000}, 300), "timeout", "a part of it was never written")
        worker = self.await_worker(key, "its end as a deaf one", totalCrashes=1)
        self.assertIn("answered neither its calls by their deadlines nor", worker["lastExit"])

    def test_a_worker_that_answers_everything_but_health(self):
        key = self.install("ignore-health")
        self.assertIsNone(self.code(f"{key}:echo"))
        self.assertEqual(self.worker(key)["totalCrashes"], 0)

    def test_answers_that_are_none_or_too_many(self):
        for mode, code, counter in (
                ("dup-reply", None, "lateReplies"),
                ("both-result-and-error", "invalid_result", None),
                ("neither-result-nor-error", "timeout", "invalidLines"),
                ("odd-error", "tool_error", None),
                ("wrong-id", "timeout", "invalidLines"),
                ("string-id", "timeout", "invalidLines"),
                ("batch-reply", "timeout", "invalidLines"),
        ):
            with self.subTest(mode):
                key = self.install(mode)
                self.assertEqual(self.code(f"{key}:echo", timeout_ms=DEADLINE_MS if code != "timeout" else 200), code)
                worker = self.worker(key)
                self.assertEqual({name: worker[name] for name in ("lateReplies", "invalidLines")},
                                 {name: int(name == counter) for name in ("lateReplies", "invalidLines")})

    def test_an_answer_before_its_question(self):
        key = self.install("early-reply")
        for number in range(3):
            self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": number}).json()["result"].get("data"), {"n": number})
        self.assertGreaterEqual(self.worker(key)["invalidLines"], 3)


class Effects(Fixture):
    """C4: what a worker has begun is never begun again by itself."""

    config = '[workers]\nrestart_first = "1ms"\nrestart_longest = "1ms"\ncrashes_max = 1000000\n'

    def test_a_worker_that_dies_behind_the_effect(self):
        key = self.install("die-in-call")
        codes = collections.Counter()
        for _ in range(sizes.crashes):
            codes[self.code(f"{key}:echo")] += 1
        self.assertLessEqual(set(codes), {"worker_crashed", "worker_unavailable"})
        self.assertGreater(codes["worker_crashed"], sizes.crashes / 10)
        lines = self.daemon.audit.ledgers[key].read_text().splitlines()
        self.assertEqual(len(lines), codes["worker_crashed"], "one effect for each call that reached it")
        self.assertEqual(len({line.split()[2] for line in lines}), len(lines))


class Deadlines(Fixture):
    """C3: the deadline passes at each stage of a call. That the answer is on time is the audit's to judge."""

    def test_while_the_worker_starts(self):
        key = self.install("slow-start ms=1")
        (self.daemon.data_dir.parent / "packages" / key / "mode").write_text("slow-start ms=2000\n")
        before = self.daemon.workers()
        restart = threading.Thread(target=self.daemon.post, args=(f"/api/plugins/{key}/restart",))
        restart.start()
        wait_until(lambda: (now := self.daemon.workers()) and not set(now) & set(before), "the next process")
        answer = self.daemon.execute(f"{key}:echo", timeoutMs=200).json()
        # What had passed of the deadline when the worker got the call is not in the sentence.
        self.assertEqual(answer["code"], "timeout")
        self.assertRegex(answer["error"], f'^"{re.escape(key)}:echo" did not answer within (1[0-9]{{2}}|200) ms; its worker has not started yet$')
        restart.join()
        self.assertIsNone(self.code(f"{key}:echo"))

    def test_in_the_worker_and_a_late_answer(self):
        key = self.install("late-reply ms=400")
        self.assertEqual(self.code(f"{key}:echo", {"n": 1}, 100), "timeout")
        self.assertEqual(self.daemon.execute(f"{key}:echo", {"n": 2}).json()["result"]["data"], {"n": 2})
        self.await_worker(key, "the late answer", lateReplies=1, invalidLines=0, totalCrashes=0)

    def test_in_the_middle_of_the_answer(self):
        key = self.install("no-line-end")
        self.assertEqual(self.code(f"{key}:echo", timeout_ms=200), "timeout")

    def test_many_at_the_same_moment(self):
        key = self.install("normal")
        codes = []
        callers = [threading.Thread(target=lambda: codes.append(self.code(f"{key}:hang", timeout_ms=500))) for _ in range(50)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertEqual(codes, ["timeout"] * 50)
        self.await_worker(key, "nothing open", pendingRequests=0)


class Clients(Fixture):
    def setUp(self):
        super().setUp()
        print(f"--seed {sizes.seed}", file=sys.stderr)
        self.dice = random.Random(sizes.seed)
        self.key = self.install("normal")

    def test_leaving_races_the_answer(self):
        """C5: a client leaves a little before, at, or behind its answer."""
        outcomes = collections.Counter()
        for _ in range(sizes.races):
            outcomes[self.leave(f"{self.key}:slow", {"ms": 5}, wait=self.dice.uniform(0.001, 0.016))] += 1
            self.assertEqual(self.daemon.execute(f"{self.key}:echo", {"still": 1}).json()["result"]["data"], {"still": 1})
        self.assertGreater(min(outcomes[True], outcomes[False]), sizes.races / 20, "both happen")
        worker = self.await_worker(self.key, "nothing open", pendingRequests=0)
        self.assertEqual((worker["status"], worker["totalCrashes"], worker["invalidLines"]), ("running", 0, 0))
        self.assertLessEqual(worker["lateReplies"], outcomes[False])

    def test_who_leaves_does_not_disturb_the_others(self):
        """C6: 63 callers, and one whose connections end in the middle of calls."""
        enough = threading.Event()
        wrong, answered = [], collections.Counter()

        def call(number):
            while not enough.is_set():
                try:
                    answer = self.daemon.execute(f"{self.key}:slow", {"ms": 100, "n": number}, timeoutMs=DEADLINE_MS)
                except (OSError, http.client.HTTPException) as error:
                    return wrong.append(error)
                if answer.status != 200 or answer.json()["result"]["data"]["n"] != number:
                    wrong.append(answer.body)
                answered[number] += 1

        callers = [threading.Thread(target=call, args=(number,)) for number in range(63)]
        for caller in callers:
            caller.start()
        for _ in range(sizes.closes):
            self.leave(f"{self.key}:hang", {})
        wait_until(lambda: wrong or len(answered) == 63, "an answer for each")
        enough.set()
        for caller in callers:
            caller.join()
        self.assertEqual(wrong, [])
        self.await_worker(self.key, "nothing open", pendingRequests=0, totalCrashes=0)


if __name__ == "__main__":
    unittest.main(argv=["calls_test"], verbosity=2)
