#!/usr/bin/env python3
"""What goes on around the daemon does not hurt it: readers that leave, clients that say nothing, programs that never stop talking."""

import contextlib
import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from daemon import COLLET, Daemon, wait_until


def answers(daemon, patience=10):
    """The first line of what /healthz answers to a new connection."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=patience) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.recv(1000).split(b"\r\n")[0].decode()


class Output(unittest.TestCase):
    def test_the_reader_of_the_log_may_go_away(self):
        read, write = os.pipe()
        daemon = Daemon()
        daemon.start(output=write)
        self.addCleanup(daemon.__exit__, None)
        os.close(write)
        os.close(read)
        daemon.install(daemon.fault_plugin())  # "worker started" finds nobody
        self.assertEqual(answers(daemon), "HTTP/1.1 200 OK")

    def test_nobody_waits_for_the_reader_of_the_log(self):
        read, write = os.pipe()
        daemon = Daemon()
        daemon.start(output=write)
        self.addCleanup(daemon.__exit__, None)
        os.close(write)
        daemon.install(daemon.fault_plugin())
        self.addCleanup(os.close, read)
        # Two log lines a restart: the pipe's 64 KiB are full after some three hundred of them.
        for _ in range(400):
            self.assertEqual(daemon.post("/api/plugins/fault.normal/restart").status, 200)
        self.assertEqual(answers(daemon), "HTTP/1.1 200 OK")
        self.assertEqual(daemon.stop(), 0, "nor when it ends")

    def test_a_closed_stderr_is_no_file_of_ours(self):
        with tempfile.TemporaryDirectory(prefix="collet-e2e-") as folder:
            data = pathlib.Path(folder) / "data"
            process = subprocess.Popen(["sh", "-c", f"exec {COLLET} serve --data-dir {data} --listen 127.0.0.1:0 2>&-"],
                                       stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": folder})
            try:
                wait_until(lambda: (data / "run.json").exists(), "the run file")
            finally:
                process.terminate()
                self.assertEqual(process.wait(60), 0)
            self.assertEqual((data / "collet.lock").read_text(), f"{process.pid}\n")


class Signals(unittest.TestCase):
    def test_what_was_ignored_at_the_start_stays_ignored(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        try:
            daemon = Daemon().start()
        finally:
            signal.signal(signal.SIGHUP, before)
        self.addCleanup(daemon.__exit__, None)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.install(daemon.fault_plugin())
        self.assertEqual(answers(daemon), "HTTP/1.1 200 OK")


class Clients(unittest.TestCase):
    def test_silent_connections_lock_nobody_out(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        with Daemon() as daemon, contextlib.ExitStack() as silent:
            for _ in range(min(hard - 200, 1100)):
                silent.enter_context(socket.create_connection(("127.0.0.1", daemon.port), timeout=10))
            self.assertEqual(answers(daemon), "HTTP/1.1 200 OK")

    def test_a_stranger_cannot_make_it_buffer(self):
        with Daemon() as daemon:
            refused = daemon.post("/api/plugins/tools/execute", b"x" * (9 << 20), token="wrong")
            self.assertEqual((refused.status, refused.json()["code"]), (401, "unauthorized"))


class Programs(unittest.TestCase):
    def test_an_npm_that_never_ends_a_line_still_tells_how_it_ended(self):
        with tempfile.TemporaryDirectory(prefix="collet-e2e-") as folder:
            npm = pathlib.Path(folder) / "npm"
            npm.write_text("#!/bin/sh\nhead -c 15000000 /dev/zero | tr '\\0' x\nexit 1\n")
            npm.chmod(0o755)
            config = pathlib.Path(folder) / "collet.toml"
            config.write_text(f'[node]\nnpm = "{npm}"\n')
            with Daemon("--config", str(config)) as daemon:
                run = daemon.cli("plugin", "install", "acme-plug")
                self.assertEqual(run.returncode, 4)
                self.assertIn("npm install failed for acme-plug", run.stderr[-20000:])

    def test_a_stop_during_an_install_ends_npm(self):
        with tempfile.TemporaryDirectory(prefix="collet-e2e-") as folder:
            npm = pathlib.Path(folder) / "npm"
            npm.write_text(f"#!/bin/sh\ntouch {folder}/runs\nexec tail -f /dev/null\n")
            npm.chmod(0o755)
            config = pathlib.Path(folder) / "collet.toml"
            config.write_text(f'[node]\nnpm = "{npm}"\n')
            with Daemon("--config", str(config)) as daemon:
                results = []
                client = threading.Thread(target=lambda: results.append(daemon.cli("plugin", "install", "acme-plug")))
                client.start()
                wait_until(lambda: os.path.exists(f"{folder}/runs"), "npm runs")
                self.assertEqual(daemon.stop(), 0)
                client.join()
                self.assertEqual(results[0].returncode, 4, results[0].stderr)
                self.assertIn("the host is stopping", results[0].stderr)


if __name__ == "__main__":
    unittest.main(argv=["robustness_test"], verbosity=2)
