#!/usr/bin/env python3
"""The three example plugins in a real daemon: installed, listed, called."""

import json
import shutil
import unittest

from daemon import BUILD, ROOT, Daemon

EXAMPLES = ROOT / "examples" / "plugins"


class Native(unittest.TestCase):
    def test_calc_and_textstats(self):
        with Daemon() as daemon:
            row = daemon.install(BUILD / "plugins" / "calc")
            self.assertEqual((row["pluginKey"], row["status"], row["lastError"]), ("collet.calc", "ready", None))
            self.assertEqual(daemon.install(EXAMPLES / "textstats")["status"], "ready")

            tools = {tool["name"]: tool for tool in daemon.get("/api/plugins/tools").json()}
            self.assertEqual(set(tools), {"collet.calc:evaluate", "collet.calc:statistics", "collet.textstats:count", "collet.textstats:reading_time"})
            self.assertEqual(tools["collet.calc:evaluate"]["pluginId"], row["id"])

            answer = daemon.execute("collet.calc:evaluate", {"expression": "2 * (3 + 4) ^ 2"})
            self.assertEqual(answer.json(), {"pluginId": "collet.calc", "toolName": "evaluate", "result": {"content": "98", "data": {"value": 98}}})
            answer = daemon.execute("collet.textstats:count", {"text": "to be or not to be", "top": 2})
            self.assertEqual(answer.json()["result"]["content"], "6 words, 1 lines, 18 characters; most frequent: to (2), be (2)")
            # What a tool says of its own failure is a result.
            answer = daemon.execute("collet.calc:evaluate", {"expression": "1 / 0"})
            self.assertEqual((answer.status, answer.json()["result"]), (200, {"error": "column 3: division by zero"}))


@unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "node and npm are not installed")
class Notes(unittest.TestCase):
    def test_the_unmodified_sdk(self):
        with Daemon() as daemon:
            # A copy as a new user would have it: without its dependencies, which the install fetches.
            package = daemon.data_dir.parent / "notes"
            shutil.copytree(EXAMPLES / "notes", package, ignore=shutil.ignore_patterns("node_modules"))
            answer = daemon.post("/api/plugins/install", {"packageName": str(package), "isLocalPath": True})
            if answer.status != 200 and any(word in answer.json()["error"] for word in ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")):
                self.skipTest("the npm registry cannot be reached")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.json()["status"], "ready")

            for number, title in enumerate(("Milk", "Bread"), 1):
                answer = daemon.execute("collet.notes:add", {"title": title, "priority": "high", "tags": ["shopping"]})
                self.assertEqual(answer.json()["result"]["content"], f"Note {number} kept: {title}", answer.body)
            found = daemon.execute("collet.notes:search", {"query": "milk", "limit": 5}).json()["result"]["data"]
            self.assertEqual([note["title"] for note in found["notes"]], ["Milk"])
            self.assertEqual(daemon.get("/api/plugins/collet.notes/health").json()["healthy"], True)

            # The notes are the plugin's, and outlive its worker.
            self.assertEqual(daemon.post("/api/plugins/collet.notes/restart").status, 200)
            self.assertEqual(daemon.execute("collet.notes:search", {}).json()["result"]["data"]["total"], 2)


if __name__ == "__main__":
    unittest.main(argv=["examples_e2e_test"], verbosity=2)
