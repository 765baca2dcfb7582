#!/usr/bin/env python3
"""Checks that every C++ file is formatted as .clang-format says, and a few habits that a machine can see."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("include", "src", "examples", "tests")


def files(*suffixes):
    return sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*")
                  if p.suffix in suffixes and "node_modules" not in p.parts)


class Format(unittest.TestCase):
    def test_cpp_files_are_formatted(self):
        tool = shutil.which("clang-format-14") or shutil.which("clang-format")
        if not tool:
            self.skipTest("clang-format is not installed")
        version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        if "version 14." not in version:
            self.skipTest(f"formatting is judged by clang-format 14, this is {version.strip()}")
        run = subprocess.run([tool, "--dry-run", "--Werror", *map(str, files(".hpp", ".cpp"))],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr[:4000])


class Habits(unittest.TestCase):
    def find(self, pattern, *suffixes, where=lambda path: True):
        return [f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
                for path in files(*suffixes) if where(path)
                for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(pattern, line)]

    def test_no_test_sleeps(self):
        is_test = lambda path: path.stem.endswith("_test")
        self.assertEqual(self.find(r"sleep_for|sleep_until|\busleep\(|\bnanosleep\(", ".cpp", where=is_test), [])
        self.assertEqual(self.find(r"\btime\.sleep\(", ".py", where=lambda p: is_test(p) and p != pathlib.Path(__file__).resolve()), [])

    def test_no_std_regex(self):
        self.assertEqual(self.find(r"#include <regex>|std::regex", ".hpp", ".cpp"), [])

    def test_no_path_of_a_machine(self):
        self.assertEqual(self.find(r"(^|[^A-Za-z0-9_.<-])/(work|root)/", ".hpp", ".cpp", ".py", ".js", ".toml", ".json",
                                   where=lambda p: p != pathlib.Path(__file__).resolve()), [])

    def test_every_file_says_what_it_is(self):
        """A header starts with a line that tells what the file is for."""
        self.assertEqual([str(p.relative_to(ROOT)) for p in files(".hpp") if not p.read_text().startswith("//")], [])


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    unittest.main(verbosity=2)
