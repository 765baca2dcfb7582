#!/usr/bin/env python3
"""Types every command of README.md as printed, against a daemon with the example plugins.

    readme_test.py BUILD_FOLDER

Differences to a reader's terminal: the build folder's programs stand for build/release/bin, and the daemon's port for 7420.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from daemon import BUILD, ROOT, Daemon  # noqa: E402

NOT_HERE = ("scripts/run", "scripts/test")  # tested by running them


def blocks(page="README.md"):
    return re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.S)


def commands(block):
    """The block's commands, lines that end with a backslash joined."""
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith(NOT_HERE)]


class Readme(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for page in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *[f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")]):
            text = (ROOT / page).read_text()
            for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
                self.assertTrue((ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}")

    def test_error_codes_of_the_documentation(self):
        header = re.sub(r'"\s*\n\s*"', "", (ROOT / "include/collet/error.hpp").read_text())
        codes = re.findall(r'\{ErrorCode::\w+,\s*"(\w+)",\s*(\d+),\s*(\d),\s*"([^"]*)"\}', header)
        self.assertGreater(len(codes), 20)
        page = (ROOT / "docs/compatibility.md").read_text()
        for name, status, code, meaning in codes:
            self.assertIn(f"| `{name}` | {status} | {code} | {meaning} |", page)

    def test_commands_of_the_worker_that_misbehaves(self):
        (block,) = blocks("docs/fault-worker.md")
        make, install, call, show = commands(block)
        with Daemon() as daemon:
            def run(command):
                return subprocess.run(["bash", "-c", command.replace("/tmp/hold", str(daemon.data_dir.parent / "hold"))], capture_output=True, text=True,
                                      env={**daemon.env, "PATH": f"{BUILD / 'bin'}:{daemon.env['PATH']}"}, timeout=60, check=False)
            for command in (make, install):
                self.assertEqual(run(command).returncode, 0, command)
            failed = run(call)
            self.assertEqual(failed.returncode, 4)
            self.assertIn("exited with code 3 during the call", failed.stderr)
            self.assertIn("exited with code 3", run(show).stdout)

    @unittest.skipUnless(shutil.which("npm") and shutil.which("curl"), "npm or curl is not installed")
    def test_commands(self):
        with Daemon() as daemon:
            notes = daemon.data_dir.parent / "notes"
            shutil.copytree(ROOT / "examples/plugins/notes", notes, ignore=shutil.ignore_patterns("node_modules"))
            answer = daemon.post("/api/plugins/install", {"packageName": str(notes), "isLocalPath": True})
            if answer.status != 200:
                self.skipTest("the npm registry cannot be reached: " + answer.json()["error"][:200])
            daemon.install(BUILD / "plugins/calc")
            daemon.install(ROOT / "examples/plugins/textstats")

            script = ["set -e"]
            for block in blocks():
                for command in commands(block):
                    command = command.replace("$PWD/build/release/bin", str(BUILD / "bin")).replace("127.0.0.1:7420", f"127.0.0.1:{daemon.port}")
                    command = command.replace("~/.local/share/collet", str(daemon.data_dir))
                    # The one command that the text says is refused.
                    script.append(f"! {command}" if command == "collet plugin install examples/plugins/textstats" else command)
            self.assertGreater(len(script), 12)
            run = subprocess.run(["bash", "-x", "-c", "\n".join(script)], cwd=ROOT, capture_output=True, text=True, env=daemon.env, timeout=240, check=False)
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            for said in ("42", "Buy milk", '"toolName":"count"', "collet.notes:search", "collet plugin restart collet.textstats"):
                self.assertIn(said, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main(argv=["readme_test"], verbosity=2)
