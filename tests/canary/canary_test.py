#!/usr/bin/env python3
"""Runs scripts/test and scripts/fuzz as they are on a project whose test and whose fuzz target always fail: each must say
so and end with an error. Who breaks that never sees a red run again.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Canary(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="collet-canary-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copytree(ROOT / "tests" / "canary" / "project", self.root, dirs_exist_ok=True)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        shutil.copy(ROOT / "CMakePresets.json", self.root)
        # Whoever runs this has all that it takes, and a test installs nothing.
        with open(self.root / "scripts" / "needs.sh", "a") as needs:
            needs.write("\nneed_packages() { :; }\n")

    def stand_in_for_fuzz(self, exit_code):
        """Puts a script in the place of scripts/fuzz, which says that it ran."""
        fuzz = self.root / "scripts" / "fuzz"
        fuzz.write_text(f'#!/bin/sh\necho "fuzzing $*"\nexit {exit_code}\n')
        fuzz.chmod(0o755)

    def run_script(self, name, *arguments, tests="all pass"):
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("CTEST_", "GTEST_"))}
        run = subprocess.run([self.root / "scripts" / name, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, timeout=200, check=False, env={**environment, "CANARY_TESTS": tests})
        return run.returncode, run.stdout

    def test_scripts_test_is_green_where_nothing_fails(self):
        self.stand_in_for_fuzz(0)
        code, said = self.run_script("test")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"\bpasses \.+ +Passed")
        self.assertIn("fuzzing 1000000\n", said)

    def test_a_failing_test_turns_scripts_test_red(self):
        self.stand_in_for_fuzz(0)
        code, said = self.run_script("test", tests="one fails")
        self.assertNotEqual(code, 0, said)
        self.assertRegex(said, r"\balways_fails \(Failed\)")
        self.assertIn("fuzzing 1000000\n", said, "one failure hides no other")

    def test_a_failing_test_turns_a_run_of_some_tests_red(self):
        self.stand_in_for_fuzz(0)
        code, said = self.run_script("test", "-R", "always_fails", tests="one fails")
        self.assertNotEqual(code, 0, said)
        self.assertNotIn("fuzzing", said)
        code, said = self.run_script("test", "-R", "^passes", tests="one fails")
        self.assertEqual(code, 0, said)

    def test_failed_fuzzing_turns_scripts_test_red(self):
        self.stand_in_for_fuzz(1)
        code, said = self.run_script("test")
        self.assertNotEqual(code, 0, said)

    @unittest.skipUnless(shutil.which("clang++-19"), "clang 19 is not installed")
    def test_a_failing_target_turns_scripts_fuzz_red(self):
        code, said = self.run_script("fuzz", "1000")  # all targets
        self.assertNotEqual(code, 0, said)
        self.assertIn("FAILED: always_fails_fuzz", said)
        self.assertIn("broken promise: this one is never kept", said)
        self.assertRegex(said, r"\npasses_fuzz: 1\d\d\d executions")
        self.assertTrue(list((self.root / "build" / "fuzz" / "findings").glob("always_fails_fuzz_*")), said)
        code, said = self.run_script("fuzz", "1000", "passes_fuzz")
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
