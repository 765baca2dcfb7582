#!/usr/bin/env python3
"""Unmodified plugins of @paperclipai/plugin-sdk, from its first versions to its newest: every service, asked for from everywhere.

The SDKs come from npm, each under a name of its own (package.json); the plugin in plugin/ runs on each of them, in a real daemon.
"""

import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
from daemon import Daemon, wait_until  # noqa: E402

VERSIONS = ("318", "427", "525", "722", "824", "916")
KEY = "collet.sdk-probe"
COMPANY = "default"
PLACES = ("setup", "timer", "event")
GREETING = {"greeting": "hello", "token": {"type": "secret_ref", "secretId": "probe-secret"}}
ABSENT = "absent"
SECRET = "not to be told"
# What belongs to Paperclip itself.
ELSEWHERE = ("issues.list", "issues.get", "issues.create", "goals.list", "agents.pause", "approvals.list", "access.members.list")
# What the SDK's own test harness does itself; the rest it leaves to the network, to nobody, or makes up.
HARNESS = ("config.get", "state", "state of a company", "entities", "companies", "projects", "workspaces", "agents", "logger", "streams", "events.emit", "localFolders",
           "http.fetch", "activity.log", "metrics.write", "telemetry.track")


def install_sdks(folder):
    """npm's packages under folder/node_modules, once for all tests."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, folder)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, capture_output=True, text=True, timeout=280)
    if done.returncode != 0:
        raise RuntimeError(f"npm ci failed: {done.stderr[-2000:]}")


class Echo(http.server.BaseHTTPRequestHandler):
    """What plugins fetch."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = json.dumps({"path": self.path, "probe": self.headers["x-probe"], "body": body.decode()}).encode()
        self.send_response(201)
        self.send_header("x-answer", "yes")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Sdk(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="collet-sdk-")))
        install_sdks(cls.folder)
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        cls.files = cls.folder / "files"
        cls.files.mkdir()
        (cls.folder / "outside.txt").write_text("not yours")
        cls.config = cls.folder / "collet.toml"
        cls.config.write_text(f"""
[services.http]
allow = ["127.0.0.1:{cls.server.server_port}"]
[secrets.env]
prefix = "PROBE_"
[plugin."{KEY}".folders]
files = "{cls.files}"
""")

    def package(self, version):
        """The plugin on the SDK of this version."""
        root = self.folder / f"plugin-{version}"
        shutil.copytree(HERE / "plugin", root)
        (root / "package.json").write_text(json.dumps({"name": "collet-sdk-probe", "version": "1.0.0", "type": "module",
                                                       "paperclipPlugin": {"manifest": "./manifest.js", "worker": "./worker.js"}}))
        (root / "surroundings.json").write_text(json.dumps({"url": self.url, "company": COMPANY}))
        scope = root / "node_modules" / "@paperclipai"
        scope.mkdir(parents=True)
        (scope / "plugin-sdk").symlink_to(self.folder / "node_modules" / f"sdk-{version}")
        return root

    def expected(self, place, has_config):
        """What each probe finds, by name."""
        value = lambda result: {"value": result}  # noqa: E731
        return {
            "config.get": value(GREETING if has_config else {}),
            "state": value([None, {"b": 1, "a": [None, "\ud800", "é"], "": {}}, None]),
            "state of a company": value(place),
            "entities": value({"same": True, "row": {"entityType": f"probe-{place}", "externalId": "x-1", "title": "One", "status": "open",
                                                     "data": {"n": 2}, "scopeKind": "company"}}),
            "companies": value({"ids": [COMPANY], "one": COMPANY, "nobody": None}),
            "projects": value({"ids": ["default"], "one": "default"}),
            "workspaces": value({"isList": True, "primary": True}),
            "agents": value({"ids": ["default"], "one": "default"}),
            "localFolders": value({"declared": ["files"], "text": f"from {place}", "listed": True, "outside": "refused"}),
            "db": value({"rowCount": 1, "rows": [{"place": place, "n": 7}]}),
            "http.fetch": value({"status": 201, "header": "yes", "body": {"path": f"/echo?place={place}", "probe": place, "body": "ü"}}),
            "http.fetch to where it may not": (-32603, "All resolved IPs for 127.0.0.1 are in private/reserved ranges"),
            "secrets.resolve": value(SECRET) if has_config else (-32603, "Secret is not bound to plugin:"),
            **{name: value("done") for name in ("logger", "streams", "events.emit", "activity.log", "metrics.write", "telemetry.track")},
            **{name: (-32601, "services.upstream.url") for name in ELSEWHERE},
        }

    def check(self, report, place, has_config):
        expected = self.expected(place, has_config)
        self.assertEqual(set(report), set(expected))
        for name, outcome in report.items():
            with self.subTest(place=place, probe=name):
                if outcome == ABSENT:
                    self.assertNotIn(name, ("config.get", "state", "entities", "companies", "projects", "agents", "events.emit"),
                                     "every SDK has these")
                elif isinstance(expected[name], dict):
                    self.assertEqual(outcome, expected[name])
                else:
                    code, words = expected[name]
                    self.assertEqual(outcome.get("code"), code, outcome)
                    self.assertIn(words, outcome["error"])

    def check_against_harness(self, version, root, report):
        """The harness gives a plugin the same answers as this host."""
        surroundings = {"url": self.url, "company": COMPANY, "files": str(self.files), "config": {},
                        "seed": {"companies": [{"id": COMPANY}], "projects": [{"id": "default", "companyId": COMPANY}],
                                 "agents": [{"id": "default", "companyId": COMPANY}]}}
        done = subprocess.run(["node", HERE / "harness.mjs", self.folder / "node_modules" / f"sdk-{version}", root],
                              input=json.dumps(surroundings), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        harness = json.loads(done.stdout)
        # It forgets the title that an update does not name; the reference host, and this one, keep it.
        harness["entities"]["value"]["row"]["title"] = "One"
        for name in HARNESS:
            with self.subTest(probe=name, against="the harness"):
                if harness[name] != ABSENT:
                    self.assertEqual(report[name], harness[name])

    def run_version(self, version):
        root = self.package(version)
        with Daemon("--config", str(self.config), env={"PROBE_PROBE_SECRET": SECRET}) as daemon:
            daemon.install(root)
            self.check(daemon.execute(f"{KEY}:report", {"place": "setup"}).json()["result"]["data"], "setup", False)
            self.check(daemon.execute(f"{KEY}:report", {"place": "timer"}).json()["result"]["data"], "timer", False)
            report = daemon.execute(f"{KEY}:probe").json()["result"]["data"]
            self.check(report, "tool", False)
            self.check_against_harness(version, root, report)

            self.assertEqual(daemon.execute(f"{KEY}:emit").json()["result"]["data"], "emitted")
            event = daemon.execute(f"{KEY}:report", {"place": "event"}).json()["result"]["data"]
            self.assertEqual({name: event["event"][name] for name in ("eventType", "companyId", "actorType", "actorId", "payload")},
                             {"eventType": f"plugin.{KEY}.ping", "companyId": COMPANY, "actorType": "plugin", "actorId": KEY, "payload": {"n": 1}})
            self.check(event["probes"], "event", False)

            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/config", {"configJson": GREETING}).status, 200)
            self.assertEqual(daemon.execute(f"{KEY}:report", {"place": "config"}).json()["result"]["data"], GREETING)
            self.check(daemon.execute(f"{KEY}:probe").json()["result"]["data"], "tool", True)
            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/config/test", {"configJson": {"greeting": "bad"}}).json(),
                             {"valid": False, "message": "not this greeting"})
            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/jobs/nightly/trigger?wait=true").json()["run"]["status"], "succeeded")
            job = daemon.execute(f"{KEY}:report", {"place": "job"}).json()["result"]["data"]
            self.assertEqual((job["jobKey"], job["trigger"]), ("nightly", "manual"))
            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/webhooks/hook", {"n": 3}).status, 200)
            hook = daemon.execute(f"{KEY}:report", {"place": "webhook"}).json()["result"]["data"]
            self.assertEqual((hook["endpointKey"], json.loads(hook["rawBody"]), hook["parsedBody"]), ("hook", {"n": 3}, {"n": 3}))
            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/data/echo", {"params": {"n": 1}}).json()["data"]["echoed"]["n"], 1)
            self.assertEqual(daemon.post(f"/api/plugins/{KEY}/actions/echo", {"params": {"n": 2}}).json()["data"]["echoed"]["n"], 2)


def one_version(version):
    return lambda self: self.run_version(version)


for each in VERSIONS:
    setattr(Sdk, f"test_sdk_{each}", one_version(each))


if __name__ == "__main__":
    unittest.main(argv=["sdk_test"], verbosity=2)
