#!/usr/bin/env python3
"""Installs the library into a folder and builds and runs examples/embed from there, as an embedding program would.

    embed_test.py BUILD_FOLDER [COMPILER_FLAGS]
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1]).resolve()
FLAGS = sys.argv[2] if len(sys.argv) > 2 else ""


class Embed(unittest.TestCase):
    def run_in(self, folder, *command, **more):
        run = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True, check=False, **more)
        self.assertEqual(run.returncode, 0, f"{' '.join(map(str, command))}\n{run.stdout}\n{run.stderr}")
        return run.stdout

    def test_example(self):
        with tempfile.TemporaryDirectory(prefix="collet-embed-") as name:
            folder = pathlib.Path(name)
            self.run_in(folder, "cmake", "--install", BUILD, "--prefix", folder / "prefix")
            self.run_in(folder, "cmake", "-S", ROOT / "examples" / "embed", "-B", "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={folder / 'prefix'}",
                        f"-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror {FLAGS}")
            self.run_in(folder, "cmake", "--build", "build")
            for _ in range(2):  # the second time the plugin is there already
                lines = self.run_in(folder, "build/embed", BUILD / "plugins" / "calc", env={"TMPDIR": name, "PATH": "/usr/bin:/bin"}, timeout=60).splitlines()
                self.assertEqual(sorted(":".join(line.split(":")[:2]) for line in lines[:3]),
                                 ["collet.calc:evaluate", "collet.calc:statistics", "my.app:greet"])
                self.assertEqual(lines[3:], ['{"content":"Hello from this program! You said {\\"text\\":\\"good morning\\"}"}', '{"content":"42","data":{"value":42}}'])

    def test_the_daemon_is_installed_too(self):
        with tempfile.TemporaryDirectory(prefix="collet-install-") as name:
            self.run_in(name, "cmake", "--install", BUILD, "--prefix", name)
            self.assertRegex(self.run_in(name, "bin/collet", "--version"), r"^collet \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main(argv=["embed_test"], verbosity=2)
