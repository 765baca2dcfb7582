#!/usr/bin/env python3
"""Events between plugins, streams to clients, and what a user interface asks of a worker."""

import json
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import time
import unittest

from daemon import Daemon, wait_until
from event_stream import EventStream
from host_audit import HostAudit

WORKER = pathlib.Path(__file__).with_name("events_worker.py")
CONFIG = '[workers]\nrestart_first = "100ms"\n'
FLOOD = 10_000
QUEUED_MAX = 5_000  # events that may wait for a plugin
IN_FLIGHT_MAX = 64
STREAMS_MAX = 128


class EventsTest(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-")))
        (folder / "collet.toml").write_text(CONFIG)
        self.daemon = self.enterContext(Daemon("--config", folder / "collet.toml"))

    def install(self, key, capabilities=("events.subscribe", "events.emit", "plugin.state.read"), instances=1, **habits):
        folder = self.daemon.data_dir.parent / "packages" / key
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(WORKER, folder / "worker.py")
        (folder / "worker.py").chmod(0o755)
        (folder / "habits.json").write_text(json.dumps(habits))
        tools = [{"name": name, "displayName": name, "description": name, "parametersSchema": {"type": "object"}} for name in ("emit", "stream", "rest", "echo")]
        (folder / "manifest.json").write_text(json.dumps({
            "id": key, "apiVersion": 1, "version": "1.0.0", "displayName": key, "description": "Talks.", "author": "Collet", "categories": ["automation"],
            "capabilities": ["agent.tools.register", *capabilities], "entrypoints": {"worker": "worker.py"}, "tools": tools, "collet": {"instances": instances}}))
        return self.daemon.install(folder)

    def heard(self, key):
        """The events that a plugin's workers had, in order."""
        file = self.daemon.data_dir.parent / "packages" / key / "heard.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def call(self, tool, company="acme", **parameters):
        answer = self.daemon.execute(tool, parameters, runContext={"companyId": company})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["result"]

    def dashboard(self, key):
        return self.daemon.get(f"/api/plugins/{key}/dashboard").json()

    def counter(self, name, key, labels=""):
        """By /metrics: a dashboard would ask the worker for its health."""
        return HostAudit.counters(self.daemon).get(f'collet_{name}{{plugin="{key}"{labels}}}', 0)


class Events(EventsTest):
    def test_two_plugins_talk_to_each_other(self):
        self.install("ping", subscribe=[{"eventPattern": "plugin.pong.*", "filter": None}])
        self.install("pong", reply="answer", subscribe=[{"eventPattern": "plugin.ping.ask", "filter": {"projectId": "p"}}])
        self.assertEqual(self.call("ping:emit", name="ask", count=20, payload={"projectId": "p"})["data"], {"accepted": 20, "refusal": None})
        self.call("ping:emit", name="ask", payload={"projectId": "q"})
        self.call("ping:emit", name="other", payload={"projectId": "p"})
        wait_until(lambda: len(self.heard("ping")) == 20, "every answer")
        self.assertEqual([event["payload"]["n"] for event in self.heard("ping")], list(range(20)), "in their order")
        self.assertEqual(len(self.heard("pong")), 20, "nothing that its filter keeps away")
        event = self.heard("ping")[0]
        self.assertEqual(set(event), {"eventId", "eventType", "companyId", "occurredAt", "actorType", "actorId", "payload", "invocation"})
        self.assertEqual((event["eventType"], event["companyId"], event["actorType"], event["actorId"]), ("plugin.pong.answer", "acme", "plugin", "pong"))
        self.assertRegex(event["occurredAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(event["invocation"]["scope"], {"companyId": "acme"})
        wait_until(lambda: self.dashboard("ping")["events"]["delivered"] == 20, "the last acknowledgement")
        self.assertEqual(self.dashboard("ping")["events"], {
            "subscriptions": 1, "waiting": 0, "inFlight": 0, "emitted": 22, "delivered": 20, "returned": 0, "refused": 0,
            "lost": {"queueFull": 0, "unheard": 0, "unanswered": 0, "deadly": 0}})

    def test_a_plugin_of_several_processes_hears_once(self):
        self.install("talker")
        self.install("many", instances=3, subscribe=[{"eventPattern": "plugin.talker.*"}])
        self.assertEqual(self.counter("event_subscriptions", "many"), 3)
        self.call("talker:emit", name="news", count=50)
        wait_until(lambda: self.counter("events_delivered_total", "many") == 50, "every acknowledgement")
        self.assertEqual([event["payload"]["n"] for event in self.heard("many")], list(range(50)))

    def test_what_may_not_be_emitted(self):
        self.install("talker")
        self.install("mute", capabilities=())
        self.assertEqual(self.call("talker:emit", name="plugin.other.done")["data"], {
            "accepted": 0, "refusal": 'Plugin "talker" must not include the "plugin." prefix when emitting events. '
                                      'Emit the bare event name (e.g. "sync-done") and the bus will namespace it automatically.'})
        self.assertEqual(self.call("talker:emit", name="")["data"]["refusal"], 'Plugin "talker" must provide a non-empty event name.')
        self.assertIn("missing required capability", self.call("mute:emit", name="x")["data"]["refusal"])

    def test_what_happens_to_plugins_is_told(self):
        self.install("watcher", subscribe=[{"eventPattern": "plugin.*"}])
        other = self.install("other")
        self.daemon.post("/api/plugins/other/disable", {"reason": "night"})
        self.daemon.post("/api/plugins/other/enable")
        self.daemon.request("DELETE", "/api/plugins/other?purge=true")

        def of_other():
            return [event for event in self.heard("watcher") if event["payload"]["pluginKey"] == "other"]

        wait_until(lambda: [event["eventType"] for event in of_other()][-1:] == ["plugin.worker_stopped"] and len(of_other()) > 10, "the last of it")
        self.assertEqual([event["eventType"].partition(".")[2] for event in of_other()], [
            "worker_started", "loaded", "enabled", "status_changed",
            "disabled", "status_changed", "worker_stopped",
            "worker_started", "enabled", "status_changed",
            "unloaded", "status_changed", "worker_stopped"])
        loaded = of_other()[1]
        self.assertEqual((loaded["actorType"], loaded["entityType"], loaded["entityId"]), ("system", "plugin", other["id"]))
        self.assertEqual(loaded["payload"], {"pluginId": other["id"], "pluginKey": "other", "previousStatus": "installed", "status": "ready", "version": "1.0.0"})
        self.assertEqual(of_other()[4]["payload"]["reason"], "night")
        self.assertEqual(of_other()[10]["payload"]["removeData"], True)

    def test_a_worker_that_dies_before_it_acknowledges_hears_again(self):
        self.install("talker")
        self.install("mortal", subscribe=[{"eventPattern": "plugin.talker.*"}])
        self.call("talker:emit", name="news", count=10, fatal=3)
        wait_until(lambda: self.counter("events_delivered_total", "mortal") == 10, "ten acknowledgements")
        numbers = [event["payload"]["n"] for event in self.heard("mortal")]
        self.assertEqual(numbers[:4], [0, 1, 2, 3])
        self.assertEqual(numbers[-7:], [3, 4, 5, 6, 7, 8, 9], "what was not acknowledged comes again, in order")
        self.assertEqual(self.counter("worker_crashes_total", "mortal"), 1)
        self.assertGreaterEqual(self.counter("events_returned_total", "mortal"), 1)
        for why in ("queue_full", "unheard", "unanswered", "deadly"):
            self.assertEqual(self.counter("events_lost_total", "mortal", f',why="{why}"'), 0)

    def test_a_flood_before_a_deaf_subscriber_is_bounded_and_disturbs_nobody(self):
        self.install("talker")
        self.install("deaf", hears=False, subscribe=[{"eventPattern": "plugin.talker.*"}])
        self.install("hears", subscribe=[{"eventPattern": "plugin.talker.*"}])
        self.assertEqual(self.call("talker:emit", name="news", count=FLOOD)["data"]["accepted"], FLOOD)
        self.assertEqual(self.counter("events_in_flight", "deaf"), IN_FLIGHT_MAX)
        self.assertEqual(self.counter("events_waiting", "deaf"), QUEUED_MAX - IN_FLIGHT_MAX)
        self.assertEqual(self.counter("events_lost_total", "deaf", ',why="queue_full"'), FLOOD - QUEUED_MAX)
        self.assertIn("events for a plugin were lost plugin=deaf", self.daemon.log())
        begin = time.monotonic()
        self.assertEqual(self.call("deaf:echo", n=1)["data"], {"n": 1}, "its calls go on")
        self.assertLess(time.monotonic() - begin, 10)

        def is_through():
            return self.counter("events_delivered_total", "hears") + self.counter("events_lost_total", "hears", ',why="queue_full"') == FLOOD

        wait_until(is_through, "the other subscriber")
        numbers = [event["payload"]["n"] for event in self.heard("hears")]
        self.assertEqual(numbers, sorted(set(numbers)), "each once, and in order")
        self.assertEqual(numbers[-1], FLOOD - 1)
        self.daemon.post("/api/plugins/deaf/disable")  # or the daemon would wait for its answers at its end
        self.assertEqual(self.counter("events_waiting", "deaf"), 0)


class Streams(EventsTest):
    def stream(self, channel="chat", company="acme", key="speaker"):
        return EventStream(self.daemon, f"/api/plugins/{key}/bridge/stream/{channel}?companyId={company}")

    def say(self, *said, **more):
        self.call("speaker:stream", channel="chat", say=said, **more)

    def test_a_client_hears_its_channel_and_company_also_after_a_crash(self):
        plugin = self.install("speaker")
        with self.stream() as stream, self.stream(key=plugin["id"]) as twin, self.stream(company="other") as other, self.stream("logs") as logs:
            self.assertEqual(stream.headers["content-type"], "text/event-stream")
            self.say(["open", None], ["emit", {"n": 1, "text": "a\nb"}])
            for listener in (stream, twin):
                self.assertEqual(listener.next(), ("open", "null"))
                self.assertEqual(listener.next(), ("message", '{"n":1,"text":"a\\nb"}'))
            os.kill(self.dashboard("speaker")["worker"]["pid"], signal.SIGKILL)
            for listener in (stream, twin):
                self.assertEqual(listener.next(), ("close", "null"), "the host closes what a dead worker left open")
            wait_until(lambda: self.dashboard("speaker")["worker"]["status"] == "running", "its restart")
            self.say(["emit", {"n": 2}], ["close", None])
            for listener in (stream, twin):
                self.assertEqual([listener.next(), listener.next()], [("message", '{"n":2}'), ("close", "null")])
            self.assertEqual(self.counter("stream_listeners", "speaker"), 4)
            self.say(["emit", "for the other"], company="other")
            self.assertEqual(other.next(), ("message", '"for the other"'), "and nothing before it")
            self.call("speaker:stream", channel="logs", say=[["emit", 3]])
            self.assertEqual(logs.next(), ("message", "3"))
        wait_until(lambda: self.counter("stream_listeners", "speaker") == 0, "that they are gone")

    def test_streams_end_with_their_plugin_and_with_the_daemon(self):
        self.install("speaker")
        with self.stream() as stream:
            self.daemon.request("DELETE", "/api/plugins/speaker")
            self.assertIsNone(stream.next())
        self.install("speaker")
        with self.stream() as stream:
            begin = time.monotonic()
            self.assertEqual(self.daemon.stop(), 0)
            self.assertIsNone(stream.next())
            self.assertLess(time.monotonic() - begin, 5, "nobody waits for a client")

    def test_streams_are_limited(self):
        self.install("speaker")
        with self.stream() as last:
            for _ in range(STREAMS_MAX - 1):
                self.assertEqual(self.enterContext(self.stream()).status, 200)
            with self.stream() as refused:
                self.assertEqual(refused.status, 503)
                self.assertEqual(json.loads(refused.body)["code"], "overloaded")
            self.say(["emit", 1])
            self.assertEqual(last.next(), ("message", "1"))


class Bridge(EventsTest):
    def setUp(self):
        super().setUp()
        self.install("panel")

    def ask(self, path, body=None, status=200, **more):
        answer = self.daemon.post(f"/api/plugins/panel/{path}", body, **more)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()["data"] if status == 200 else answer.json()

    def test_data_and_actions(self):
        actor = {"type": "user", "userId": "local-board", "agentId": None, "runId": None}
        for data, action in (("bridge/data", "bridge/action"), ("data/echo", "actions/echo")):
            got = self.ask(data, {"key": "echo", "params": {"a": 1}, "companyId": "acme", "renderEnvironment": {"w": 1}})
            self.assertEqual(got.pop("invocation")["scope"], {"companyId": "acme"})
            self.assertEqual(got, {"key": "echo", "companyId": "acme", "params": {"a": 1}, "renderEnvironment": {"w": 1}})
            got = self.ask(action, {"key": "echo", "params": {"a": 1}, "companyId": "acme"})
            self.assertEqual(got.pop("invocation")["scope"], {"companyId": "acme"})
            self.assertEqual(got, {"key": "echo", "params": {"a": 1, "companyId": "acme"}, "actorContext": {**actor, "companyId": "acme"}, "renderEnvironment": None})
        self.assertIsNone(self.ask("data/state", {"params": {"company": "acme"}, "companyId": "acme"})["result"], "it may ask back")

    def test_what_goes_wrong(self):
        self.assertEqual(self.ask("data/absent", status=502), {"code": "WORKER_ERROR", "message": 'No data handler registered for key "absent"'})
        self.assertEqual(self.ask("data/silent", {"timeoutMs": 50}, status=502)["code"], "TIMEOUT")
        self.assertEqual(self.ask("actions/silent", status=502, headers={"X-Collet-Timeout-Ms": "50"})["code"], "TIMEOUT")
        self.assertEqual(self.ask("bridge/data", {}, status=400)["error"], '"key" is required and must be a string')
        self.assertEqual(self.ask("data/echo", {"companyId": ""}, status=400)["error"], '"companyId" must be a non-empty string when provided')
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.ask("data/silent", status=502)))
        waiting.start()
        wait_until(lambda: self.counter("worker_pending_requests", "panel") >= 1, "a request that waits")
        os.kill(self.dashboard("panel")["worker"]["pid"], signal.SIGKILL)
        waiting.join()
        self.assertEqual(answers[0]["code"], "WORKER_UNAVAILABLE")
        self.daemon.post("/api/plugins/panel/disable")
        self.assertEqual(self.ask("data/echo", status=502), {"code": "WORKER_UNAVAILABLE", "message": "Plugin is not ready (current status: disabled)"})

    def test_the_command_line(self):
        got = self.daemon.cli("plugin", "data", "panel", "echo", "--json", '{"a":1}', "--company", "acme")
        self.assertEqual(json.loads(got.stdout)["params"], {"a": 1}, got.stderr)
        got = self.daemon.cli("plugin", "action", "panel", "absent")
        self.assertEqual((got.returncode, got.stdout), (4, ""))
        self.assertIn('No data handler registered for key "absent"', got.stderr)

    def test_a_tool_may_call_the_rest_api_of_its_own_host(self):
        def inside(path, body):
            return self.call("panel:rest", url=self.daemon.url + path, token=self.daemon.token, body=body)["data"]

        nested = {"tool": "panel:echo", "parameters": {"deep": True}}
        self.assertEqual(inside("/api/plugins/tools/execute", nested)["result"]["data"], {"deep": True})
        self.assertEqual(inside("/api/plugins/panel/data/echo", {"params": {"a": 1}})["data"]["params"], {"a": 1})
        # A tool that calls a tool that calls a tool, from many callers at once.
        tower = {"tool": "panel:rest", "parameters": {"url": self.daemon.url + "/api/plugins/tools/execute", "token": self.daemon.token, "body": nested}}
        done = []
        threads = [threading.Thread(target=lambda: done.append(inside("/api/plugins/tools/execute", tower)["result"]["data"]["result"]["data"])) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(done, [{"deep": True}] * 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
