#!/usr/bin/env python3
"""Each mode and tool of collet-fault-worker does what its line in --list-modes says.

    fault_worker_test.py PATH/collet-fault-worker
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True  # nothing is written into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from worker_process import WorkerProcess

PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "collet-fault-worker").resolve()
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

    def answer_to_call(self, mode, *options, tool="echo", answer_noise=None):
        """What a call's answer looks like, and all behind it up to a `health`. `answer_noise` comes before every answer."""
        with started(mode, *options) as process:
            if answer_noise:
                self.assertEqual(process.read(), answer_noise)
            self.assertEqual(process.read(), READY)
            process.send_call(tool, {})
            process.request("health", {}, id=99)
            lines = []
            while (line := process.read()) != b'{"jsonrpc":"2.0","id":99,"result":{"status":"ok"}}':
                lines.append(line)
            return lines[:-1] if answer_noise else lines

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

    def test_crash_at_start(self):
        with worker("crash-at-start", "code=126", "words=no_luck") as process:
            self.check_exit(process, 126, b"no_luck\n")

    def test_slow_start(self):
        with started("slow-start", "ms=50") as process:
            process.request("health", {}, id=2)
            self.assertEqual([process.read(), process.read()], [b'{"jsonrpc":"2.0","id":2,"result":{"status":"ok"}}', READY])

    def test_init_odd(self):
        with started("init-odd", 'result={"ok":"yes"}') as process:
            self.assertEqual(process.read(), b'{"jsonrpc":"2.0","id":0,"result":{"ok":"yes"}}')

    def test_init_old_rpc(self):
        with started("init-old-rpc") as process:
            self.assertEqual(process.read(), b'{"jsonrpc":"1.0","id":0,"result":{"ok":true}}')

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

    def noise(self):
        """The lines of --list-noise, with their kinds."""
        listed = subprocess.run([PROGRAM, "--list-noise"], capture_output=True, check=True).stdout
        return [(kind.decode(), text) for kind, text in (line.split(maxsplit=1) for line in listed.split(b"\n") if line)]

    def test_noise(self):
        kinds = self.noise()
        self.assertGreater(len(kinds), 100)
        self.assertEqual({kind for kind, _ in kinds}, {"junk", "quiet"})
        with started("noise", "times=3") as process:
            process.process.stdin.close()
            lines = process.rest().split(b"\n")
            self.assertEqual((lines.count(READY), lines[-2:]), (1, [READY, b""]))
            self.assertEqual(len(lines), 3 * len(kinds) + 2)
            self.assertEqual(lines.count(b"Server listening on port 3000"), 3)
            self.assertEqual(lines.count(b'[{"jsonrpc":"2.0","id":0,"result":1},{"jsonrpc":"2.0","id":2,"result":2}]'), 3, "with the id of the request")
            self.assertTrue(any(b"\0" in line for line in lines))

    def test_one_kind_of_noise(self):
        number = [text for _, text in self.noise()].index(b'"Content-Length: 52"')
        self.assertEqual(self.answer_to_call("noise", f"only={number}", answer_noise=b"Content-Length: 52"), [b"Content-Length: 52", ECHO])

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

    def test_stderr_endless(self):
        with started("stderr-endless", "bytes=1000000") as process:
            self.assertEqual(process.read(), READY, "beside all else")
            with self.assertRaises(TimeoutError) as ended:
                process.read("stderr", patience=0.5)
            self.assertIn("no line on stderr", str(ended.exception))
            process.process.stdin.close()
            self.assertEqual(process.rest("stderr"), b"e" * 1000000)

    def test_stderr_lines(self):
        with started("stderr-lines", "bytes=1000000", "rate=5000000") as process:
            self.assertEqual(process.read(), READY, "beside all else")
            begin = time.monotonic()
            flood = b""
            while len(flood) < 1000000:
                flood += process.read("stderr") + b"\n"
            self.assertEqual(flood, (b"e" * 79 + b"\n") * 12500)
            self.assertGreater(time.monotonic() - begin, 0.8 * 1000000 / 5000000)

    def test_stdout_flood(self):
        line = b'{"jsonrpc":"2.0","method":"log","params":{"level":"info","message":"flood"}}'
        with started("stdout-flood") as process:
            process.send_call("echo", {})
            seen = set()
            while not {line, ECHO} <= seen:
                seen.add(process.read())
            self.assertEqual(seen, {line, READY, ECHO}, "no line is torn")
            process.process.stdin.close()
            self.check_exit(process, 0)

    def test_endless_line(self):
        with started("endless-line", "bytes=1000000") as process:
            process.send_call("echo", {})
            process.process.stdin.close()
            self.assertEqual(process.rest(), READY + b"\n" + b"x" * 1000000)
        with started("endless-line", "begin=answer", "bytes=1000000") as process:
            process.send_call("echo", {})
            process.process.stdin.close()
            self.assertEqual(process.rest(), READY + b"\n" + b'{"jsonrpc":"2.0","id":1,"result":{"content":"' + b"x" * 1000000)

    def test_long_line(self):
        for size in (60, 1000001):
            (line,) = self.answer_to_call("long-line", f"bytes={size}")
            self.assertEqual(len(line), size)
            self.assertEqual(set(json.loads(line)["result"]["content"]), {"x"})

    def test_deep_json(self):
        self.assertEqual(self.answer_to_call("deep-json", "depth=3"), [b'{"jsonrpc":"2.0","id":1,"result":{"content":"deep","data":[[[]]]}}'])

    def test_byte_by_byte(self):
        self.assertEqual(self.answer_to_call("byte-by-byte"), [ECHO])

    def test_crlf(self):
        with started("crlf") as process:
            self.assertEqual(process.read(), READY + b"\r")

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

    def test_exit_after_answer(self):
        with started("exit-after-answer", "code=6") as process:
            process.send_call("echo", {})
            self.assertEqual(process.rest(), READY + b"\n" + ECHO + b"\n")
            self.check_exit(process, 6)

    def test_crash_later(self):
        with started("crash-later", "ms=1", "code=8") as process:
            self.assertEqual(process.rest(), READY + b"\n")
            self.check_exit(process, 8, b"it was time\n")

    def test_crash_signal(self):
        for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL, signal.SIGPIPE):
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

    def test_stop_reading(self):
        with started("stop-reading") as process:
            self.assertEqual(process.read(), READY)
            process.request("health", {})
            process.process.stdin.close()
            with self.assertRaises(TimeoutError):
                process.read(patience=0.2)
            self.assertEqual(os.readlink(f"/proc/{process.process.pid}/fd/0")[:5], "pipe:")

    def test_ignore_health(self):
        with started("ignore-health") as process:
            process.request("health", {}, id=2)
            process.send_call("echo", {})
            self.assertEqual([process.read(), process.read()], [READY, ECHO])

    def test_slow_shutdown(self):
        with started("slow-shutdown", "ms=20") as process:
            process.request("shutdown", {}, id=2)
            process.send_call("echo", {})
            self.assertEqual(process.rest(), READY + b"\n" + ECHO + b'\n{"jsonrpc":"2.0","id":2,"result":null}\n')
            self.check_exit(process, 0)

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

    def test_early_reply(self):
        self.assertEqual(self.answer_to_call("early-reply"), [ECHO, b'{"jsonrpc":"2.0","id":2,"result":{"content":"early"}}'])

    def test_neither_result_nor_error(self):
        self.assertEqual(self.answer_to_call("neither-result-nor-error"), [b'{"jsonrpc":"2.0","id":1,"content":"neither"}'])

    def test_odd_error(self):
        self.assertEqual(self.answer_to_call("odd-error"), [b'{"jsonrpc":"2.0","id":1,"error":"boom"}'])
        self.assertEqual(self.answer_to_call("odd-error", "error=7"), [b'{"jsonrpc":"2.0","id":1,"error":7}'])

    def test_batch_reply(self):
        self.assertEqual(self.answer_to_call("batch-reply"), [b"[" + ECHO + b"]"])

    def test_no_line_end(self):
        with started("no-line-end") as process:
            process.send_call("echo", {})
            process.request("health", {}, id=2)
            self.assertEqual([process.read(), process.read()], [READY, ECHO + b'{"jsonrpc":"2.0","id":2,"result":{"status":"ok"}}'])

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

    def test_asks_and_never_reads(self):
        with started("asks-and-never-reads", "count=3") as process:
            process.read()
            process.send_call("echo", {})
            self.assertEqual([process.read() for _ in range(4)],
                             [b'{"jsonrpc":"2.0","id":%d,"method":"no.such.method","params":{}}' % number for number in (1, 2, 3)] + [ECHO])

    def test_writes_state(self):
        with started("writes-state", "window=2", "keys=2", "bytes=1") as process:
            process.read()
            process.send_call("echo", {"count": 3})
            asked = [b'{"jsonrpc":"2.0","id":%d,"method":"state.set","params":{"scopeKind":"instance","stateKey":"k%d","value":"v"}}' % (number, number % 2)
                     for number in (1, 2, 3)]
            self.assertEqual([process.read(), process.read()], asked[:2])
            process.write('{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"full"}}')
            self.assertEqual(process.read(), asked[2])
            for number in (2, 3):
                process.write('{"jsonrpc":"2.0","id":%d,"result":null}' % number)
            data = process.answer()["result"]["data"]
            self.assertGreaterEqual(data.pop("ms"), 0)
            self.assertEqual(data, {"answered": 3, "firstError": {"code": -32603, "message": "full"}})
            process.send_call("echo", {"count": 0})
            self.assertEqual(process.answer()["result"]["data"]["answered"], 0)

    def test_writes_state_at_a_pace(self):
        with started("writes-state") as process:
            process.read()
            begin = time.monotonic()
            process.send_call("echo", {"count": 20, "per_second": 100})
            for number in range(1, 21):
                process.read()
                process.write('{"jsonrpc":"2.0","id":%d,"result":null}' % number)
            self.assertGreaterEqual(process.answer()["result"]["data"]["ms"], 190)
            self.assertGreaterEqual(time.monotonic() - begin, 0.19)

    def test_what_the_host_tells_it_is_fine_with_it(self):
        with started("normal") as process:
            process.read()
            for number, method in enumerate(("configChanged", "runJob", "handleWebhook"), start=1):
                process.write('{"jsonrpc":"2.0","id":%d,"method":"%s","params":{}}' % (number, method))
                self.assertEqual(process.read(), b'{"jsonrpc":"2.0","id":%d,"result":null}' % number)

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

    def test_double_fork(self):
        with started("double-fork") as process:
            child = self.child_of(process)
            try:
                while os.listdir(f"/proc/{child}/fd"):
                    self.assertIsNone(process.process.poll())
                self.assertNotIn(os.getsid(child), (process.process.pid, child), "its session's leader has ended")
                parent = int(pathlib.Path(f"/proc/{child}/stat").read_text().rpartition(") ")[2].split()[1])
                self.assertNotEqual(parent, process.process.pid)
            finally:
                os.kill(child, signal.SIGKILL)

    def members_of(self, group):
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.getpgid(int(entry)) == group and state_of(entry) != "Z":
                    found.append(int(entry))
            except ProcessLookupError:
                pass
        return found

    def test_fork_bomb(self):
        with started("fork-bomb", "count=20") as process:
            while len(members := self.members_of(process.process.pid)) < 21:
                self.assertIsNone(process.process.poll())
            self.assertEqual(process.call("echo", {})["content"], "ok")
            self.assertEqual(self.members_of(process.process.pid), members, "it stops by itself")

    def test_eat_mem(self):
        with started("eat-mem", "bytes=30000000") as process:
            for taken in (30_000_000, 60_000_000):
                process.call("echo", {})
                status = pathlib.Path(f"/proc/{process.process.pid}/status").read_text()
                self.assertGreater(1024 * int(status.partition("VmRSS:")[2].split()[0]), taken)

    def test_eat_mem_in_child(self):
        with started("eat-mem-in-child", "bytes=30000000") as process:
            process.call("echo", {})
            self.assertEqual(process.read("stderr"), b"the child exited with code 0")
        with started("eat-mem-in-child", f"bytes={1 << 60}") as process:
            process.call("echo", {})
            self.assertEqual(process.read("stderr"), b"the child exited with code 1")

    def test_fill_shm(self):
        with tempfile.TemporaryDirectory() as folder, started("fill-shm", "bytes=3000000", f"file={folder}/file") as process:
            for size in (3_000_000, 6_000_000):
                process.call("echo", {})
                self.assertEqual(os.path.getsize(f"{folder}/file"), size)
        with started("fill-shm", "file=/dev/full") as process:
            process.call("echo", {})
            self.assertEqual(process.read("stderr"), b"write: No space left on device")

    def test_open_files(self):
        with started("open-files", "count=30") as process:
            process.call("echo", {})
            self.assertEqual(len(process.call("fds", {})["data"]), 3 + 60)
        with worker("open-files", "count=100000") as process:
            process.initialize()
            process.call("echo", {})
            self.assertEqual(process.read("stderr"), b"open: Too many open files")

    def test_burn_cpu(self):
        with started("burn-cpu", "threads=2") as process:
            while len(os.listdir(f"/proc/{process.process.pid}/task")) < 3:
                self.assertIsNone(process.process.poll())
            self.assertEqual(process.call("echo", {})["content"], "ok")
            def ticks():
                return int(pathlib.Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(") ")[2].split()[11])
            before = ticks()
            while ticks() < before + 2:
                self.assertIsNone(process.process.poll())

    def test_hold_pipe(self):
        with started("hold-pipe", "code=2") as process:
            self.assertEqual(process.read(), READY)
            process.send_call("echo", {})
            self.assertEqual(process.exit_code(), 2)
            with self.assertRaises(TimeoutError):  # no end of the stream, although the worker is gone
                process.read(patience=0)


class Plugin(unittest.TestCase):
    def test_make_plugin(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, f"--make-plugin={folder}/p", "--mode=init-error", "message=made"], check=True)
            manifest = json.loads(pathlib.Path(folder, "p/manifest.json").read_text())
            self.assertEqual((manifest["id"], manifest["entrypoints"]), ("fault.init-error", {"worker": "bin/worker"}))
            listed = subprocess.run([PROGRAM, "--list-tools"], capture_output=True, text=True, check=True).stdout
            self.assertEqual([tool["name"] for tool in manifest["tools"]], [line.split()[0] for line in listed.splitlines()])
            with WorkerProcess(f"{folder}/p/bin/worker", cwd=f"{folder}/p") as process:
                process.request("initialize", {}, id=0)
                self.assertIn(b'"made"', process.read())

    def test_make_plugin_where_it_cannot(self):
        run = subprocess.run([PROGRAM, "--make-plugin=/dev/null/p"], capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (1, "collet-fault-worker: cannot make a plugin in /dev/null/p: Not a directory\n"))


class Documentation(unittest.TestCase):
    """docs/fault-worker.md has a row for every mode and tool, in order, with the words of the program."""

    def rows(self, option):
        listed = subprocess.run([PROGRAM, option], capture_output=True, text=True, check=True).stdout
        return [f"| `{name}` | {words.strip()} |" for name, words in (line.split(maxsplit=1) for line in listed.splitlines())]

    def test_tables(self):
        page = pathlib.Path(__file__).resolve().parents[2].joinpath("docs/fault-worker.md").read_text()
        self.assertEqual([line for line in page.splitlines() if line.startswith("| `")], self.rows("--list-modes") + self.rows("--list-tools"))


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
            self.assertEqual(process.read("stderr"), b'collet-fault-worker: there is no mode "no-such-mode"; these are:')
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
            process.request("executeTool", {"toolName": "echo", "parameters": {}}, id=6)
            process.answer(6)
            self.assertEqual(ledger.read(), b"4 echo r\n5 pid r\n6 echo -\n")

    def test_lifetime_ends_it(self):
        with WorkerProcess(PROGRAM, "--mode=ignore-term", "lifetime=1") as process:
            self.assertEqual(process.exit_code(), -signal.SIGALRM)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
