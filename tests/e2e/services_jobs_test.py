#!/usr/bin/env python3
"""Jobs, webhooks and what plugins report, with a worker that is nothing but lines of JSON-RPC."""

import contextlib
import hashlib
import hmac
import http.client
import json
import sqlite3
import unittest

from daemon import Daemon, wait_until

# What it is told stands in a file, byte by byte; what it asks its host, and how it answers, is in the job's key.
WORKER = r'''#!/usr/bin/env python3
import json, os, sys
seen = open(os.environ["COLLET_PLUGIN_DATA_DIR"] + "/seen", "ab", buffering=0)
held = []
def say(line):
    sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()
def answer(id, result):
    say('{"jsonrpc":"2.0","id":%s,"result":%s}' % (json.dumps(id), result))
asked = {}
def ask(method, params, then=None):
    asked[len(asked) + 1] = then
    say('{"jsonrpc":"2.0","id":%d,"method":"%s","params":%s}' % (len(asked), method, params))
for line in sys.stdin.buffer:
    message = json.loads(line)
    method, id = message.get("method"), message.get("id")
    if method is None:
        then = asked[id]
        if then is not None:
            answer(then, json.dumps({"content": json.dumps({
k: message[k] for k in ("result", "error") if k in message})}))
    elif method == "initialize":
        answer(id, '{"ok":true,"supportedMethods":["handleWebhook"]}')
    elif method == "shutdown":
        answer(id, "null")
        sys.exit(0)
    elif method == "runJob":
        seen.write(line)
        key = message["params"]["job"]["jobKey"]
        if key == "fails":
            say('{"jsonrpc":"2.0","id":%d,"error":{"code":-32002,"message":"out of cheese"}}' % id)
        elif key == "holds":
            held.append(id)
        else:
            answer(id, "null")
    elif method == "handleWebhook":
        seen.write(line)
        if message["params"]["endpointKey"] == "refuses":
            say('{"jsonrpc":"2.0","id":%d,"error":{"code":-32002,"message":"bad signature"}}' % id)
        else:
            answer(id, "null")
    elif method == "executeTool":
        parameters = message["params"]["parameters"]
        if parameters.get("release"):
            for one in held:
                answer(one, "null")
            held.clear()
            answer(id, '{"content":"released"}')
        elif parameters.get("notify"):
            say('{"jsonrpc":"2.0","method":"%s","params":%s}' % (parameters["notify"], parameters["params"]))
            answer(id, '{"content":"told"}')
        else:
            ask(parameters["method"], parameters["params"], id)
    else:
        answer(id, "{}")
'''

MANIFEST = {
    "id": "acme.jobs", "apiVersion": 1, "version": "1.0.0", "displayName": "Jobs", "description": "Jobs and webhooks", "author": "Acme",
    "categories": ["automation"], "entrypoints": {"worker": "worker.py"},
    "capabilities": ["agent.tools.register", "jobs.schedule", "webhooks.receive", "activity.log.write", "metrics.write", "telemetry.track"],
    "tools": [{"name": "do", "displayName": "Do", "description": "Asks the host", "parametersSchema": {"type": "object"}}],
    "jobs": [{"jobKey": "works", "displayName": "Works", "schedule": "0 4 * * *"}, {"jobKey": "fails", "displayName": "Fails", "schedule": "0 5 * * 1-5"},
             {"jobKey": "holds", "displayName": "Holds"}, {"jobKey": "never", "displayName": "Never", "schedule": "0 0 30 2 *"}],
    "webhooks": [{"endpointKey": "push", "displayName": "Push"}, {"endpointKey": "refuses", "displayName": "Refuses"}],
}
JOBS = "/api/plugins/acme.jobs/jobs"
PUSH = "/api/plugins/acme.jobs/webhooks/push"


class Fixture(unittest.TestCase):
    def daemon_with(self, config="", manifest=MANIFEST):
        daemon = Daemon()
        folder = daemon.data_dir.parent
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "collet.toml").write_text(config)
        daemon.options = ("--config", folder / "collet.toml")
        self.enterContext(daemon)
        package = folder / "packages" / "jobs"
        package.mkdir(parents=True)
        (package / "worker.py").write_text(WORKER)
        (package / "worker.py").chmod(0o755)
        (package / "manifest.json").write_text(json.dumps(manifest))
        daemon.install(package)
        return daemon

    @staticmethod
    def seen(daemon):
        """The lines that the worker was told, as bytes."""
        return (daemon.data_dir / "plugin-data/acme.jobs/seen").read_bytes().splitlines()

    def ask(self, daemon, method, params):
        """What the worker gets from its host."""
        answer = daemon.execute("acme.jobs:do", {"method": method, "params": params})
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.json()["result"]["content"])


class Jobs(Fixture):
    def test_a_job_by_hand(self):
        daemon = self.daemon_with()
        jobs = {job["jobKey"]: job for job in daemon.get(JOBS).json()}
        self.assertEqual({
key: job["status"] for key, job in jobs.items()}, {"works": "active", "fails": "active", "holds": "active", "never": "failed"})
        self.assertRegex(jobs["works"]["nextRunAt"], r"^\d{4}-\d\d-\d\dT\d\d:00:00.000Z$")
        self.assertIn("is never due", jobs["never"]["problem"])
        wait_until(lambda: "is never due" in daemon.log(), "the line of the log")

        started = daemon.post(f"{JOBS}/works/trigger").json()
        (run,) = wait_until(lambda: [run for run in daemon.get(f"{JOBS}/works/runs").json() if run["status"] != "running"], "the end of the run")
        self.assertEqual((run["id"], run["status"], run["trigger"], run["error"]), (started["runId"], "succeeded", "manual", None))
        (line,) = self.seen(daemon)
        self.assertRegex(line.decode(), r'^\{"jsonrpc":"2\.0","id":\d+,"method":"runJob","params":\{"job":\{"jobKey":"works","runId":"%s","trigger":"manual",'
                         r'"scheduledAt":"[^"]+Z"\}\}\}$' % run["id"])
        failed = daemon.post(f"{JOBS}/fails/trigger?wait=true").json()["run"]
        self.assertEqual((failed["status"], failed["error"]), ("failed", "out of cheese"))
        self.assertIsNotNone({job["jobKey"]: job for job in daemon.get(JOBS).json()}["fails"]["lastRunAt"])
        recent = daemon.get("/api/plugins/acme.jobs/dashboard").json()["recentJobRuns"]
        self.assertEqual([(run["jobKey"], run["status"]) for run in recent], [("fails", "failed"), ("works", "succeeded")])

    def test_a_job_does_not_overlap_itself(self):
        daemon = self.daemon_with()
        self.assertEqual(daemon.post(f"{JOBS}/holds/trigger").status, 200)
        again = daemon.post(f"{JOBS}/holds/trigger")
        self.assertEqual((again.status, again.json()["error"]), (400, 'Job "holds" is already running — cannot trigger while in progress'))
        wait_until(lambda: b"holds" in b"".join(self.seen(daemon)), "the worker to be told")
        daemon.execute("acme.jobs:do", {"release": True})
        wait_until(lambda: daemon.get(f"{JOBS}/holds/runs").json()[0]["status"] == "succeeded", "the end of the run")
        self.assertEqual(daemon.post(f"{JOBS}/holds/trigger").status, 200)
        daemon.execute("acme.jobs:do", {"release": True})

    def test_a_job_that_is_due(self):
        """It waits for the minute to end; that schedules are kept in general is tested in virtual time."""
        manifest = {**MANIFEST, "jobs": [{"jobKey": "works", "displayName": "Works", "schedule": "* * * * *"}]}
        daemon = self.daemon_with(manifest=manifest)
        run = wait_until(lambda: daemon.get(f"{JOBS}/works/runs").json(), "the minute", patience=90)[0]
        self.assertEqual(run["trigger"], "schedule")
        self.assertRegex(run["scheduledAt"], r":00\.000Z$")
        self.assertIn(b'"trigger":"schedule"', wait_until(lambda: self.seen(daemon), "the worker to be told")[0])

    def test_a_plugin_that_is_stopped_cancels_its_runs(self):
        daemon = self.daemon_with('[workers]\ndrain_grace = "50ms"\n')
        daemon.post(f"{JOBS}/holds/trigger")
        wait_until(lambda: self.seen(daemon), "the worker to be told")
        daemon.post("/api/plugins/acme.jobs/disable")
        (run,) = daemon.get(f"{JOBS}/holds/runs").json()
        self.assertEqual(run["status"], "cancelled")
        self.assertEqual({job["status"] for job in daemon.get(JOBS).json()}, {"paused"})
        self.assertEqual(daemon.post(f"{JOBS}/works/trigger").json()["code"], "invalid_transition")

    def test_a_time_limit(self):
        daemon = self.daemon_with('[jobs]\ntimeout = "100ms"\n')
        run = daemon.post(f"{JOBS}/holds/trigger?wait=true").json()["run"]
        self.assertEqual(run["status"], "failed")
        self.assertRegex(run["error"], r"did not answer within \d+ ms")
        daemon.execute("acme.jobs:do", {"release": True})

    def test_a_killed_daemon_leaves_no_run_open(self):
        daemon = self.daemon_with()
        daemon.post(f"{JOBS}/holds/trigger")
        wait_until(lambda: self.seen(daemon), "the worker to be told")
        with daemon.audit.work():
            daemon.kill()
            daemon.start()
        (run,) = daemon.get(f"{JOBS}/holds/runs").json()
        self.assertEqual((run["status"], run["error"]), ("failed", "the host ended before the job did"))

    def test_the_command_line(self):
        daemon = self.daemon_with()
        ran = daemon.cli("plugin", "jobs", "acme.jobs", "run", "works")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        self.assertRegex(ran.stdout, r"^Ran works in \d+\.\d s\.\n$")
        failed = daemon.cli("plugin", "jobs", "acme.jobs", "run", "fails")
        self.assertEqual((failed.returncode, failed.stdout), (4, ""))
        self.assertIn("the job fails failed: out of cheese", failed.stderr)
        self.assertRegex(daemon.cli("plugin", "jobs", "acme.jobs", "runs", "fails").stdout, r"^\S+ \S+  manual  failed  \d+\.\d s  out of cheese\n$")
        self.assertRegex(daemon.cli("plugin", "jobs", "acme.jobs").stdout, r"(?m)^works +0 4 \* \* \* +active .* Works$")


class Webhooks(Fixture):
    def test_a_signed_webhook_byte_by_byte(self):
        daemon = self.daemon_with('[plugin."acme.jobs"]\nwebhooks = "open"\n')
        wait_until(lambda: "may send webhooks to the plugin acme.jobs" in daemon.log(), "the line of the log")
        body = '{ "n": 1.0, "big":1234567890123456789012345,\r\n"ü":"\\ud800 \u2028", "n":2}'.encode()
        signature = "sha256=" + hmac.new(b"secret", body, hashlib.sha256).hexdigest()
        answer = daemon.post(PUSH, body, token=None, headers={"X-Hub-Signature-256": signature, "Content-Type": "application/json; charset=utf-8"})
        self.assertEqual((answer.status, answer.json()["status"]), (200, "success"))
        params = json.loads(self.seen(daemon)[0])["params"]
        raw = params["rawBody"].encode()
        self.assertEqual(raw, body)
        self.assertEqual(params["headers"]["x-hub-signature-256"], "sha256=" + hmac.new(b"secret", raw, hashlib.sha256).hexdigest())
        self.assertEqual((params["endpointKey"], params["requestId"]), ("push", answer.json()["deliveryId"]))
        self.assertEqual(params["parsedBody"]["big"], 1234567890123456789012345)
        # Nothing but white space between tokens is gone.
        self.assertIn('"parsedBody":{"n":1.0,"big":1234567890123456789012345,"ü":"\\ud800 \u2028","n":2}'.encode(), self.seen(daemon)[0])
        form = daemon.post(PUSH, b"a=b&c", token=None, headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(form.status, 200)
        params = json.loads(self.seen(daemon)[1])["params"]
        self.assertEqual((params["rawBody"], params.get("parsedBody", "none")), ("a=b&c", "none"))

    def test_who_may_send(self):
        daemon = self.daemon_with()
        self.assertEqual(daemon.post(PUSH, b"x", token=None).status, 401)
        self.assertEqual(daemon.post(PUSH, b"x").status, 200)
        (line,) = self.seen(daemon)
        self.assertNotIn(daemon.token.encode(), line)
        self.assertNotIn(b"authorization", line)
        self.assertEqual(daemon.post("/api/plugins/acme.jobs/webhooks/pull", b"x").status, 404)

    def test_what_became_of_them(self):
        daemon = self.daemon_with()
        daemon.post(PUSH, b"12345")
        refused = daemon.post("/api/plugins/acme.jobs/webhooks/refuses", b"")
        self.assertEqual((refused.status, refused.json()["status"], refused.json()["error"]), (500, "failed", "bad signature"))
        second, first = daemon.get("/api/plugins/acme.jobs/dashboard").json()["recentWebhookDeliveries"]
        self.assertEqual((first["webhookKey"], first["status"], first["bodyBytes"], first["error"]), ("push", "success", 5, None))
        self.assertEqual((second["id"], second["webhookKey"], second["status"], second["error"]),
                         (refused.json()["deliveryId"], "refuses", "failed", "bad signature"))
        daemon.post("/api/plugins/acme.jobs/disable")
        self.assertEqual(daemon.post(PUSH, b"x").json()["error"], "Plugin is not ready (current status: disabled)")

    def test_a_body_has_a_limit(self):
        daemon = self.daemon_with('[http]\nbody_bytes_max = 2000\n[plugin."acme.jobs"]\nwebhooks = "open"\n')
        self.assertEqual(daemon.post(PUSH, b"x" * 2000, token=None).status, 200)
        self.assertEqual(daemon.post(PUSH, b"x" * 2001, token=None).status, 413)
        self.assertEqual(len(self.seen(daemon)), 1)

    def test_a_sender_that_does_not_wait(self):
        daemon = self.daemon_with('[plugin."acme.jobs"]\nwebhooks = "open"\n')
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port)
        connection.request("POST", PUSH, b"x")
        connection.close()
        wait_until(lambda: [one["status"] for one in daemon.get("/api/plugins/acme.jobs/dashboard").json()["recentWebhookDeliveries"]] == ["success"],
                   "the delivery to be recorded")


class Reports(Fixture):
    def test_activity_and_telemetry(self):
        daemon = self.daemon_with()
        self.assertEqual(self.ask(daemon, "activity.log", '{"companyId":"acme","message":"did it","entityType":"issue","entityId":"7","metadata":{"n":1.0}}'),
                         {"result": None})
        self.assertEqual(self.ask(daemon, "telemetry.track", '{"eventName":"done","dimensions":{"ok":true}}'), {"result": None})
        self.assertEqual(self.ask(daemon, "telemetry.track", '{"eventName":"Done"}')["error"]["code"], -32603)
        telemetry, activity = daemon.get("/api/plugins/acme.jobs/activity").json()
        self.assertEqual((activity["companyId"], activity["message"], activity["entityType"], activity["entityId"], activity["metadata"]),
                         ("acme", "did it", "issue", "7", {"n": 1.0}))
        self.assertEqual((telemetry["kind"], telemetry["message"], telemetry["metadata"]), ("telemetry", "plugin.acme.jobs.done", {"ok": True}))
        shown = daemon.cli("plugin", "activity", "acme.jobs", "--kind", "activity").stdout
        self.assertRegex(shown, r'^\S+ \S+  activity  issue 7  did it  \{"n":1\.0\}\n$')

    def test_metrics_are_lines_and_series(self):
        daemon = self.daemon_with()
        for value in (3, 4.5):
            self.assertEqual(self.ask(daemon, "metrics.write", json.dumps({"name": "sync.items", "value": value, "tags": {"to-do": "a \"b\""}})), {"result": None})
        page = daemon.get("/metrics").body.decode()
        labels = r'{plugin="acme.jobs",name="sync.items",tag_to_do="a \"b\""}'
        for line in (f"collet_plugin_metric{labels} 4.5", f"collet_plugin_metric_sum{labels} 7.5", f"collet_plugin_metric_points_total{labels} 2"):
            self.assertIn("\n" + line + "\n", page)
        logs = wait_until(lambda: daemon.get("/api/plugins/acme.jobs/logs?level=metric").json(), "the lines")
        self.assertEqual((logs[0]["message"], logs[0]["meta"]), ("sync.items", {"value": 4.5, "tags": {"to-do": 'a "b"'}}))
        self.assertRegex(daemon.cli("plugin", "logs", "acme.jobs", "--level", "metric").stdout, r"(?m)^\S+ \S+  metric  sync\.items ")
        daemon.request("DELETE", "/api/plugins/acme.jobs")
        self.assertNotIn("sync.items", daemon.get("/metrics").body.decode())

    def test_log_lines_of_a_company(self):
        daemon = self.daemon_with()
        self.assertEqual(self.ask(daemon, "log", '{"level":"warn","message":"asked","companyId":"acme"}'), {"result": None})
        daemon.execute("acme.jobs:do", {"notify": "log", "params": '{"level":"info","message":"told","companyId":"globex","meta":{"a":1}}'})
        daemon.execute("acme.jobs:do", {"notify": "log", "params": '{"level":"info","message":"of nobody"}'})

        def messages(query):
            return [line["message"] for line in daemon.get("/api/plugins/acme.jobs/logs" + query).json()]
        wait_until(lambda: len(messages("")) == 3, "the lines")
        self.assertEqual((messages("?companyId=acme"), messages("?companyId=globex"), messages("")), (["asked"], ["told"], ["of nobody", "told", "asked"]))
        self.assertEqual(daemon.cli("plugin", "logs", "acme.jobs", "--company", "acme").stdout.split()[-1], "asked")


class Tables(Fixture):
    def test_everything_goes_with_its_plugin(self):
        daemon = self.daemon_with()
        daemon.post(f"{JOBS}/works/trigger?wait=true")
        daemon.post(PUSH, b"x")
        self.ask(daemon, "activity.log", '{"message":"m"}')
        daemon.request("DELETE", "/api/plugins/acme.jobs?purge=true")
        with contextlib.closing(sqlite3.connect(f"file:{daemon.data_dir}/collet.db?mode=ro", uri=True)) as database:
            for table in ("plugin_job_runs", "plugin_webhook_deliveries", "plugin_activity", "plugin_logs"):
                self.assertEqual(database.execute(f"SELECT count(*) FROM {table}").fetchone(), (0,), table)


if __name__ == "__main__":
    unittest.main(argv=["services_jobs_test"], verbosity=2)
