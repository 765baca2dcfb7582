#!/usr/bin/env python3
"""The REST API as its own OpenAPI document describes it, and HTTP around it."""

import http.client
import json
import re
import socket
import time
import unittest

from daemon import PATIENCE, Answer, Daemon, wait_until
from event_stream import EventStream

EVIL_HOST = {"Host": "evil.example"}
EVIL_ORIGIN = {"Origin": "http://evil.example"}
TOO_LARGE = b'{"v":"' + b"x" * (10 << 20) + b'"}'
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Document:
    """The document that the daemon serves, and what it says of an answer."""

    TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float), "null": type(None)}
    FORMATS = {"uuid": UUID, "date-time": DATE_TIME}

    def __init__(self, document):
        self.document = document
        self.operations = {(method.upper(), path): operation for path, item in document["paths"].items() for method, operation in item.items()}

    def problems(self, method, path, answer):
        """What is wrong with an answer to an operation; an empty list where all is as documented."""
        listed = self.operations[method, path]["responses"].get(str(answer.status))
        if listed is None:
            return [f"{method} {path} answers {answer.status}, which is not listed: {answer.body[:200]}"]
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind not in listed["content"]:
            return [f"{method} {path} answers {answer.status} as {kind!r}, which is not listed"]
        if kind != "application/json":
            return []
        return list(self.mismatches(listed["content"][kind]["schema"], answer.json(), f"{method} {path} {answer.status}: "))

    def resolved(self, schema):
        while "$ref" in schema:
            target = self.document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            schema = target
        return schema

    def mismatches(self, schema, value, at, whole=True):
        """As much of JSON Schema as the document uses; a keyword that is not known here fails. Nor may `value` have members that a `whole` schema
        does not declare: what an answer says is documented."""
        schema = self.resolved(schema)
        for keyword, wanted in schema.items():
            if keyword == "type":
                names = wanted if isinstance(wanted, list) else [wanted]
                fits = [name for name in names if isinstance(value, self.TYPES[name]) and not (isinstance(value, bool) and name in ("integer", "number"))]
                if not fits:
                    yield f"{at} {value!r} is no {wanted}"
            elif keyword == "enum" and value not in wanted:
                yield f"{at} {value!r} is none of {wanted}"
            elif keyword == "const" and value != wanted:
                yield f"{at} {value!r} is not {wanted!r}"
            elif keyword == "required" and isinstance(value, dict):
                yield from (f"{at} has no {name!r}" for name in wanted if name not in value)
            elif keyword == "properties" and isinstance(value, dict):
                for name in wanted.keys() & value.keys():
                    yield from self.mismatches(wanted[name], value[name], f"{at}/{name}")
            elif keyword == "items" and isinstance(value, list):
                for index, item in enumerate(value):
                    yield from self.mismatches(wanted, item, f"{at}/{index}")
            elif keyword == "allOf":
                for each in wanted:
                    yield from self.mismatches(each, value, at, whole=False)
            elif keyword == "anyOf":
                branches = [list(self.mismatches(each, value, at)) for each in wanted]
                if all(branches):
                    yield from max(branches, key=len)
            elif keyword == "format" and isinstance(value, str) and not self.FORMATS[wanted].fullmatch(value):
                yield f"{at} {value!r} is no {wanted}"
            elif keyword == "minimum" and isinstance(value, int) and value < wanted:
                yield f"{at} {value!r} is less than {wanted}"
            elif keyword == "pattern" and isinstance(value, str) and not re.search(wanted, value):
                yield f"{at} {value!r} does not match {wanted}"
            elif keyword not in ("minimum", "pattern", "enum", "const", "required", "properties", "items", "format", "description"):
                raise AssertionError(f"the validator of this test does not know {keyword!r}")
        known = self.declared(schema)
        if whole and known and isinstance(value, dict):
            yield from (f"{at} has {name!r}, which is not documented" for name in value.keys() - known)

    def declared(self, schema):
        """The members that a schema names; none where any will do."""
        schema = self.resolved(schema)
        return set(schema.get("properties", {})).union(*map(self.declared, schema.get("allOf", [])))


def filled(path, plugin):
    """A path of the document with a plugin, and with the key of its job or webhook."""
    return path.replace("{id}", plugin).replace("{key}", "k")


class Validator(unittest.TestCase):
    """That the judge below says no where it should."""

    def test_what_does_not_fit(self):
        row, null = {"$ref": "#/row"}, {"type": "null"}
        more = {"allOf": [row, {"properties": {"m": {"const": 1}}}]}
        judge = Document({"paths": {}, "row": {"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string", "format": "uuid"}, "n": {"type": ["integer", "null"]}}}})
        uuid = "01234567-89ab-4def-8123-456789abcdef"
        for schema, value, count in (
                (row, {"id": uuid, "n": None}, 0), (row, {"id": "x"}, 1), (row, {"n": 1}, 1), (row, {"id": uuid, "n": True}, 1),
                (row, {"id": uuid, "m": 1}, 1), (row, [], 1),
                ({"type": "array", "items": row}, [{"id": uuid}, {}], 1), ({"enum": ["a", "b"]}, "c", 1), ({"const": 1}, 2, 1),
                ({"anyOf": [row, null]}, None, 0), ({"anyOf": [row, null]}, 1, 1),
                ({"minimum": 1}, 1, 0), ({"minimum": 1}, 0, 1), ({"pattern": "^a+$"}, "aa", 0), ({"pattern": "^a+$"}, "ab", 1),
                (more, {"id": uuid, "m": 1}, 0), (more, {"id": uuid, "m": 2, "z": 0}, 2)):
            with self.subTest(schema=schema, value=value):
                self.assertEqual(len(list(judge.mismatches(schema, value, ""))), count)
        with self.assertRaises(AssertionError):
            list(judge.mismatches({"oneOf": []}, 1, ""))


class Conformance(unittest.TestCase):
    """Every answer is one that the document lists."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        cls.document = Document(cls.daemon.get("/api/openapi.json").json())
        cls.daemon.install(cls.daemon.fault_plugin(key="a.plugin", manifest={
            "capabilities": ["agent.tools.register", "jobs.schedule", "webhooks.receive"],
            "jobs": [{"jobKey": "k", "displayName": "K", "schedule": "0 4 * * *"}], "webhooks": [{"endpointKey": "k", "displayName": "K"}]}))
        cls.daemon.install(cls.daemon.fault_plugin("spam-notifications count=1", key="talks"))
        cls.daemon.install(cls.daemon.fault_plugin(key="dies"))

    def checked(self, method, path, status, body=None, actual=None, **more):
        """The answer to an operation's request, held against its status and the document."""
        answer = self.daemon.request(method, actual or path, body, **more)
        with self.subTest(f"{method} {actual or path} {status}"):
            self.assertEqual(answer.status, status, answer.body[:300])
            self.assertEqual(self.document.problems(method, path, answer), [])
        return answer

    def every(self, wanted=lambda method, path: True):
        operations = [operation for operation in self.document.operations if wanted(*operation)]
        self.assertTrue(operations)
        return operations

    def test_success_of_every_operation(self):
        packages = self.daemon.data_dir.parent / "packages"
        install = {"packageName": str(self.daemon.fault_plugin(key="comes.and.goes")), "isLocalPath": True}
        self.daemon.execute("talks:echo")
        wait_until(lambda: self.daemon.get("/api/plugins/talks/logs").json(), "a log line")
        call = {"tool": "a.plugin:echo", "parameters": {"a": 1}, "runContext": {"agentId": "x"}, "timeoutMs": 5000}
        seen = set()
        for method, path, actual, body in (
                ("GET", "/healthz", None, None),
                ("GET", "/readyz", None, None),
                ("GET", "/metrics", None, None),
                ("GET", "/api/openapi.json", None, None),
                ("GET", "/api/plugins", None, None),
                ("GET", "/api/plugins", "?status=ready", None),
                ("GET", "/api/plugins/tools", None, None),
                ("GET", "/api/plugins/tools", "?pluginId=a.plugin", None),
                ("POST", "/api/plugins/tools/execute", None, call),
                ("POST", "/api/plugins/tools/execute", None, {"tool": "a.plugin:raw", "parameters": {"error": "said by the tool"}}),
                ("POST", "/api/plugins/install", None, install),
                ("GET", "/api/plugins/{id}", "comes.and.goes", None),
                ("GET", "/api/plugins/{id}/logs", "talks", None),
                ("GET", "/api/plugins/{id}/logs", "a.plugin", None),
                ("GET", "/api/plugins/{id}/logs", "a.plugin?level=metric&companyId=c", None),
                ("GET", "/api/plugins/{id}/activity", "a.plugin", None),
                ("GET", "/api/plugins/{id}/jobs", "a.plugin", None),
                ("POST", "/api/plugins/{id}/jobs/{key}/trigger", "a.plugin", None),
                ("POST", "/api/plugins/{id}/webhooks/{key}", "a.plugin", {"some": "payload"}),
                ("GET", "/api/plugins/{id}/jobs/{key}/runs", "a.plugin", None),
                ("POST", "/api/secrets", None, {"id": "k", "value": "v", "plugin": "a.plugin"}),
                ("GET", "/api/secrets", None, None),
                ("DELETE", "/api/secrets/{id}", "k", None),
                ("GET", "/api/plugins/{id}/health", "a.plugin", None),
                ("GET", "/api/plugins/{id}/dashboard", "a.plugin", None),
                ("POST", "/api/plugins/{id}/bridge/data", "a.plugin", {"key": "k", "params": {"a": 1}}),
                ("POST", "/api/plugins/{id}/bridge/action", "a.plugin", {"key": "k", "companyId": "c"}),
                ("POST", "/api/plugins/{id}/data/{key}", "a.plugin", None),
                ("POST", "/api/plugins/{id}/actions/{key}", "a.plugin", {"timeoutMs": 5000}),
                ("GET", "/api/plugins/{id}/config", "comes.and.goes", None),
                ("POST", "/api/plugins/{id}/config", "comes.and.goes", {"configJson": {"a": 1}}),
                ("GET", "/api/plugins/{id}/config", "comes.and.goes", None),
                ("POST", "/api/plugins/{id}/config/test", "comes.and.goes", {"configJson": {}, "companyId": "any"}),
                ("POST", "/api/plugins/{id}/disable", "comes.and.goes", {"reason": "why"}),
                ("GET", "/api/plugins/{id}/health", "comes.and.goes", None),
                ("GET", "/api/plugins/{id}/dashboard", "comes.and.goes", None),
                ("POST", "/api/plugins/{id}/enable", "comes.and.goes", None),
                ("POST", "/api/plugins/{id}/restart", "comes.and.goes", None),
                ("POST", "/api/plugins/{id}/upgrade", "comes.and.goes", None),
                ("DELETE", "/api/plugins/{id}", "comes.and.goes", None),
                ("GET", "/api/plugins/{id}", "comes.and.goes", None),
                ("POST", "/api/plugins/install", None, {"packageName": str(packages / "comes.and.goes"), "isLocalPath": True, "version": None})):
            plugin, question, query = (actual or "").partition("?")
            target = (filled(path, plugin) if "{id}" in path else path + plugin) + question + query
            self.checked(method, path, 200, body, actual=target)
            seen.add((method, path))
        self.assertEqual(self.checked("DELETE", "/api/plugins/{id}", 200, actual="/api/plugins/comes.and.goes?purge=true").json()["status"], "ready")
        endless = ("GET", "/api/plugins/{id}/bridge/stream/{key}")
        with EventStream(self.daemon, "/api/plugins/a.plugin/bridge/stream/k") as stream:
            self.assertEqual((stream.status, self.document.problems(*endless, stream)), (200, []))
        self.assertEqual(seen | {endless}, set(self.document.operations))

    def test_strangers_at_every_operation(self):
        for method, path in self.every():
            actual = filled(path, "a.plugin")
            for stranger in (EVIL_HOST, EVIL_ORIGIN):
                self.assertEqual(self.checked(method, path, 403, actual=actual, headers=stranger).json()["code"], "forbidden")
            if self.document.operations[method, path].get("security") != []:
                for token in (None, "wrong"):
                    self.assertEqual(self.checked(method, path, 401, actual=actual, token=token).json()["code"], "unauthorized")
        for ours in ({"Host": f"localhost:{self.daemon.port}"}, {"Origin": "http://localhost:3000"}, {"Origin": f"http://127.0.0.1:{self.daemon.port}"}):
            self.assertEqual(self.daemon.get("/api/plugins", headers=ours).status, 200, ours)

    def test_unknown_plugin_at_every_operation(self):
        for plugin in ("absent", "00000000-0000-4000-8000-000000000000", "a%2Fb", "%C3%BC"):
            for method, path in self.every(lambda method, path: path.startswith("/api/plugins/{id}")):
                answer = self.checked(method, path, 404, actual=filled(path, plugin))
                self.assertEqual(answer.json()["code"], "plugin_not_found")

    def test_a_path_that_is_not_percent_encoded(self):
        for method, path in self.every(lambda method, path: "{id}" in path):
            self.checked(method, path, 400, actual=filled(path, "%zz"))

    def test_a_body_over_the_limit_at_every_operation_that_may_have_one(self):
        for method, path in self.every(lambda method, path: method == "POST"):
            answer = self.checked(method, path, 413, TOO_LARGE, actual=filled(path, "a.plugin"))
            self.assertEqual(answer.json()["code"], "payload_too_large")

    def test_bodies_that_are_no_json(self):
        for method, path in self.every(lambda method, path: "application/json" in self.document.operations[method, path].get("requestBody", {}).get("content", {})):
            actual = filled(path, "a.plugin")
            for body in (b"{", b"[1]", b'"text"', b'{"a":1} x', b"\xff", b'{"a":01}'):
                self.assertEqual(self.checked(method, path, 400, body, actual=actual).json()["code"], "invalid_request")
            form = self.checked(method, path, 415, b"tool=x", actual=actual, headers={"Content-Type": "application/x-www-form-urlencoded"})
            self.assertEqual(form.json()["code"], "unsupported_media_type")

    def test_errors_of_execute(self):
        path = "/api/plugins/tools/execute"
        for body, status, code in (
                (None, 400, "invalid_request"),
                ({}, 400, "invalid_request"),
                ({"tool": ""}, 400, "invalid_request"),
                ({"tool": 1}, 400, "invalid_request"),
                ({"tool": "a.plugin:echo", "runContext": "x"}, 400, "invalid_request"),
                ({"tool": "a.plugin:echo", "runContext": {"agentId": ""}}, 400, "invalid_request"),
                ({"tool": "a.plugin:echo", "timeoutMs": 0}, 400, "invalid_request"),
                ({"tool": "a.plugin:echo", "timeoutMs": 1.5}, 400, "invalid_request"),
                ({"tool": "a.plugin:absent"}, 404, "tool_not_found"),
                ({"tool": "no colon"}, 404, "tool_not_found"),
                ({"tool": "a.plugin:error"}, 500, "tool_error"),
                ({"tool": "a.plugin:hang", "timeoutMs": 50}, 504, "timeout"),
                ({"tool": "dies:die"}, 502, "worker_crashed"),
                ({"tool": "dies:echo"}, 502, "worker_unavailable")):
            self.assertEqual(self.checked("POST", path, status, body).json()["code"], code, body)
        self.assertEqual(self.daemon.post(path, {"tool": "a.plugin:absent"}).json()["error"], 'Tool "a.plugin:absent" not found')

    def test_errors_of_install(self):
        broken = self.daemon.fault_plugin(key="broken", manifest={"apiVersion": 2, "tools": "none"})
        for body, words in (
                ({}, "packageName is required and must be a string"),
                ({"packageName": "x", "version": 1}, "version must be a string if provided"),
                ({"packageName": "x", "isLocalPath": "yes"}, "isLocalPath must be a boolean if provided"),
                ({"packageName": "  "}, "packageName cannot be empty"),
                ({"packageName": "a|b"}, "packageName contains invalid characters"),
                ({"packageName": "/no/such/folder", "isLocalPath": True}, "/no/such/folder"),
                ({"packageName": str(broken), "isLocalPath": True}, "apiVersion: "),
                ({"packageName": str(self.daemon.data_dir.parent / "packages/a.plugin"), "isLocalPath": True}, "Plugin already installed: a.plugin")):
            self.assertIn(words, self.checked("POST", "/api/plugins/install", 400, body).json()["error"])

    def test_errors_of_the_lifecycle(self):
        daemon = self.daemon
        folder = daemon.fault_plugin(key="moody")
        daemon.install(folder)

        def refused(verb, status, code, body=None):
            path = "/api/plugins/{id}" + (verb and "/" + verb)
            answer = self.checked("POST" if verb else "DELETE", path, status, body, actual=filled(path, "moody"))
            self.assertEqual(answer.json()["code"], code)
            return answer.json()["error"]

        self.assertEqual(refused("enable", 400, "invalid_transition"),
                         "Cannot enable plugin in status 'ready'. Plugin must be in 'disabled', 'error', or 'upgrade_pending' status to be enabled.")
        refused("disable", 400, "invalid_request", {"reason": 1})
        refused("upgrade", 400, "invalid_request", {"version": 1})
        # It asks for more: that waits for approval, which is enabling it.
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "capabilities": ["agent.tools.register", "issues.read"]}))
        for verb in ("upgrade", "restart"):
            self.assertIn("issues.read", refused(verb, 409, "approval_required"))
            self.assertEqual(daemon.get("/api/plugins/moody").json()["status"], "upgrade_pending")
            if verb == "upgrade":
                self.assertEqual(daemon.post("/api/plugins/moody/enable").json()["status"], "ready")
                (folder / "manifest.json").write_text(json.dumps({**manifest, "capabilities": ["agent.tools.register", "issues.read", "issues.create"]}))
        self.assertEqual(daemon.post("/api/plugins/moody/enable").json()["status"], "ready")
        # Its worker does not start any more.
        for verb in ("upgrade", "restart"):
            (folder / "mode").write_text("init-error\n")
            refused(verb, 502, "worker_unavailable")
            refused("enable", 502, "worker_unavailable")
            if verb == "upgrade":
                (folder / "mode").write_text("normal\n")
                self.assertEqual(daemon.post("/api/plugins/moody/enable").json()["status"], "ready")
        self.assertEqual(refused("disable", 400, "invalid_transition"),
                         "Cannot disable plugin in status 'error'. Plugin must be in 'ready' status to be disabled.")
        refused("restart", 400, "invalid_transition")
        refused("upgrade", 400, "invalid_transition")
        daemon.request("DELETE", "/api/plugins/moody")
        self.assertEqual(refused("", 400, "invalid_transition"), "Plugin moody is already uninstalled. Use removeData=true to permanently delete it.")

    def test_errors_of_lists(self):
        answer = self.checked("GET", "/api/plugins", 400, actual="/api/plugins?status=a&status=b")
        self.assertEqual(answer.json()["error"], "Invalid status 'a,b'. Must be one of: installed, ready, disabled, error, upgrade_pending, uninstalled")
        # What is no number is 25, what is no time is ignored.
        self.checked("GET", "/api/plugins/{id}/logs", 200, actual="/api/plugins/a.plugin/logs?limit=many&since=once")

    def test_no_such_route_or_method(self):
        for path in ("/", "/api", "/api/plugin", "/api/plugins/a.plugin/eat", "/api/plugins/tools/execute/x", "/api/plugins/a.plugin/enable/x"):
            answer = self.daemon.get(path)
            self.assertEqual((answer.status, answer.json()["code"], answer.json()["error"]), (404, "not_found", "API route not found"), path)
        for path, item in self.document.document["paths"].items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - {name.upper() for name in item}:
                answer = self.daemon.request(method, filled(path, "a.plugin"))
                self.assertEqual((answer.status, answer.json()["code"]), (405, "method_not_allowed"), (method, path))
                allowed = {name.upper() for name in item} | ({"HEAD"} if "get" in item else set())
                self.assertEqual(set(answer.headers["allow"].split(", ")), allowed)
        head = self.daemon.request("HEAD", "/api/plugins")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_install_with_progress(self):
        folder = self.daemon.fault_plugin(key="streamed")
        answer = self.checked("POST", "/api/plugins/install", 200, {"packageName": str(folder), "isLocalPath": True}, headers={"Accept": "text/event-stream"})
        events = re.findall(r"event: (\w+)\ndata: (.*)\n\n", answer.body.decode())
        self.assertEqual(events[0], ("progress", '{"line":"starting streamed 1.0.0"}'))
        self.assertEqual((events[-1][0], json.loads(events[-1][1])["status"]), ("result", "ready"))
        again = self.checked("POST", "/api/plugins/install", 200, {"packageName": str(folder), "isLocalPath": True}, headers={"Accept": "text/event-stream"})
        events = re.findall(r"event: (\w+)\ndata: (.*)\n\n", again.body.decode())
        self.assertEqual((events[-1][0], json.loads(events[-1][1])["code"]), ("error", "install_failed"))


class Stopping(unittest.TestCase):
    def test_what_is_in_flight_is_answered_as_documented(self):
        with Daemon() as daemon:
            document = Document(daemon.get("/api/openapi.json").json())
            folder = daemon.fault_plugin(key="stuck")
            daemon.install(folder)
            (folder / "mode").write_text("init-hang\n")
            new = {"packageName": str(daemon.fault_plugin("init-hang", key="new")), "isLocalPath": True}
            in_flight = []

            def send(method, path, body=None):
                connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE)
                self.addCleanup(connection.close)
                connection.request(method, filled(path, "stuck"), json.dumps(body or {}),
                                   {"Authorization": f"Bearer {daemon.token}", "Content-Type": "application/json"})
                in_flight.append((method, path, connection))

            send("POST", "/api/plugins/{id}/restart")
            wait_until(lambda: daemon.get("/api/plugins/stuck/dashboard").json()["worker"]["status"] == "starting", "a start that takes long")
            send("POST", "/api/plugins/install", new)
            send("POST", "/api/plugins/tools/execute", {"tool": "stuck:echo"})
            started = [(method, path) for method, path, _ in in_flight]
            for verb in ("enable", "disable", "upgrade"):  # each waits for its turn, and may still get it
                send("POST", "/api/plugins/{id}/" + verb)
            send("DELETE", "/api/plugins/{id}")
            wait_until(lambda: len(daemon.workers()) == 2, "the other start")
            daemon.get("/healthz")  # what was sent before this has arrived
            with daemon.audit.work():
                self.assertEqual(daemon.stop(), 0)
            for method, path, connection in in_flight:
                with self.subTest(f"{method} {path}"):
                    self.assertEqual(document.problems(method, path, answer := Answer(connection.getresponse())), [])
                    if (method, path) in started:
                        self.assertEqual((answer.status, answer.json()["code"]), (503, "shutting_down"))


class Connections(unittest.TestCase):
    """HTTP/1.1 on a bare socket."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())
        cls.daemon.install(cls.daemon.fault_plugin())

    def setUp(self):
        self.socket = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=PATIENCE)
        self.addCleanup(self.socket.close)
        self.answers = self.enterContext(self.socket.makefile("rb"))

    def bytes(self, method, path, body=None, *headers):
        """One request as it goes over the wire."""
        text = json.dumps(body).encode() if body is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {self.daemon.token}", *headers]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(text)}"]
        return "\r\n".join([*lines, "", ""]).encode() + text

    def call(self, tool, **parameters):
        return self.bytes("POST", "/api/plugins/tools/execute", {"tool": "fault.normal:" + tool, "parameters": parameters})

    def answer(self):
        """Status and body of the next answer."""
        status = int(self.answers.readline().split()[1])
        headers = {}
        while (line := self.answers.readline().decode().strip()):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, self.answers.read(int(headers.get("content-length", 0)))

    def pending(self):
        return self.daemon.get("/api/plugins/fault.normal/dashboard").json()["worker"]["pendingRequests"]

    def test_keep_alive(self):
        for number in range(3):
            self.socket.sendall(self.call("raw", n=number))
            status, body = self.answer()
            self.assertEqual((status, json.loads(body)["result"]), (200, {"n": number}))
        self.socket.sendall(self.bytes("GET", "/absent"))
        self.assertEqual(self.answer()[0], 404, "an error ends no connection")
        self.socket.sendall(self.bytes("GET", "/healthz", None, "Connection: close"))
        self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.answers.read(), b"", "but the client's wish does")

    def test_pipelined_answers_come_in_order(self):
        self.socket.sendall(self.call("slow", ms=100) + self.call("raw", n=1) + self.bytes("GET", "/healthz") + self.call("absent") + self.call("raw", n=2))
        found = [self.answer() for _ in range(5)]
        self.assertEqual([status for status, _ in found], [200, 200, 200, 404, 200])
        self.assertEqual([json.loads(found[index][1])["result"] for index in (1, 4)], [{"n": 1}, {"n": 2}])

    def test_a_request_in_pieces(self):
        whole = self.call("raw", text="ü" * 100)
        for start in range(0, len(whole), 7):
            self.socket.sendall(whole[start:start + 7])
        self.assertEqual(self.answer()[0], 200)

    def test_what_is_no_http(self):
        self.socket.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        self.assertEqual(self.answer()[0], 400)
        self.assertEqual(self.answers.read(), b"", "nothing after it can be trusted")

    def test_without_a_host(self):
        self.socket.sendall(f"GET /api/plugins HTTP/1.1\r\nAuthorization: Bearer {self.daemon.token}\r\n\r\n".encode())
        self.assertEqual(self.answer()[0], 400)

    def test_a_client_that_goes_away_cancels_its_call(self):
        self.socket.sendall(self.call("hang"))
        wait_until(lambda: self.pending() == 1, "the call in flight")
        started = time.monotonic()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        wait_until(lambda: self.pending() == 0, "the call is given up")
        self.assertLess(time.monotonic() - started, 5, "long before its deadline of 30 s")
        self.assertEqual(self.daemon.execute("fault.normal:echo").status, 200)


if __name__ == "__main__":
    unittest.main(argv=["rest_test"], verbosity=2)
