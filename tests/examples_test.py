#!/usr/bin/env python3
"""The example plugins as real processes, spoken to over pipes without a host.

    examples_test.py BUILD_FOLDER [Calc | Textstats | Notes]
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # nothing is written into the source tree
from worker_process import WorkerProcess

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples" / "plugins"
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()


class PluginTest(unittest.TestCase):
    maxDiff = None

    def check_protocol(self, worker):
        """What every worker owes its host, example or not."""
        worker.request("health", {}, id="h")
        self.assertEqual(worker.answer("h")["result"], {"status": "ok"})
        worker.send_call("nope", {}, id=2)
        self.assertEqual(worker.answer(2)["error"], {"code": -32002, "message": 'No tool handler registered for "nope"'})
        worker.request("dance", {}, id=3)
        self.assertEqual(worker.answer(3)["error"], {"code": -32601, "message": "Unknown method: dance"})
        worker.write("{bad")
        self.assertEqual(worker.answer(None)["error"]["code"], -32700)
        worker.request("shutdown", {}, id=4)
        self.assertEqual(worker.read(), json.dumps({"jsonrpc": "2.0", "id": 4, "result": None}, separators=self.separators).encode())
        self.assertEqual(worker.exit_code(), 0)

    separators = (",", ":")


class Calc(PluginTest):
    package = BUILD / "plugins" / "calc"

    def worker(self):
        return WorkerProcess(self.package / json.loads((self.package / "manifest.json").read_text())["entrypoints"]["worker"])

    def test_initializes(self):
        with self.worker() as worker:
            worker.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"manifest":{"tools":[{"name":"evaluate"}]},"config":{}}}')
            self.assertEqual(worker.read(), b'{"jsonrpc":"2.0","id":1,"result":{"ok":true,"supportedMethods":["health","shutdown"]}}')
            self.check_protocol(worker)

    def test_has_a_handler_for_each_declared_tool(self):
        with self.worker() as worker:
            manifest = json.loads((self.package / "manifest.json").read_text())
            worker.request("initialize", {"manifest": manifest, "config": {}})
            self.assertIn(b'"ok":true', worker.read())  # no warning comes first

    def test_evaluates(self):
        with self.worker() as worker:
            self.assertEqual(worker.call("evaluate", {"expression": "2 * (3 + 4) ^ 2"}), {"content": "98", "data": {"value": 98}})
            self.assertEqual(worker.call("evaluate", {"expression": "price * 1.25", "variables": {"price": 20}})["content"], "25")
            self.assertEqual(worker.call("evaluate", {"expression": "1 / 0"}), {"error": "column 3: division by zero"})

    def test_describes_numbers(self):
        with self.worker() as worker:
            self.assertEqual(worker.call("statistics", {"numbers": [4, 1, 3, 2]}), {
                "content": "count 4, sum 10, mean 2.5, median 2.5, stdev 1.2909944487358056, min 1, max 4",
                "data": {"count": 4, "sum": 10, "mean": 2.5, "median": 2.5, "stdev": 1.2909944487358056, "min": 1, "max": 4}})
            worker.send_call("statistics", {"numbers": [1, "2"]})
            self.assertEqual(worker.answer()["error"]["message"], '"numbers": item 1: expected a number, found a string')

    def test_ends_with_its_input(self):
        with self.worker() as worker:
            worker.process.stdin.close()
            self.assertEqual(worker.exit_code(), 0)


class Textstats(PluginTest):
    package = EXAMPLES / "textstats"
    separators = None

    def worker(self):
        return WorkerProcess(self.package / json.loads((self.package / "manifest.json").read_text())["entrypoints"]["worker"])

    def test_initializes(self):
        with self.worker() as worker:
            self.assertEqual(worker.initialize()["result"], {"ok": True, "supportedMethods": ["health", "shutdown"]})
            self.check_protocol(worker)

    def test_counts(self):
        with self.worker() as worker:
            self.assertEqual(worker.call("count", {"text": "to be or not to be", "top": 2}), {
                "content": "6 words, 1 lines, 18 characters; most frequent: to (2), be (2)",
                "data": {"words": 6, "lines": 1, "characters": 18, "top": [{"word": "to", "count": 2}, {"word": "be", "count": 2}]}})
            self.assertEqual(worker.call("count", {"text": "The cat and the hat", "language": "en", "top": 1.0})["data"]["top"],
                             [{"word": "cat", "count": 1}])
            self.assertEqual(worker.call("count", {"text": "", "top": 0}),
                             {"content": "0 words, 0 lines, 0 characters", "data": {"words": 0, "lines": 0, "characters": 0, "top": []}})

    def test_estimates_reading_time(self):
        with self.worker() as worker:
            self.assertEqual(worker.call("reading_time", {"text": "one two three", "words_per_minute": 2}),
                             {"content": "about 1.5 minutes", "data": {"minutes": 1.5}})

    def test_ends_with_its_input(self):
        with self.worker() as worker:
            worker.process.stdin.close()
            self.assertEqual(worker.exit_code(), 0)


class Notes(PluginTest):
    @classmethod
    def setUpClass(cls):
        for tool in ("node", "npm"):
            if not shutil.which(tool):
                raise unittest.SkipTest(f"{tool} is absent")
        temporary = tempfile.TemporaryDirectory(prefix="collet-notes-")
        cls.addClassCleanup(temporary.cleanup)
        cls.package = pathlib.Path(temporary.name) / "notes"
        shutil.copytree(EXAMPLES / "notes", cls.package, ignore=shutil.ignore_patterns("node_modules"))
        npm = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=cls.package, capture_output=True, text=True)
        if npm.returncode and re.search("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH", npm.stderr):
            raise unittest.SkipTest("npm reaches no registry")
        assert npm.returncode == 0, npm.stderr

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="collet-notes-data-")
        self.addCleanup(temporary.cleanup)
        self.data = pathlib.Path(temporary.name) / "data"

    def worker(self, env=None):
        return WorkerProcess("node", self.package / "worker.js", cwd=self.package,
                             env={"COLLET_PLUGIN_DATA_DIR": str(self.data)} if env is None else env)

    def test_initializes(self):
        with self.worker() as worker:
            self.assertEqual(worker.initialize()["result"], {"ok": True, "supportedMethods": []})
            self.check_protocol(worker)

    def test_adds_searches_and_removes(self):
        with self.worker() as worker:
            worker.initialize()
            milk = worker.call("add", {"title": "Milk", "body": "two bottles", "priority": "high", "tags": ["shopping", "food"]})
            self.assertEqual(milk["content"], "Note 1 kept: Milk")
            self.assertRegex(milk["data"].pop("createdAt"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
            self.assertEqual(milk["data"], {"id": 1, "title": "Milk", "body": "two bottles", "priority": "high", "tags": ["shopping", "food"]})
            bread = worker.call("add", {"title": "Bread", "tags": ["shopping"]})["data"]
            self.assertEqual((bread["body"], bread["priority"]), ("", "normal"))

            def found(**parameters):
                return [note["title"] for note in worker.call("search", parameters)["data"]["notes"]]
            self.assertEqual(found(), ["Bread", "Milk"])
            self.assertEqual(found(limit=1), ["Bread"])
            self.assertEqual(found(query="BOTTLES milk"), ["Milk"])
            self.assertEqual(found(tags=["shopping", "food"]), ["Milk"])
            self.assertEqual(found(query="honey"), [])
            self.assertEqual(worker.call("search", {"limit": 1})["content"], "2 found, the newest 1\n2: Bread (normal, shopping)")

            self.assertEqual(worker.call("remove", {"id": 1})["content"], "Note 1 removed: Milk")
            self.assertEqual(worker.call("remove", {"id": 1}), {"error": "There is no note 1; search lists the ids"})
            self.assertEqual(found(), ["Bread"])

    def test_keeps_every_acknowledged_note_over_a_kill(self):
        with self.worker() as worker:
            worker.initialize()
            for id in range(1, 201):
                worker.send_call("add", {"title": f"note {id}"}, id)
            ids = {json.loads(worker.read())["result"]["data"]["id"] for _ in range(200)}
            self.assertEqual(ids, set(range(1, 201)))
            os.killpg(worker.process.pid, signal.SIGKILL)
            worker.exit_code()
        with self.worker() as worker:
            worker.initialize()
            self.assertEqual(worker.call("search", {})["data"]["total"], 200)
            self.assertEqual(worker.call("add", {"title": "one more"})["data"]["id"], 201)
        self.assertEqual(os.listdir(self.data), ["notes.json"])

    def test_says_why_it_cannot_start(self):
        with self.worker(env={}) as worker:
            self.assertEqual(worker.initialize()["error"], {"code": -32002, "message":
                "COLLET_PLUGIN_DATA_DIR is not set: this host gives no data folder; set it to a writable one"})
        self.data.mkdir()
        (self.data / "notes.json").write_text('{"notes": [')
        with self.worker() as worker:
            self.assertRegex(worker.initialize()["error"]["message"], r"notes\.json is damaged \(.+\); mend it or move it away$")
        self.assertEqual((self.data / "notes.json").read_text(), '{"notes": [')


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
