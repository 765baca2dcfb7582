#!/usr/bin/env python3
"""Packages that misbehave before they are plugins: a manifest is a module of a stranger's, and npm a program of the operator's."""

import json
import pathlib
import shutil
import tempfile
import textwrap
import threading
import unittest

from daemon import Daemon, wait_until


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-packages-")))
        npm = self.script("npm", "echo this is no npm >&2\nexit 9")
        # What workers may use is another matter; but a limit that cannot hold here is told of where somebody asks for it.
        (self.folder / "collet.toml").write_text(f'[node]\nnpm = "{npm}"\n[workers]\nmemory_max = "16GiB"\nprocesses_max = 1000\n')
        self.daemon = self.enterContext(Daemon("--config", str(self.folder / "collet.toml")))
        self.daemon.install(self.daemon.fault_plugin(key="good"))

    def script(self, name, text):
        file = self.folder / name
        file.write_text("#!/bin/sh\n" + text + "\n")
        file.chmod(0o755)
        return file

    def enforced(self, limit):
        """Skips where this machine has no control group for us: then there is no such limit."""
        if f"{limit} is not enforced" in self.daemon.log():
            self.skipTest(f"{limit} is not enforced here")

    def fails(self, request):
        """The error of an install; until it comes the plugin `good` is called without a pause, and answers every call."""
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.daemon.post("/api/plugins/install", request)))
        client.start()
        calls = 0
        while client.is_alive():
            self.assertEqual(self.daemon.execute("good:echo", {"n": calls}).json()["result"]["data"], {"n": calls})
            calls += 1
        client.join()
        self.assertEqual((answers[0].status, answers[0].json()["code"]), (400, "install_failed"), answers[0].body)
        wait_until(lambda: len(self.daemon.workers()) == 1, "the end of all that it started")
        return answers[0].json()["error"]


@unittest.skipUnless(shutil.which("node"), "node is not installed")
class Manifests(Fixture):
    def reading(self, source):
        """What is said of a package with this manifest, from where the module is named."""
        package = self.folder / "package"
        package.mkdir()
        (package / "package.json").write_text(json.dumps({"name": "x", "version": "1.0.0", "paperclipPlugin": {"manifest": "manifest.mjs"}}))
        (package / "manifest.mjs").write_text(textwrap.dedent(source))
        error = self.fails({"packageName": str(package), "isLocalPath": True})
        begin = f"Failed to load manifest module at {package}/manifest.mjs: "
        self.assertTrue(error.startswith(begin), error)
        return error.removeprefix(begin)

    def test_one_that_forks_without_end(self):
        self.enforced("processes_max")
        # Were it not stopped at 64 it would stop by itself, and each child ends within a minute.
        said = self.reading("""
            import { spawn } from 'node:child_process';
            for (let i = 0; i < 200; ++i) {
              spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
              await new Promise(setImmediate);
            }
            throw new Error('nobody stopped it');""")
        self.assertRegex(said, r"^node exited with code \d+; it reached its limit of 64 processes \d+ times? before it had read it\nnode's standard error:\n")
        self.assertIn("EAGAIN", said)

    def test_one_that_eats_memory(self):
        self.enforced("memory_max")
        said = self.reading("""
            const eaten = [];
            for (let i = 0; i < 128; ++i) eaten.push(Buffer.alloc(16 << 20, 'm'));
            throw new Error('nobody stopped it');""")
        self.assertEqual(said, "node was killed by SIGKILL (9): it passed its memory limit of 512 MiB (1 OOM kill) before it had read it")

    def test_one_that_never_stops_talking(self):
        said = self.reading("""
            import { writeSync } from 'node:fs';
            for (;;) writeSync(1, 'x'.repeat(65536));""")
        self.assertEqual(said, "node printed more than 16777216 bytes and was killed")

    def test_one_that_opens_files_and_leaves_a_core_dump(self):
        said = self.reading("""
            import { openSync, readFileSync } from 'node:fs';
            console.error(readFileSync('/proc/self/limits', 'utf8').match(/^Max (core file size|open files) .*$/mg).join('\\n'));
            let files = 0;
            try { while (files < 5000) { openSync('/dev/null'); ++files; } } catch (error) { throw new Error(error.code); }
            throw new Error('nobody stopped it');""")
        self.assertTrue(said.startswith("Error: EMFILE\n"), said)
        limits = {line.split("  ")[0]: line.split()[-3:-1] for line in said.splitlines() if line.startswith("Max ")}
        self.assertEqual(limits["Max core file size"], ["0", "0"])
        self.assertLessEqual(int(limits["Max open files"][1]), 4096)


class Npm(Fixture):
    def saying(self):
        begin = "npm install failed for acme-plug: npm "
        error = self.fails({"packageName": "acme-plug"})
        self.assertTrue(error.startswith(begin), error)
        return error.removeprefix(begin)

    def test_one_that_forks_without_end(self):
        self.enforced("processes_max")
        self.script("npm", "i=0; while [ $i -lt 600 ]; do sleep 60 & i=$((i+1)); done\nexit 9")
        self.assertRegex(self.saying(), r"^exited with code 2; it reached its limit of 512 processes \d+ times?\n.*Cannot fork")

    def test_its_memory_has_an_end(self):
        self.enforced("memory_max")
        self.script("npm", """
            for file in $(find /sys/fs/cgroup -path "*/collet-*" -name cgroup.procs 2>/dev/null); do
              grep -qx $$ $file && cat ${file%cgroup.procs}memory.limit_in_bytes ${file%cgroup.procs}memory.max 2>/dev/null
            done >&2; exit 9""")
        self.assertEqual(self.saying(), f"exited with code 9\n{4 << 30}")

    def test_files_and_core_dumps(self):
        self.script("npm", "ulimit -Hn >&2; ulimit -Hc >&2; exit 9")
        files, core = self.saying().removeprefix("exited with code 9\n").split()
        self.assertLessEqual(int(files), 4096)
        self.assertEqual(core, "0")


if __name__ == "__main__":
    unittest.main(argv=["hostile_packages_test"], verbosity=2)
