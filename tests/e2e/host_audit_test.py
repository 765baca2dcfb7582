#!/usr/bin/env python3
"""The audit of every end-to-end test finds each kind of fault: here they are planted."""

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import unittest

import host_audit
from daemon import Daemon, wait_until
from host_audit import HostAudit

# A first daemon, which tells what an empty one holds.
with Daemon():
    pass


class Audit(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon().start()
        self.addCleanup(self.daemon._own_folder.cleanup)
        self.addCleanup(self.daemon.kill)
        self.audit = self.daemon.audit

    def finds(self, *beginnings):
        """The daemon is stopped, and the audit has exactly these complaints."""
        with self.assertRaises(AssertionError) as raised:
            self.daemon.finish()
        complaints = [line for line in str(raised.exception).splitlines() if re.match(r"[IS]\d+: ", line)]
        for complaint, beginning in zip(complaints, beginnings):
            self.assertEqual(complaint[:len(beginning)], beginning)
        self.assertEqual(len(complaints), len(beginnings), complaints)
        self.assertEqual(self.audit.wrong, [], "each is told once")

    def test_nothing_where_nothing_is_wrong(self):
        self.daemon.install(self.daemon.fault_plugin())
        self.assertEqual(self.daemon.execute("fault.normal:echo").status, 200)
        self.assertEqual(self.daemon.execute("fault.normal:hang", timeoutMs=1).json()["code"], "timeout")
        self.assertEqual(self.daemon.execute("fault.absent:echo").json()["code"], "tool_not_found")
        self.assertEqual(len(self.audit.calls), 3)
        self.daemon.finish()

    # ---- I1, I2

    def answering(self, *answers):
        """Calls go to a server that answers each with these bytes."""
        server = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        self.daemon.port = server.getsockname()[1]

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client:
                        client.recv(1 << 16)
                        client.sendall(b"".join(answers))
                        client.recv(1)  # until the client goes

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()

    @staticmethod
    def answer(body):
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def test_a_call_without_an_answer(self):
        self.audit.begin("a:b", 60_000)
        self.finds("I1: a:b (run None) waits for its answer yet")

    def test_a_connection_that_ends_without_an_answer(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.daemon.port = server.getsockname()[1]

            def hang_up():
                client, _ = server.accept()
                client.recv(1 << 16)
                client.close()

            thread = threading.Thread(target=hang_up)
            thread.start()
            with self.assertRaises(OSError):
                self.daemon.execute("a:b", runContext={"runId": "r7"})
            thread.join()
        self.finds("I1: a:b (run r7) was never answered: RemoteDisconnected")

    def test_a_second_answer(self):
        self.answering(self.answer(b'{"result":{}}'), self.answer(b'{"result":{}}'))
        self.daemon.execute("a:b", runContext={"runId": "r8"})
        self.finds("I1: a:b (run r8) was answered 2 times")

    def test_an_answer_that_is_neither_or_both(self):
        self.answering(self.answer(b'{"what":1}'))
        self.daemon.execute("a:b")
        self.answering(self.answer(b'{"result":1,"code":"timeout"}'))
        self.daemon.execute("a:b")
        self.answering(self.answer(b'{"code":"timeout"}'))
        self.daemon.execute("a:b")
        self.finds(*["I1: a:b"] * 3)

    def test_a_late_answer(self):
        self.answering(self.answer(b'{"result":{}}'))
        call = self.audit.begin("a:b", 100)
        call.begun -= 0.1 + self.audit.late_allowed + 0.01
        self.audit.answered(call, 200, b'{"result":{}}')
        on_time = self.audit.begin("a:b", 10_000)
        self.audit.answered(on_time, 200, b'{"result":{}}')
        self.finds("I2: a:b (run None) was answered 0.")

    def test_a_call_that_is_overdue_is_seen_while_it_waits(self):
        call = self.audit.begin("a:b", 100)
        call.begun -= 10
        wait_until(lambda: self.audit.wrong, "a complaint", patience=5)
        self.audit.answered(call, 200, b'{"result":{}}')
        self.finds("I2: a:b (run None) has no answer", "I2: a:b (run None) was answered")

    def test_what_the_machine_was_late_is_not_the_daemons_fault(self):
        call = self.audit.begin("a:b", 100)
        call.begun -= 1
        self.audit._machine._gaps.append((call.deadline + 0.85, 0.85))
        self.audit.answered(call, 200, b'{"result":{}}')
        self.daemon.finish()

    def test_who_left_or_was_never_heard_is_owed_nothing(self):
        self.audit.abandon(self.audit.begin("a:b"))
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        self.daemon.port = port
        with self.assertRaises(ConnectionRefusedError):
            self.daemon.execute("a:b")
        self.daemon.finish()

    def test_a_daemon_that_is_killed_owes_nothing(self):
        self.daemon.install(self.daemon.fault_plugin())
        caller = threading.Thread(target=lambda: self.assertRaises(OSError, self.daemon.execute, "fault.normal:hang"))
        caller.start()
        wait_until(lambda: self.daemon.get("/api/plugins/fault.normal/dashboard").json()["worker"]["pendingRequests"], "the call")
        self.daemon.kill()
        caller.join()
        self.daemon.finish()

    # ---- I3

    def test_a_call_that_is_done_twice(self):
        self.daemon.install(self.daemon.fault_plugin())
        for run, tool in (("r1", "echo"), ("r2", "pid")):
            self.daemon.execute("fault.normal:" + tool, runContext={"runId": run})
        self.audit.idempotent.add("fault.normal:pid")
        ledger = self.audit.ledgers["fault.normal"]
        self.assertEqual(ledger.read_text(), "2 echo r1\n3 pid r2\n")
        ledger.write_text(ledger.read_text() + "9 echo r1\n10 pid r2\n")
        self.finds("I3: fault.normal:echo (run r1) was done 2 times")

    # ---- I4

    def test_a_process_that_is_left(self):
        self.addCleanup(setattr, host_audit, "GONE_WITHIN", host_audit.GONE_WITHIN)
        host_audit.GONE_WITHIN = 0.1
        self.daemon.install(self.daemon.fault_plugin())
        (mark,) = [value for name, value in host_audit.environment(self.daemon.workers()[0]) if name == "COLLET_MARK"]
        marked = subprocess.Popen(["tail", "-f", "/dev/null"], env={"PATH": os.environ["PATH"], "COLLET_MARK": mark.partition("/")[0] + "-no-run"})
        self.addCleanup(marked.wait)
        self.addCleanup(marked.kill)
        self.daemon.finish()  # its mark is not the daemon's

        self.daemon.start()
        stray = subprocess.Popen(["tail", "-f", "/dev/null"], env={"PATH": os.environ["PATH"], "COLLET_PLUGIN_DATA_DIR": f"{self.daemon.data_dir}/plugin-data/x"})
        self.addCleanup(stray.wait)
        self.addCleanup(stray.kill)
        self.daemon.stop()
        self.finds(f"I4: processes outlive the daemon: {{{stray.pid}: ")

        self.daemon.start()
        self.audit.excuse("I4")  # as a test does that kills the watcher, too
        self.daemon.stop()
        self.audit.finish()

    def test_a_zombie(self):
        child = subprocess.Popen(["true"])
        self.addCleanup(child.wait)
        wait_until(lambda: host_audit.zombies_of(os.getpid()) == [child.pid], "a zombie of this program")

        class Me:
            pid = os.getpid()

        self.audit.process = Me
        self.audit._check_zombies()
        self.assertEqual(self.audit.wrong, [])
        self.audit._check_zombies()
        self.audit.process = self.daemon.process
        self.finds(f"I4: process {child.pid} ended a second ago")

    def test_files_that_are_left(self):
        with socket.socket(socket.AF_UNIX) as bound:
            (self.daemon.data_dir / "packages/.staging/half").mkdir(parents=True)
            (self.daemon.data_dir / "collet.db-journal").touch()
            (self.audit.temporary / "collet-1234").touch()
            path = self.daemon.data_dir / "control"
            bound.bind(str(path))
            self.finds("I4: the data folder holds what does not belong there: ['collet.db-journal', 'control']",
                       "I4: an installation left its staging folder", "I4: a socket is left: control", "I4: temporary files are left: ['collet-1234']")

    def test_files_of_a_daemon_that_was_killed(self):
        self.daemon.kill()
        self.assertTrue((self.daemon.data_dir / "run.json").exists())
        self.daemon.finish()

    def test_the_run_file_of_one_that_ended_in_order(self):
        self.daemon.stop()
        self.audit._over.clear()  # as if it had not been judged
        (self.daemon.data_dir / "run.json").touch()
        self.finds("I4: the data folder holds what does not belong there: ['run.json']")

    # ---- I5

    def test_a_descriptor_too_many(self):
        self.addCleanup(setattr, host_audit, "AT_REST_WITHIN", host_audit.AT_REST_WITHIN)
        host_audit.AT_REST_WITHIN = 0.2
        with socket.create_connection(("127.0.0.1", self.daemon.port)):
            wait_until(lambda: self.audit._holdings()["socket"] == 2, "the connection")
            self.finds("I5: a daemon at rest holds {")

    def test_a_thread_too_many(self):
        self.addCleanup(setattr, host_audit, "AT_REST_WITHIN", host_audit.AT_REST_WITHIN)
        host_audit.AT_REST_WITHIN = 0.2
        self.addCleanup(setattr, HostAudit, "flat", HostAudit.flat)
        HostAudit.flat = {**HostAudit.flat, "thread": HostAudit.flat["thread"] - 1}
        self.finds("I5: a daemon at rest holds {")

    def test_children_bring_their_descriptors(self):
        for key in ("one", "two", "three"):
            self.daemon.install(self.daemon.fault_plugin(key=key))
        self.assertEqual(len(host_audit.children_of(self.daemon.process.pid)), 4, "and the watcher")
        self.daemon.finish()

    # ---- I8

    def test_a_damaged_database(self):
        self.daemon.install(self.daemon.fault_plugin())
        self.daemon.stop()
        self.audit._over.clear()  # as if it had not been judged
        database = self.daemon.data_dir / "collet.db"
        content = bytearray(database.read_bytes())
        content[4096:5096] = b"\xff" * 1000
        database.write_bytes(content)
        self.finds("I8: the database is damaged: [")

    def change_database(self, statement):
        with contextlib.closing(sqlite3.connect(self.daemon.data_dir / "collet.db")) as database:
            database.execute(statement)
            database.commit()

    def test_what_was_acknowledged_and_is_not_there(self):
        for key in ("kept", "lost", "moved", "failed", "removed", "purged"):
            self.daemon.install(self.daemon.fault_plugin(key=key))
        self.daemon.request("DELETE", "/api/plugins/removed")
        self.daemon.request("DELETE", "/api/plugins/purged?purge=true")
        self.daemon.kill()
        self.change_database("DELETE FROM plugins WHERE plugin_key = 'lost'")
        self.change_database("UPDATE plugins SET status = 'error' WHERE plugin_key = 'failed'")
        self.change_database("UPDATE plugins SET status = 'installed' WHERE plugin_key = 'moved'")
        self.finds("I8: plugin lost was acknowledged as ready, and is not in the database",
                   "I8: plugin moved was acknowledged as ready, and the database has it as installed")

    # ---- I12

    def test_what_a_sanitizer_says(self):
        for words in ("==7==ERROR: AddressSanitizer: heap-use-after-free", "x.cpp:7:9: runtime error: signed integer overflow", "terminate called without an active exception",
                      "WARNING: ThreadSanitizer: data race", "Assertion `x' failed"):
            self.assertTrue(host_audit.COMPLAINT.search("before\n" + words + "\nbehind"), words)
        for words in ("plugin said: runtime error: index out of range", "error: the port is taken"):
            self.assertFalse(host_audit.COMPLAINT.search(words), words)
        with open(self.daemon.log_path, "a") as log:
            log.write("host.cpp:7:9: runtime error: load of null pointer\n")
        self.finds("I12: .cpp:7:9: runtime error: load of null pointer")

    def test_a_crash_of_the_daemon(self):
        self.daemon.process.send_signal(signal.SIGABRT)
        self.daemon.process.wait()
        if "Sanitizer" in self.daemon.log():
            self.finds("I12: ")
        else:
            self.assertLess(self.daemon.process.returncode, 0)

    # ---- counters

    def test_counters(self):
        counters = HostAudit.counters(self.daemon)
        self.assertGreater(len(counters), 2)
        self.assertTrue(all(isinstance(value, float) for value in counters.values()))
        page = b'# HELP x y\ncollet_calls_total{plugin="a b"} 7\ncollet_up 1\n'
        self.answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(page), page))
        self.assertEqual(HostAudit.counters(self.daemon), {'collet_calls_total{plugin="a b"}': 7.0, "collet_up": 1.0})

    def test_gauges_beyond_their_limits(self):
        at_limit = {'collet_calls_running{plugin="a"}': 2.0, 'collet_calls_running_max{plugin="a"}': 2.0, 'collet_calls_waiting{plugin="a"}': 4096.0}
        self.audit.check_counters(at_limit)
        self.assertEqual(self.audit.wrong, [])
        self.audit.check_counters(at_limit | {'collet_calls_running{plugin="a"}': 3.0, 'collet_calls_waiting{plugin="a"}': 4097.0})
        self.finds('I6: collet_calls_running{plugin="a"} is 3, 2 may be', 'I6: collet_calls_waiting{plugin="a"} is 4097, 4096 may be')

    def test_a_loop_that_stands_still(self):
        allowed = round(self.audit.late_allowed * 1000)
        with open(self.daemon.log_path, "a") as log:
            log.write(f"warn the event loop stood still ms={allowed}\nwarn the event loop stood still ms={allowed + 1}\n")
        self.finds(f"S8: the event loop stood still for {allowed + 1} ms")


if __name__ == "__main__":
    unittest.main(argv=["host_audit_test"], verbosity=2)
