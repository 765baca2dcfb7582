#!/usr/bin/env python3
"""A plugin that does not start says what is wrong and what to do, word for word, and leaves nothing running."""

import os
import pathlib
import shutil
import signal
import tempfile
import unittest

from daemon import Daemon, alive, wait_until

CONFIG = '[workers]\ninitialize_timeout = "%s"\nshutdown_grace = "500ms"\nkill_grace = "500ms"\nrestart_first = "50ms"\nrestart_longest = "50ms"\n'
BY_HAND = "start it by hand in its folder to see more, or see `collet plugin logs KEY`"
SEE_LOGS = "see `collet plugin logs KEY`"
ELF_OF_AARCH64 = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\xb7\0" + b"\0" * 100
ELF_OF_X86_64 = b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\0\x3e\0" + b"\0" * 100
THIS_MACHINE, OTHER_MACHINE, ELF_OF_ANOTHER = {
    "x86_64": ("x86-64", "aarch64", ELF_OF_AARCH64), "aarch64": ("aarch64", "x86-64", ELF_OF_X86_64)}[os.uname().machine]


class Starts(unittest.TestCase):
    CONFIG = CONFIG % "1s"

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="collet-config-")))
        (folder / "collet.toml").write_text(cls.CONFIG)
        cls.daemon = cls.enterClassContext(Daemon("--config", str(folder / "collet.toml")))

    def setUp(self):
        self.key = "fault." + self.id().rpartition(".")[2].replace("_", "-")

    def package(self, mode="normal", manifest=None):
        return self.daemon.fault_plugin(mode, key=self.key, manifest=manifest)

    def worker(self):
        return self.daemon.get(f"/api/plugins/{self.key}/dashboard").json()["worker"]

    def fails(self, folder, error, remedy):
        """Its install is refused with these words, in which KEY and PKG stand for its key and its folder."""
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True})
        said = answer.json()
        self.assertEqual((answer.status, said["code"]), (400, "install_failed"))
        words = {name: said[name].replace(str(folder), "PKG").replace(self.key, "KEY") for name in ("error", "remedy")}
        self.assertEqual(words, {"error": error, "remedy": remedy})
        row = self.daemon.get(f"/api/plugins/{self.key}").json()
        self.assertEqual((row["status"], row["lastError"]), ("error", "Activation failed: " + said["error"]))
        worker = self.worker() or {"status": "stopped", "pid": None, "nextRestartAt": None}
        self.assertEqual((worker["status"], worker["pid"], worker["nextRestartAt"]), ("stopped", None, None), "nothing is tried again")
        wait_until(lambda: not self.daemon.workers(), "the end of all that it started")
        self.daemon.request("DELETE", f"/api/plugins/{self.key}?purge=true")

    def file(self, content, mode=0o755):
        folder = self.package()
        (folder / "bin/worker").write_bytes(content)
        (folder / "bin/worker").chmod(mode)
        return folder


class StartFailures(Starts):
    # ---- the file

    def test_missing_file(self):
        folder = self.package()
        (folder / "bin/worker").unlink()
        self.fails(folder, 'Worker entrypoint not found for plugin "KEY". Checked: PKG/bin/worker', "build the plugin, or correct entrypoints.worker in its manifest")

    def test_not_executable(self):
        self.fails(self.file(b"#!/bin/sh\n", 0o644), "cannot start PKG/bin/worker: it is not executable (mode 0644)", "run: chmod +x PKG/bin/worker")

    def test_wrong_architecture(self):
        self.fails(self.file(ELF_OF_ANOTHER), f"cannot start PKG/bin/worker: it is a program for {OTHER_MACHINE}, and this machine is {THIS_MACHINE}",
                   f"install the build for {THIS_MACHINE}")

    def test_bad_interpreter(self):
        self.fails(self.file(b"#!/opt/none/python -u\n"),
                   'cannot start PKG/bin/worker: its interpreter /opt/none/python does not exist (its first line is "#!/opt/none/python -u")',
                   "install /opt/none/python, or correct the first line")

    def test_interpreter_that_env_does_not_find(self):
        self.fails(self.file(b"#!/usr/bin/env no-such-interpreter\n"),
                   'the worker of plugin "KEY" exited with code 127 before it answered "initialize"\n\nWorker stderr:\n'
                   "/usr/bin/env: 'no-such-interpreter': No such file or directory", BY_HAND)

    def test_script_without_shebang(self):
        self.fails(self.file(b"echo hello\n"), 'cannot start PKG/bin/worker: it is neither an ELF program nor a script with a "#!" line',
                   "name its interpreter in the first line, for example #!/bin/sh")

    def test_windows_line_ends(self):
        self.fails(self.file(b"#!/bin/sh\r\necho\r\n"), "cannot start PKG/bin/worker: its first line ends with CR LF, so the name of its interpreter ends with CR",
                   "convert it to Unix line ends: sed -i 's/\\r$//' PKG/bin/worker")

    def test_empty_file(self):
        self.fails(self.file(b""), "cannot start PKG/bin/worker: the file is empty", "install it again")

    # ---- its end before `initialize`

    def test_exit_codes(self):
        for code in (0, 1, 126, 127):
            with self.subTest(code):
                self.fails(self.package(f"crash-at-start code={code} words=no_key"),
                           f'the worker of plugin "KEY" exited with code {code} before it answered "initialize"\n\nWorker stderr:\nno_key', BY_HAND)

    def test_fatal_signals(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGILL, signal.SIGTRAP, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE,
                       signal.SIGKILL, signal.SIGSEGV, signal.SIGPIPE, signal.SIGALRM, signal.SIGTERM, signal.SIGXCPU, signal.SIGSYS):
            with self.subTest(number.name):
                self.fails(self.package(f"crash-signal at=start signal={number.value}"),
                           f'the worker of plugin "KEY" was killed by {number.name} ({number.value}) before it answered "initialize"', BY_HAND)

    def test_the_end_of_a_long_farewell(self):
        folder = self.package()
        (folder / "bin/worker").write_text("#!/bin/sh\nfor i in $(seq 1 500); do echo line $i of many >&2; done\nexit 5\n")
        lines = [f"line {number} of many" for number in range(1, 501)]
        kept = []
        while sum(len(line) + 1 for line in kept) + len(lines[-1]) + 1 <= 2000:
            kept.insert(0, lines.pop())
        self.fails(folder, 'the worker of plugin "KEY" exited with code 5 before it answered "initialize"\n\nWorker stderr:\n' + "\n".join(kept), BY_HAND)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_script_that_node_does_not_understand(self):
        folder = self.package(manifest={"entrypoints": {"worker": "worker.js"}})
        (folder / "worker.js").write_text("this is no script")
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True}).json()
        self.assertRegex(answer["error"], rf'^the worker of plugin "{self.key}" exited with code 1 before it answered "initialize"\n\n'
                                          rf"Worker stderr:\n{folder}/worker.js:1\nthis is no script\n")

    # ---- its answer to `initialize`

    def test_refusal(self):
        self.fails(self.package("init-not-ok"), "Worker initialize returned ok=false", "the plugin refused to start; `collet plugin logs` may say why")

    def test_error(self):
        self.fails(self.package("init-error message=no_licence"), 'the worker of plugin "KEY" failed to initialize: no_licence', SEE_LOGS)

    def test_start_timeout(self):
        self.fails(self.package("init-hang"), 'the worker of plugin "KEY" did not answer "initialize" within 1 s', SEE_LOGS)

    def test_closed_streams(self):
        for stream, words in (("stdout", "closed its standard output"), ("stdin", "stopped reading its standard input (the process closed its standard input)")):
            with self.subTest(stream):
                self.fails(self.package(f"close-{stream} at=start"), f'the worker of plugin "KEY" {words} before it answered "initialize"', SEE_LOGS)

    def test_start_timeout_while_stopped(self):
        self.fails(self.package("stop-self at=start"), 'the worker of plugin "KEY" did not answer "initialize" within 1 s; a signal has stopped it', SEE_LOGS)

    def test_junk(self):
        self.fails(self.package("init-garbage"), 'the worker of plugin "KEY" did not answer "initialize" within 1 s; it wrote 2 lines that are no message of '
                   "the protocol, first: Welcome to the plugin!", SEE_LOGS)

    def test_another_version_of_the_protocol(self):
        self.fails(self.package("init-old-rpc"), 'the worker of plugin "KEY" did not answer "initialize" within 1 s; it wrote a line that is no message of '
                   'the protocol, first: {"jsonrpc":"1.0","id":1,"result":{"ok":true}}', SEE_LOGS)

    # ---- later

    def test_a_file_that_is_gone_when_it_starts_again(self):
        folder = self.package()
        self.daemon.install(folder)
        (folder / "bin/worker").rename(folder / "bin/away")
        pid = self.worker()["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not alive(pid) and self.worker()["totalCrashes"] > 1, "a start that fails")
        answer = self.daemon.execute(f"{self.key}:echo").json()
        self.assertEqual(answer["code"], "worker_unavailable")
        self.assertIn(f"cannot start {folder}/bin/worker: the file does not exist", self.daemon.log())
        (folder / "bin/away").rename(folder / "bin/worker")
        wait_until(lambda: self.worker()["status"] == "running", "its start, once the file is back", patience=5)
        self.assertEqual(self.daemon.execute(f"{self.key}:echo").status, 200)
        self.daemon.request("DELETE", f"/api/plugins/{self.key}?purge=true")


def writes_core_dumps():
    """Whether this machine says of a program that aborts that it dumped core."""
    with tempfile.TemporaryDirectory(prefix="collet-core-") as folder:
        pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"cd {folder}; ulimit -Sc $(ulimit -Hc); kill -ABRT $$"], {})
        return os.WCOREDUMP(os.waitpid(pid, 0)[1])


class StartLimits(Starts):
    """The limits of a worker end its start: the words name the limit, and what to do."""

    CONFIG = CONFIG % "30s" + """
[plugin."fault.test-core-dump"]
core_bytes_max = "64MiB"
[plugin."fault.test-memory"]
memory_max = "16MiB"
[plugin."fault.test-cpu-time"]
cpu_seconds_max = 1
[plugin."fault.test-processes"]
processes_max = 1
"""
    MORE = 'see what it needs so much for, or allow it more in collet.toml: %s of [plugin."KEY"] or of [workers]'

    def script(self, text):
        return self.file(f"#!/bin/sh\n{text}\n".encode())

    def enforced(self, folder, limit):
        """Skips where this machine has no control group for us."""
        if f"{limit} is not enforced" in self.daemon.log():
            self.skipTest(f"{limit} is not enforced here")
        return folder

    def test_core_dump(self):
        if not writes_core_dumps():
            self.skipTest("no core dumps are written here")
        self.fails(self.package("crash-signal at=start signal=6"),
                   'the worker of plugin "KEY" was killed by SIGABRT (6) and dumped core before it answered "initialize"', BY_HAND)

    def test_memory(self):
        self.fails(self.enforced(self.script("exec tail /dev/zero"), "memory_max"),
                   'the worker of plugin "KEY" was killed by SIGKILL (9): it passed its memory limit of 16 MiB (1 OOM kill) before it answered "initialize"',
                   self.MORE % "memory_max")

    def test_cpu_time(self):
        self.fails(self.script("while :; do :; done"),
                   'the worker of plugin "KEY" was killed by SIGXCPU (24): it passed its limit of 1 s of CPU time before it answered "initialize"',
                   self.MORE % "cpu_seconds_max")

    def test_processes(self):
        self.fails(self.enforced(self.script("true | true"), "processes_max"),
                   'the worker of plugin "KEY" exited with code 2; it reached its limit of 1 process 1 time before it answered "initialize"\n\n'
                   "Worker stderr:\nPKG/bin/worker: 0: Cannot fork", self.MORE % "processes_max")


if __name__ == "__main__":
    unittest.main(argv=["start_failures_test"], verbosity=2)
