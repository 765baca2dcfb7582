#!/usr/bin/env python3
"""Plugins that misbehave hurt neither the daemon nor each other, and say what is wrong."""

import json
import os
import pathlib
import signal
import tempfile
import threading
import time
import unittest

from daemon import Daemon, alive, wait_until


class BadPlugins(unittest.TestCase):
    def setUp(self):
        # Short graces, so that stubborn workers do not make the tests long.
        config = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        config.write_text('[workers]\ninitialize_timeout = "2s"\nshutdown_grace = "500ms"\nkill_grace = "500ms"\ndeaf_after = "2s"\n')
        self.daemon = self.enterContext(Daemon("--config", str(config)))
        self.daemon.install(self.daemon.fault_plugin("normal", key="good"))

    def tearDown(self):
        answer = self.daemon.execute("good:echo", {"still": "here"})
        self.assertEqual((answer.status, answer.json()["result"]["data"]), (200, {"still": "here"}))

    def refused(self, mode, **more):
        """Installs a plugin whose start fails; the error's text. Its row stays, in `error`, without tools."""
        folder = self.daemon.fault_plugin(mode, **more)
        key = json.loads((folder / "manifest.json").read_text())["id"]
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True})
        self.assertEqual(answer.status // 100, 4 if answer.json()["code"] == "install_failed" else 5, answer.body)
        row = self.daemon.get(f"/api/plugins/{key}").json()
        self.assertEqual(row["status"], "error")
        self.assertEqual(row["lastError"], "Activation failed: " + answer.json()["error"])
        self.assertEqual(self.daemon.get(f"/api/plugins/tools?pluginId={key}").json(), [])
        self.assertEqual(self.daemon.execute(f"{key}:echo").json()["code"], "tool_not_found")
        return answer.json()["error"]

    def installed(self, mode, **more):
        folder = self.daemon.fault_plugin(mode, **more)
        return self.daemon.install(folder)["pluginKey"]

    # ---- start

    def test_initialize_answers_not_ok(self):
        self.assertIn("Worker initialize returned ok=false", self.refused("init-not-ok"))

    def test_initialize_answers_an_error(self):
        self.assertIn("failed to initialize", self.refused("init-error"))

    def test_initialize_hangs(self):
        self.assertIn('did not answer "initialize" within 2 s', self.refused("init-hang"))
        self.assertEqual(len(self.daemon.workers()), 1, "only the good worker is left")

    def test_exits_with_0_before_initialize(self):
        self.assertIn('exited with code 0 before it answered "initialize"', self.refused("init-exit0"))

    def test_exits_with_a_code_and_words(self):
        self.assertIn("exited with code 7", self.refused("init-exit code=7"))

    def test_missing_entry(self):
        text = self.refused("normal", key="fault.missing", manifest={"entrypoints": {"worker": "bin/absent"}})
        self.assertIn("bin/absent", text)

    def test_entry_outside_the_package(self):
        for entry in ("../../../../../../bin/true", "/bin/true"):
            text = self.refused("normal", key="fault.outside" + str(len(entry)), manifest={"entrypoints": {"worker": entry}})
            self.assertIn("outside", text)

    def test_entry_is_not_executable(self):
        folder = self.daemon.fault_plugin("normal", key="fault.mode")
        (folder / "bin/worker").chmod(0o644)
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True})
        self.assertIn("not executable", answer.json()["error"])
        self.assertIn("chmod +x", answer.json()["remedy"])

    # ---- talk

    def test_noise_on_stdout(self):
        key = self.installed("noise")
        for number in range(20):
            answer = self.daemon.execute(f"{key}:echo", {"n": number})
            self.assertEqual((answer.status, answer.json()["result"]["data"]), (200, {"n": number}))

    def test_stderr_before_the_first_answer(self):
        key = self.installed("stderr-flood bytes=262144")
        self.assertEqual(self.daemon.execute(f"{key}:echo").status, 200)

    def test_dies_in_a_call(self):
        key = self.installed("die-in-call code=3")
        started = time.monotonic()
        answer = self.daemon.execute(f"{key}:echo")
        self.assertLess(time.monotonic() - started, 5, "at once, not at the deadline")
        self.assertEqual((answer.status, answer.json()["code"]), (502, "worker_crashed"))
        self.assertIn("exited with code 3 during the call", answer.json()["error"])
        self.assertIn("Worker stderr:", answer.json()["error"])
        again = self.daemon.execute(f"{key}:echo")
        self.assertEqual((again.status, again.json()["code"]), (502, "worker_unavailable"))
        self.assertIn("starts again in", again.json()["error"])
        self.assertIn("retry-after", again.headers)
        worker = wait_until(lambda: (w := self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]) and w["status"] == "running" and w, "its restart")
        self.assertEqual((worker["totalCrashes"], worker["consecutiveCrashes"]), (1, 1))

    def test_dies_at_each_byte_of_its_answer(self):
        for count in (1, 20, 59):  # the answer has 60 bytes and its line end
            key = self.installed(f"die-at-byte bytes={count}", key=f"fault.byte{count}")
            answer = self.daemon.execute(f"{key}:echo")
            self.assertEqual(answer.json()["code"], "worker_crashed", answer.body)

    def test_killed_from_outside_in_many_calls(self):
        key = self.installed("normal", key="fault.killed")
        pid = self.daemon.execute(f"{key}:pid").json()["result"]["data"]["pid"]
        answers = []
        callers = [threading.Thread(target=lambda: answers.append(self.daemon.execute(f"{key}:hang"))) for _ in range(8)]
        for caller in callers:
            caller.start()
        wait_until(lambda: self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["pendingRequests"] == 8, "eight calls in flight")
        os.kill(pid, signal.SIGKILL)
        for caller in callers:
            caller.join()
        self.assertEqual([answer.json()["code"] for answer in answers], ["worker_crashed"] * 8)
        self.assertIn("SIGKILL", answers[0].json()["error"])

    def test_answers_twice_late_or_wrongly(self):
        for mode in ("dup-reply", "wrong-id", "string-id", "both-result-and-error"):
            key = self.installed(mode)
            answer = self.daemon.execute(f"{key}:echo", {}, timeoutMs=500)
            expected = {"dup-reply": None, "wrong-id": "timeout", "string-id": "timeout", "both-result-and-error": "invalid_result"}[mode]
            self.assertEqual(answer.json().get("code"), expected, (mode, answer.body))

    def test_hangs(self):
        started = time.monotonic()
        answer = self.daemon.execute("good:hang", {}, timeoutMs=200)
        self.assertEqual((answer.status, answer.json()["code"]), (504, "timeout"))
        self.assertLess(time.monotonic() - started, 2)
        by_header = self.daemon.post("/api/plugins/tools/execute", {"tool": "good:hang"}, headers={"X-Collet-Timeout-Ms": "100"})
        self.assertEqual(by_header.json()["code"], "timeout")

    def test_stops_itself_in_a_call(self):
        key = self.installed("stop-self")
        started = time.monotonic()
        answer = self.daemon.execute(f"{key}:echo")
        self.assertLess(time.monotonic() - started, 10, "long before the deadline")
        self.assertEqual(answer.json()["code"], "worker_crashed")
        self.assertIn("was stopped by a signal and did not go on", answer.json()["error"])

    def test_is_deaf_behind_the_deadline_of_a_call(self):
        key = self.installed("normal", key="fault.deaf")
        pid = self.daemon.execute(f"{key}:pid").json()["result"]["data"]["pid"]
        self.assertEqual(self.daemon.execute(f"{key}:busy", {"ms": 50000}, timeoutMs=300).json()["code"], "timeout")
        wait_until(lambda: not alive(pid), "its end")
        self.assertIn("neither its calls by their deadlines nor", self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["lastExit"])
        worker = wait_until(lambda: (w := self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]) and w["status"] == "running" and w, "its restart")
        self.assertEqual(worker["totalCrashes"], 1)

    def test_closes_its_streams(self):
        for mode in ("close-stdout", "close-stdin"):
            key = self.installed(mode + " at=call")
            answer = self.daemon.execute(f"{key}:echo", {}, timeoutMs=20000)
            self.assertIn(answer.json().get("code"), ("worker_crashed", None), answer.body)
            wait_until(lambda: self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["totalCrashes"] >= 1, f"{mode} is seen as a crash")

    def test_asks_its_host(self):
        key = self.installed("calls-host")
        answer = self.daemon.execute(f"{key}:echo")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b"-32601", answer.body)
        logs = wait_until(lambda: self.daemon.get(f"/api/plugins/{key}/logs").json(), "its log lines")
        self.assertTrue(any(line["pluginId"] for line in logs))

    # ---- environment

    def test_what_a_worker_sees(self):
        data = self.daemon.execute("good:env").json()["result"]["data"]
        self.assertEqual(set(data) - {"PWD", "OLDPWD", "SHLVL", "_"}, {"PATH", "PAPERCLIP_PLUGIN_ID", "NODE_ENV", "TZ", "PAPERCLIP_DEPLOYMENT_MODE",
                                                                      "PAPERCLIP_DEPLOYMENT_EXPOSURE", "COLLET_PLUGIN_DATA_DIR", "COLLET_MARK"})
        self.assertEqual(data["PAPERCLIP_PLUGIN_ID"], self.daemon.get("/api/plugins/good").json()["id"])
        self.assertTrue(os.path.isdir(data["COLLET_PLUGIN_DATA_DIR"]))
        fds = self.daemon.execute("good:fds").json()["result"]["data"]
        self.assertEqual(sorted(fd if isinstance(fd, int) else fd["fd"] for fd in fds), [0, 1, 2])

    # ---- stop

    def test_stubborn_workers_are_gone_after_disable(self):
        for mode in ("ignore-shutdown", "ignore-term", "fork-child", "setsid-child", "stop-self"):
            key = self.installed(mode)
            before = set(self.daemon.workers())
            mine = [pid for pid in before if f"/{key}/" in _command(pid)]
            self.assertTrue(mine, mode)
            answer = self.daemon.post(f"/api/plugins/{key}/disable", {"reason": "enough"})
            self.assertEqual(answer.json()["status"], "disabled", answer.body)
            wait_until(lambda: not any(alive(pid) for pid in mine), f"{mode}: all its processes are gone")


def _command(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/exe").resolve().as_posix() + "/"
    except OSError:
        return ""


if __name__ == "__main__":
    unittest.main(argv=["bad_plugins_test"], verbosity=2)
