#!/usr/bin/env python3
"""Each mode and tool of fault_worker does what its line in --list-modes says.

    fault_worker_test.py PATH/fault_worker
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from worker_process import WorkerProcess

PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "fault_worker").resolve()
READY = b'{"jsonrpc":"2.0","id":0,"result":{"ok":true,"supportedMethods":["health","shutdown"]}}'
ECHO = b'{"jsonrpc":"2.0","id":1,"result":{"content":"ok","data":{}}}'


def worker(mode, *options, env=None):
    return WorkerProcess(PROGRAM, f"--mode={mode}", "lifetime=120", *options, env=env)


def started(mode, *options):
    process = worker(mode, *options)
    process.request("initialize", {"manifest": {}, "config": {}}, id=0)
    return process


def state_of(pid):
    """As in /proc/PID/stat: R, S, T, Z ... or None where there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return None


class Tools(unittest.TestCase):
    def setUp(self):
        self.worker = started("normal")
        self.addCleanup(self.worker.__exit__)
        self.assertEqual(self.worker.read(), READY)

    def call(self, tool, raw_parameters):
        self.worker.write('{"jsonrpc":"2.0","id":7,"method":"executeTool","params":{"toolName":"%s", "parameters": %s ,"runContext":{"agentId":"a"}}}' % (tool, raw_parameters))
        return self.worker.read()

    def data(self, tool, raw_parameters="{}"):
        return json.loads(self.call(tool, raw_parameters))["result"]["data"]

    def test_echo_and_raw_keep_every_byte(self):
        odd = r'{ "b":[1.0, 12345678901234567890123, "\ud800 \" ]}"] ,"b":null}'
        self.assertEqual(self.call("echo", odd), b'{"jsonrpc":"2.0","id":7,"result":{"content":"ok","data":%s}}' % odd.encode())
        self.assertEqual(self.call("raw", odd), b'{"jsonrpc":"2.0","id":7,"result":%s}' % odd.encode())

    def test_big(self):
        self.assertEqual(self.call("big", '{"bytes":3000000}'), b'{"jsonrpc":"2.0","id":7,"result":{"content":"' + b"x" * 3000000 + b'"}}')

    def test_slow_and_hang_let_others_pass(self):
        self.worker.send_call("slow", {"ms": 1}, id=1)
        self.worker.send_call("hang", {}, id=2)
        self.worker.send_call("busy", {"ms": 1}, id=3)
        self.assertEqual({json.loads(self.worker.read())["id"] for _ in range(2)}, {1, 3})

    def test_die(self):
        self.assertIsNone(self.call("die", '{"code":7,"words":"farewell"}'))
        self.assertEqual((self.worker.exit_code(), self.worker.rest("stderr")), (7, b"farewell\n"))

    def test_error(self):
        self.assertEqual(self.call("error", r'{"code":-32050,"message":"no \"way\""}'), rb'{"jsonrpc":"2.0","id":7,"error":{"code":-32050,"message":"no \"way\""}}')
        self.assertEqual(self.call("error", "{}"), b'{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"it went wrong"}}')

    def test_what_it_knows_of_itself(self):
        pid = self.worker.process.pid
        self.assertEqual(self.data("pid"), {"pid": pid, "ppid": os.getpid(), "pgid": pid, "sid": pid, "child": None})
        self.assertEqual(self.data("env"), {"PATH": os.environ["PATH"]})
        self.assertEqual([file["fd"] for file in self.data("fds")], [0, 1, 2])
        self.assertEqual(self.data("context"), {"agentId": "a"})
        self.assertEqual(self.data("cwd"), os.getcwd())

    def test_unknown_tool_and_method(self):
        self.assertEqual(self.call("nope", "{}"), rb'{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"No tool handler registered for \"nope\""}}')
        self.worker.request("dance", {}, id="x")
        self.assertEqual(self.worker.read(), b'{"jsonrpc":"2.0","id":"x","error":{"code":-32601,"message":"Unknown method: dance"}}')


class Modes(unittest.TestCase):
    """test_<mode> for every mode; `test_every_mode_has_a_test` sees to it."""

    def answer_to_call(self, mode, *options, tool="echo"):
        """What a call's answer looks like, and all behind it up to a `health`."""
        with started(mode, *options) as process:
            self.assertEqual(process.read(), READY)
            process.send_call(tool, {})
            process.request("health", {}, id=99)
            lines = []
            while (line := process.read()) != b'{"jsonrpc":"2.0","id":99,"result":{"status":"ok"}}':
                lines.append(line)
            return lines

    def check_exit(self, process, code, words=b""):
        self.assertEqual(process.exit_code(), code)
        self.assertEqual(process.rest("stderr"), words)

    def await_state(self, pid, wanted):
        while (state := state_of(pid)) != wanted:
            self.assertIn(state, ("R", "S", "D"), f"waiting for {wanted}")

    def test_every_mode_has_a_test(self):
        listed = subprocess.run([PROGRAM, "--list-modes"], capture_output=True, text=True, check=True).stdout
        for mode in (line.split()[0] for line in listed.splitlines()):
            self.assertTrue(hasattr(self, "test_" + mode.replace("-", "_")), mode)

    def test_normal(self):
        self.assertEqual(self.answer_to_call("normal"), [ECHO])
        with started("normal") as process:
            process.request("shutdown", {}, id=2)
            self.assertEqual(process.rest(), READY + b'\n{"jsonrpc":"2.0","id":2,"result":null}\n')
            self.check_exit(process, 0)
        with started("normal") as process:
            process.process.stdin.close()
            self.check_exit(process, 0)

    def test_init_not_ok(self):
        with started("init-not-ok") as process:
            self.assertEqual(process.read(), b'{"jsonrpc":"2.0","id":0,"result":{"ok":false,"supportedMethods":[]}}')

    def test_init_error(self):
        with started("init-error", "message=no_luck") as process:
            self.assertEqual(process.read(), b'{"jsonrpc":"2.0","id":0,"error":{"code":-32002,"message":"no_luck"}}')

    def test_init_hang(self):
        with started("init-hang") as process:
            process.request("health", {}, id=1)
            self.assertEqual(process.answer(1)["result"], {"status": "ok"})

    def test_init_exit(self):
        with started("init-exit", "code=5") as process:
            self.assertEqual(process.rest(), b"")
            self.check_exit(process, 5, b"cannot start\n")

    def test_init_exit0(self):
        with started("init-exit0") as process:
            self.check_exit(process, 0)

    def test_init_garbage(self):
        with started("init-garbage") as process:
            self.assertEqual([process.read(), process.read()], [b"Welcome to the plugin!", b'{"jsonrpc": oops}'])

    def test_exit_after_init(self):
        with started("exit-after-init", "code=4") as process:
            self.assertEqual(process.rest(), READY + b"\n")
            self.check_exit(process, 4)

    def test_noise(self):
        with started("noise") as process:
            process.send_call("echo", {})
            process.process.stdin.close()
            lines = process.rest().split(b"\n")
            self.assertEqual(lines.count(READY), 1)
            self.assertEqual(lines.count(ECHO), 1)
            self.assertGreater(len(lines), 80)
            self.assertTrue(any(b"\0" in line for line in lines))

    def test_stderr_flood(self):
        with started("stderr-flood") as process:
            flood = b""
            while len(flood) < 262144 - 80:
                flood += process.read("stderr") + b"\n"
            self.assertEqual(process.read(), READY)
            process.process.stdin.close()
            self.assertEqual(len(flood + process.rest("stderr")), 262144)

    def test_spam_notifications(self):
        lines = self.answer_to_call("spam-notifications", "count=3")
        self.assertEqual(lines, [b'{"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"line %d"}}' % i for i in range(3)] + [ECHO])

    def test_die_in_call(self):
        with started("die-in-call", "code=9", "words=oh") as process:
            process.send_call("echo", {})
            self.assertEqual(process.rest(), READY + b"\n")
            self.check_exit(process, 9, b"oh\n")

    def test_die_at_byte(self):
        for count in (0, 1, len(ECHO), len(ECHO) + 1):
            with started("die-at-byte", f"bytes={count}") as process:
                process.send_call("echo", {})
                self.assertEqual(process.rest(), READY + b"\n" + (ECHO + b"\n")[:count])
                self.check_exit(process, 1)

    def test_crash_signal(self):
        for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL):
            with started("crash-signal", f"signal={int(number)}") as process:
                process.send_call("echo", {})
                self.check_exit(process, -number)

    def test_stop_self(self):
        with started("stop-self") as process:
            process.send_call("echo", {})
            self.await_state(process.process.pid, "T")

    def test_close_stdin(self):
        with started("close-stdin") as process:
            self.assertEqual(process.read(), READY)
            with self.assertRaises(BrokenPipeError):
                while True:  # until the worker has got to it
                    process.request("health", {})
            self.assertIsNone(process.process.poll())

    def test_close_stdout(self):
        with started("close-stdout") as process:
            process.send_call("echo", {})
            self.assertEqual(process.rest(), READY + b"\n")
            self.assertIsNone(process.process.poll())

    def check_deaf_to_shutdown(self, process):
        self.assertEqual(process.read(), READY)
        process.request("shutdown", {}, id=1)
        process.send_call("echo", {}, id=2)
        self.assertEqual(process.answer(2)["result"]["content"], "ok")
        process.process.stdin.close()

    def test_ignore_shutdown(self):
        with started("ignore-shutdown") as process:
            self.check_deaf_to_shutdown(process)
            process.process.terminate()
            self.check_exit(process, -signal.SIGTERM)

    def test_ignore_term(self):
        with started("ignore-term") as process:
            process.read()
            process.process.terminate()
            process.send_call("echo", {}, id=3)
            self.assertEqual(process.answer(3)["result"]["content"], "ok")
        with started("ignore-term") as process:
            self.check_deaf_to_shutdown(process)

    def test_late_reply(self):
        with started("late-reply", "ms=50") as process:
            process.read()
            process.send_call("echo", {})
            process.request("health", {}, id=2)
            self.assertEqual([process.read(), process.read()], [b'{"jsonrpc":"2.0","id":2,"result":{"status":"ok"}}', ECHO])

    def test_dup_reply(self):
        self.assertEqual(self.answer_to_call("dup-reply"), [ECHO, ECHO])

    def test_both_result_and_error(self):
        self.assertEqual(self.answer_to_call("both-result-and-error"),
                         [b'{"jsonrpc":"2.0","id":1,"result":{"content":"both"},"error":{"code":-32002,"message":"both"}}'])

    def test_wrong_id(self):
        self.assertEqual(self.answer_to_call("wrong-id"), [b'{"jsonrpc":"2.0","id":987654321,"result":{"content":"wrong id"}}'])

    def test_string_id(self):
        self.assertEqual(self.answer_to_call("string-id"), [b'{"jsonrpc":"2.0","id":"1","result":{"content":"string id"}}'])

    def test_calls_host(self):
        with started("calls-host") as process:
            process.read()
            process.write('{"jsonrpc":"2.0","id":1,"method":"executeTool","params":{"toolName":"echo"},"paperclipInvocation":{"id":"inv-1"}}')
            self.assertEqual([process.read() for _ in range(3)], [
                b'{"jsonrpc":"2.0","id":1,"method":"log","params":{"level":"info","message":"asked by request"},"paperclipInvocationId":"inv-1"}',
                b'{"jsonrpc":"2.0","id":2,"method":"config.get","params":{},"paperclipInvocationId":"inv-1"}',
                b'{"jsonrpc":"2.0","id":3,"method":"no.such.method","params":{},"paperclipInvocationId":"inv-1"}'])
            for line in ('{"jsonrpc":"2.0","id":2,"result":{}}', '{"jsonrpc":"2.0","id":1,"result":null}', '{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no"}}'):
                process.write(line)
            self.assertEqual(process.answer()["result"], {"content": "ok", "data": {
                "log": {"jsonrpc": "2.0", "id": 1, "result": None}, "config.get": {"jsonrpc": "2.0", "id": 2, "result": {}},
                "no.such.method": {"jsonrpc": "2.0", "id": 3, "error": {"code": -32601, "message": "no"}}}})

    def child_of(self, process):
        return process.call("pid", {})["data"]["child"]

    def test_fork_child(self):
        with started("fork-child") as process:
            child = self.child_of(process)
            self.assertEqual(os.getpgid(child), process.process.pid)
            for fd in (0, 1, 2):
                self.assertEqual(os.readlink(f"/proc/{child}/fd/{fd}"), os.readlink(f"/proc/{process.process.pid}/fd/{fd}"))

    def test_setsid_child(self):
        with started("setsid-child") as process:
            child = self.child_of(process)
            try:
                while os.getsid(child) != child or os.listdir(f"/proc/{child}/fd"):
                    self.assertIsNone(process.process.poll())
            finally:
                os.kill(child, signal.SIGKILL)  # its group is not the worker's

    def test_hold_pipe(self):
        with started("hold-pipe", "code=2") as process:
            self.assertEqual(process.read(), READY)
            process.send_call("echo", {})
            self.assertEqual(process.exit_code(), 2)
            with self.assertRaises(TimeoutError):  # no end of the stream, although the worker is gone
                process.read(patience=0)


class Invocation(unittest.TestCase):
    def run_to_initialize(self, folder, env=None):
        with WorkerProcess(PROGRAM, cwd=folder, env=env) as process:
            process.request("initialize", {}, id=0)
            return process.read()

    def test_mode_comes_from_environment_then_file(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_to_initialize(folder), READY)
            pathlib.Path(folder, "mode").write_text("init-error message=from_file\n")
            self.assertIn(b'"from_file"', self.run_to_initialize(folder))
            self.assertIn(b'"from_env"', self.run_to_initialize(folder, {"COLLET_FAULT_MODE": "init-error message=from_env"}))

    def test_unknown_words_are_errors(self):
        with worker("no-such-mode") as process:
            self.assertEqual(process.exit_code(), 64)
            self.assertEqual(process.read("stderr"), b'fault_worker: there is no mode "no-such-mode"; these are:')
        with worker("stop-self", "at=noon") as process:
            self.assertEqual(process.exit_code(), 64)

    def test_action_at_another_moment(self):
        with worker("stop-self", "at=start") as process:
            while state_of(process.process.pid) != "T":
                self.assertIsNone(process.process.poll())

    def test_ledger(self):
        with tempfile.NamedTemporaryFile() as ledger, started("normal", f"ledger={ledger.name}") as process:
            process.call("echo", {}, id=4)
            process.call("pid", {}, id=5)
            self.assertEqual(ledger.read(), b"4 echo\n5 pid\n")

    def test_lifetime_ends_it(self):
        with WorkerProcess(PROGRAM, "--mode=ignore-term", "lifetime=1") as process:
            self.assertEqual(process.exit_code(), -signal.SIGALRM)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
