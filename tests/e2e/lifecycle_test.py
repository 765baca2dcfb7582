#!/usr/bin/env python3
"""What becomes of plugins, workers and the daemon over starts, stops and crashes."""

import concurrent.futures
import json
import os
import pathlib
import signal
import socket
import stat
import tempfile
import unittest

from daemon import BUILD, PATIENCE, Daemon, alive, wait_until

CALC = BUILD / "plugins" / "calc"

# A worker that waits at its start for whoever listens on the socket `gate` beside its package, where somebody does.
GATED_WORKER = r'''#!/usr/bin/env python3
import json, socket, sys
gate = socket.socket(socket.AF_UNIX)
try:
    gate.connect("../gate")
    gate.recv(1)
except (FileNotFoundError, ConnectionRefusedError):
    pass
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    result = {"initialize": {"ok": True, "supportedMethods": []}, "executeTool": {"content": "passed"}}.get(request["method"])
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
    if request["method"] == "shutdown":
        break
'''


def tools_of(daemon, key):
    return [tool["name"] for tool in daemon.get(f"/api/plugins/tools?pluginId={key}").json()]


def worker_of(daemon, key):
    return daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]


class Plugins(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())
        self.pool = self.enterContext(concurrent.futures.ThreadPoolExecutor(16))

    def row(self, key):
        row = self.daemon.get(f"/api/plugins/{key}").json()
        row.pop("supportsConfigTest", None)
        return row

    def restarted(self):
        """The daemon dies without a word and starts again."""
        workers = self.daemon.workers()
        self.daemon.kill()
        wait_until(lambda: not any(alive(pid) for pid in workers), "workers of a host that died are gone")
        self.daemon.start()

    # ---- what is kept

    def test_state_survives_kill_9(self):
        daemon = self.daemon
        daemon.install(CALC)
        daemon.install(daemon.fault_plugin(key="a.disabled"))
        daemon.post("/api/plugins/a.disabled/disable", {"reason": "wrong results"})
        daemon.post("/api/plugins/install", {"packageName": str(daemon.fault_plugin("init-error")), "isLocalPath": True})
        daemon.install(daemon.fault_plugin(key="an.uninstalled"))
        daemon.request("DELETE", "/api/plugins/an.uninstalled")
        before = {key: self.row(key) for key in ("collet.calc", "a.disabled", "fault.init-error", "an.uninstalled")}
        self.assertEqual([row["status"] for row in before.values()], ["ready", "disabled", "error", "uninstalled"])
        self.assertEqual([row["lastError"] for row in before.values()][1], "wrong results")
        self.assertIn("the licence has run out", before["fault.init-error"]["lastError"])
        token = daemon.token

        self.restarted()
        answer = daemon.execute("collet.calc:evaluate", {"expression": "6*7"})  # at once, while it starts
        self.assertEqual((answer.status, answer.json().get("result", {}).get("content")), (200, "42"), answer.body)
        self.assertEqual(daemon.token, token)
        self.assertEqual({key: self.row(key) for key in before}, before)
        self.assertEqual([row["pluginKey"] for row in daemon.get("/api/plugins").json()], ["collet.calc", "a.disabled", "fault.init-error"])
        self.assertEqual(tools_of(daemon, "a.disabled") + tools_of(daemon, "fault.init-error") + tools_of(daemon, "an.uninstalled"), [])
        self.assertEqual(len(daemon.workers()), 1)
        self.assertEqual(daemon.post("/api/plugins/a.disabled/enable").json()["status"], "ready")
        self.assertEqual(daemon.execute("a.disabled:echo").status, 200)

    def test_acknowledged_logs_survive(self):
        daemon = self.daemon
        daemon.install(daemon.fault_plugin("spam-notifications count=3"))
        daemon.execute("fault.spam-notifications:echo")
        logs = wait_until(lambda: len(lines := daemon.get("/api/plugins/fault.spam-notifications/logs").json()) == 3 and lines, "its log lines")
        self.restarted()
        self.assertEqual(daemon.get("/api/plugins/fault.spam-notifications/logs").json(), logs)

    def test_uninstall_and_reinstall(self):
        daemon = self.daemon
        first = daemon.install(daemon.fault_plugin(key="first"))
        calc = daemon.install(CALC)
        self.assertEqual(daemon.request("DELETE", "/api/plugins/first").json()["status"], "uninstalled")
        again = daemon.install(daemon.data_dir.parent / "packages/first")
        self.assertEqual([again[name] for name in ("id", "installOrder", "status")], [first["id"], first["installOrder"], "ready"])
        self.assertEqual([row["pluginKey"] for row in daemon.get("/api/plugins").json()], ["first", "collet.calc"])

        # A purge answers the row as it was, and nothing of it is left.
        gone = daemon.request("DELETE", "/api/plugins/first?purge=true").json()
        self.assertEqual((gone["id"], gone["status"]), (first["id"], "ready"))
        for plugin in ("first", first["id"]):
            self.assertEqual(daemon.get(f"/api/plugins/{plugin}").json()["code"], "plugin_not_found")
        self.assertEqual(daemon.get("/api/plugins?status=uninstalled").json(), [])
        anew = daemon.install(daemon.data_dir.parent / "packages/first")
        self.assertNotEqual(anew["id"], first["id"])
        self.assertGreater(anew["installOrder"], calc["installOrder"])

    # ---- tools come and go with their plugin

    def test_tools_follow_the_plugin_without_a_restart(self):
        daemon, key = self.daemon, "fault.normal"
        folder = daemon.fault_plugin()

        def gone():
            self.assertEqual(tools_of(daemon, key), [])
            self.assertEqual(daemon.execute(key + ":echo").json()["code"], "tool_not_found")

        def there():
            self.assertEqual(len(tools_of(daemon, key)), 13)
            self.assertEqual(daemon.execute(key + ":echo").status, 200)

        gone()
        daemon.install(folder)
        there()
        daemon.post(f"/api/plugins/{key}/disable")
        gone()
        daemon.post(f"/api/plugins/{key}/enable")
        there()
        # A restart that fails leaves `error` and no tools; what mends it is enable.
        (folder / "mode").write_text("init-error\n")
        self.assertEqual(daemon.post(f"/api/plugins/{key}/restart").status, 502)
        self.assertEqual(self.row(key)["status"], "error")
        gone()
        (folder / "mode").write_text("normal\n")
        self.assertEqual(daemon.post(f"/api/plugins/{key}/enable").json()["lastError"], None)
        there()
        daemon.request("DELETE", f"/api/plugins/{key}")
        gone()
        self.assertEqual(daemon.workers(), [])

    def test_restart_takes_the_files_as_they_are_now(self):
        daemon = self.daemon
        folder = daemon.fault_plugin()
        daemon.install(folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["tools"] = manifest["tools"][:2]
        manifest["version"] = "1.1.0"
        (folder / "manifest.json").write_text(json.dumps(manifest))
        self.assertEqual(daemon.post("/api/plugins/fault.normal/restart").json()["version"], "1.1.0")
        self.assertEqual(tools_of(daemon, "fault.normal"), ["fault.normal:echo", "fault.normal:raw"])

    def test_a_call_in_flight_ends_with_its_plugin(self):
        daemon = self.daemon
        daemon.install(daemon.fault_plugin())
        call = self.pool.submit(daemon.execute, "fault.normal:hang")
        wait_until(lambda: worker_of(daemon, "fault.normal")["pendingRequests"] == 1, "the call in flight")
        daemon.post("/api/plugins/fault.normal/disable")
        answer = call.result(PATIENCE)
        self.assertEqual((answer.status, answer.json()["code"]), (502, "worker_unavailable"), answer.body)

    def test_many_at_once(self):
        daemon = self.daemon
        folder = daemon.fault_plugin()
        installs = list(self.pool.map(lambda _: daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True}), range(8)))
        self.assertEqual(sorted(answer.status for answer in installs), [200] + [400] * 7, "one wins")
        answers = list(self.pool.map(lambda verb: daemon.post(f"/api/plugins/fault.normal/{verb}"), ["disable", "enable", "restart"] * 8))
        self.assertLessEqual({answer.json().get("code") for answer in answers}, {None, "invalid_transition"})
        ready = self.row("fault.normal")["status"] == "ready"
        self.assertEqual((len(tools_of(daemon, "fault.normal")), len(daemon.workers())), (13, 1) if ready else (0, 0))

    def test_key_and_uuid(self):
        daemon = self.daemon
        row = daemon.install(CALC)
        for plugin in (row["pluginKey"], row["id"], row["id"].upper()):
            with self.subTest(plugin=plugin):
                path = f"/api/plugins/{plugin}"
                self.assertEqual(daemon.get(path).json()["id"], row["id"])
                self.assertEqual(tools_of(daemon, plugin), ["collet.calc:evaluate", "collet.calc:statistics"])
                self.assertEqual(daemon.get(path + "/health").json()["healthy"], True)
                self.assertEqual(daemon.get(path + "/logs").json(), [])
                self.assertEqual(daemon.get(path + "/dashboard").json()["worker"]["status"], "running")
                for verb, status in (("restart", "ready"), ("disable", "disabled"), ("enable", "ready")):
                    self.assertEqual(daemon.post(f"{path}/{verb}").json().get("status"), status, verb)
                self.assertEqual(daemon.request("DELETE", path).json()["status"], "uninstalled")
                daemon.install(CALC)
        for command in ("show", "restart", "logs", "disable", "enable"):
            self.assertEqual(daemon.cli("plugin", command, row["id"]).returncode, 0, command)
        self.assertEqual(daemon.execute("collet.calc:evaluate", {"expression": "1"}).status, 200)

    # ---- workers

    def test_a_crashed_worker_backs_off_and_runs_again(self):
        daemon = self.daemon
        daemon.install(daemon.fault_plugin())
        first = worker_of(daemon, "fault.normal")
        os.kill(first["pid"], signal.SIGKILL)
        waiting = wait_until(lambda: (worker := worker_of(daemon, "fault.normal"))["status"] == "backoff" and worker, "back-off")
        self.assertEqual((waiting["pid"], waiting["totalCrashes"]), (None, 1))
        self.assertTrue(500 <= waiting["nextRestartAt"] - waiting["lastCrashAt"] <= 1500, waiting)  # 1 s, give or take a quarter
        self.assertIn("SIGKILL", waiting["lastExit"])
        self.assertEqual(len(tools_of(daemon, "fault.normal")), 13, "its tools stay")
        refused = daemon.execute("fault.normal:echo")
        self.assertEqual((refused.status, refused.json()["code"]), (502, "worker_unavailable"))
        again = wait_until(lambda: (worker := worker_of(daemon, "fault.normal"))["status"] == "running" and worker, "its restart")
        self.assertNotEqual(again["pid"], first["pid"])
        self.assertEqual(daemon.execute("fault.normal:echo").status, 200)

    def test_plugins_start_in_parallel_and_calls_wait_for_them(self):
        daemon = self.daemon
        count, together = 8, min(8, 2 * len(os.sched_getaffinity(0)))  # no more than twice the cores at a time
        keys = [f"gated.p{number}" for number in range(count)]
        for key in keys:
            folder = daemon.fault_plugin(key=key)
            (folder / "bin/worker").write_text(GATED_WORKER)
            daemon.install(folder)
        self.daemon.kill()
        with socket.socket(socket.AF_UNIX) as gate:
            gate.bind(str(daemon.data_dir.parent / "packages/gate"))
            gate.listen()
            gate.settimeout(PATIENCE)
            daemon.start()
            self.assertEqual(len(daemon.get("/api/plugins/tools").json()), 13 * count, "listed before they run")
            calls = [self.pool.submit(daemon.execute, key + ":echo") for key in keys]
            # So many hang in their starts at the same time: one after the other would never get here.
            held = [gate.accept()[0] for _ in range(together)]
            self.assertFalse(any(call.done() for call in calls))
            for each in held:
                each.close()
            for _ in range(count - together):
                gate.accept()[0].close()
            self.assertEqual([call.result(PATIENCE).json()["result"]["content"] for call in calls], ["passed"] * count)


class Stop(unittest.TestCase):
    def test_signals_leave_no_worker_and_answer_calls(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), Daemon() as daemon, concurrent.futures.ThreadPoolExecutor(8) as pool:
                for key in ("one", "two", "three"):
                    daemon.install(daemon.fault_plugin(key=key))
                workers = daemon.workers()
                self.assertEqual(len(workers), 3)
                calls = [pool.submit(daemon.execute, key + ":hang") for key in ("one", "two", "three", "three")]
                wait_until(lambda: [worker_of(daemon, key)["pendingRequests"] for key in ("one", "two", "three")] == [1, 1, 2], "the calls in flight")
                self.assertEqual(daemon.stop(number), 0)
                self.assertFalse([pid for pid in workers if alive(pid)])
                for call in calls:
                    answer = call.result(PATIENCE)
                    self.assertEqual((answer.status, answer.json()["code"]), (503, "shutting_down"), answer.body)
                self.assertFalse((daemon.data_dir / "run.json").exists())
                self.assertIn("Stopped.", daemon.log())

    def test_stop_in_the_middle_of_a_start(self):
        with Daemon() as daemon, concurrent.futures.ThreadPoolExecutor(2) as pool:
            folder = daemon.fault_plugin()
            daemon.install(folder)
            (folder / "mode").write_text("init-hang\n")
            restart = pool.submit(daemon.post, "/api/plugins/fault.normal/restart")
            wait_until(lambda: worker_of(daemon, "fault.normal")["status"] == "starting", "the start")
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(restart.result(PATIENCE).json()["code"], "shutting_down")
            # That is no fault of the plugin's: it comes back.
            (folder / "mode").write_text("normal\n")
            daemon.start()
            self.assertEqual(daemon.execute("fault.normal:echo").status, 200)

    def test_a_second_signal_does_not_wait_and_leaves_no_worker_either(self):
        with Daemon() as daemon:
            daemon.install(daemon.fault_plugin("ignore-shutdown"))
            (worker,) = daemon.workers()
            self.addCleanup(lambda: alive(worker) and os.kill(worker, signal.SIGKILL))
            daemon.process.send_signal(signal.SIGINT)
            wait_until(lambda: "Once more to stop at once." in daemon.log(), "its words")
            daemon.process.send_signal(signal.SIGINT)
            daemon.process.wait(5)  # long before the worker's grace of 10 s is over
            wait_until(lambda: not alive(worker), "the worker of a daemon that was told to stop at once", patience=2)


class Start(unittest.TestCase):
    """What `collet serve` refuses, and how it says so."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-start-")))

    def serve(self, daemon, *options):
        """A `collet serve` that is expected to end by itself: its exit code and what it says."""
        done = daemon.cli("serve", *options, patience=20)
        self.assertNotIn("Sanitizer", done.stderr)
        return done.returncode, done.stderr

    def test_one_daemon_a_data_folder(self):
        with Daemon() as daemon:
            code, error = self.serve(daemon, "--data-dir", daemon.data_dir, "--listen", "127.0.0.1:0")
            self.assertEqual(code, 4)
            self.assertIn(f"error: the data folder {daemon.data_dir} is in use by the process {daemon.process.pid}\n"
                          "  hint: stop that one, or choose another folder with --data-dir\n", error)
            self.assertEqual(daemon.cli("plugin", "list").returncode, 0, "the first one is as it was, and is found")

    def test_a_taken_port_names_its_owner(self):
        with Daemon() as daemon:
            code, error = self.serve(daemon, "--data-dir", self.folder / "other", "--listen", f"127.0.0.1:{daemon.port}")
            self.assertEqual(code, 4)
            self.assertIn(f"error: port {daemon.port} on 127.0.0.1 is taken by collet (pid {daemon.process.pid})\n", error)
            self.assertRegex(error, r"hint: .*--listen 127\.0\.0\.1:\d+")
            self.assertFalse((self.folder / "other/run.json").exists())

    def test_no_auth_is_for_loopback_only(self):
        unused = Daemon(data_dir=self.folder / "data")
        for address in ("0.0.0.0:0", "[::]:0"):
            code, error = self.serve(unused, "--no-auth", "--listen", address)
            self.assertEqual(code, 2)
            self.assertIn("without authentication everybody who reaches", error)
        with Daemon("--no-auth") as daemon:
            self.assertIsNone(daemon.token)
            self.assertEqual(daemon.get("/api/plugins", token=None).json(), [])
            self.assertIn("authentication is off", daemon.log())

    def test_mistakes_in_the_configuration(self):
        config = self.folder / "collet.toml"
        unused = Daemon(data_dir=self.folder / "data")
        for text, words in (
                ('[http]\nallowed_host = []\n', f"{config}:2: there is no key http.allowed_host\n  hint: did you mean http.allowed_hosts?\n"),
                ("[workers]\nkill_grace = 5\n", f"{config}:2: "),
                ("listen = \n", f"{config}:1")):
            config.write_text(text)
            code, error = self.serve(unused, "--config", config)
            self.assertEqual(code, 2, error)
            self.assertIn(words, error)
        self.assertEqual(self.serve(unused, "--config", self.folder / "absent.toml")[0], 2)

    def test_the_token(self):
        with Daemon() as daemon:
            file = daemon.data_dir / "operator-token"
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE((daemon.data_dir / "run.json").stat().st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(daemon.data_dir.stat().st_mode), 0o700)
            self.assertGreaterEqual(len(daemon.token), 32)
            for token in (None, "wrong", daemon.token[:-1], daemon.token + "x"):
                answer = daemon.get("/api/plugins", token=token)
                self.assertEqual((answer.status, answer.json()["code"]), (401, "unauthorized"))
                self.assertIn("operator-token", answer.json()["remedy"])
                self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="collet"')
            self.assertEqual(daemon.get("/healthz", token=None).status, 200)

            daemon.stop()
            file.chmod(0o640)
            code, error = self.serve(daemon, "--data-dir", daemon.data_dir)
            self.assertEqual(code, 4)
            self.assertIn(f"chmod 600 {file}", error)


if __name__ == "__main__":
    unittest.main(argv=["lifecycle_test"], verbosity=2)
