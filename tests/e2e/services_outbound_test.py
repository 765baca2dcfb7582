#!/usr/bin/env python3
"""What leaves the host for plugins: http.fetch, secrets.resolve, and what an upstream answers. The worker is written by hand, line by line."""

import contextlib
import gzip
import hashlib
import http.server
import json
import os
import pathlib
import pty
import shutil
import socket
import ssl
import subprocess
import tempfile
import termios
import threading
import unittest

from daemon import COLLET, PATIENCE, Daemon, wait_until

# Its tool `ask` sends a request to the host and answers with what came; `digest` tells only the SHA-256 of a result that is a text, because what a tool
# answers is for everybody.
WORKER = r'''#!/usr/bin/env python3
import hashlib, json, sys

asked = {}

def say(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)

for line in sys.stdin:
    message = json.loads(line)
    method = message.get("method")
    if method == "initialize":
        say(id=message["id"], result={"ok": True, "supportedMethods": []})
    elif method == "executeTool":
        number = f"host-{len(asked)}"
        parameters = message["params"]["parameters"]
        asked[number] = (message["id"], message["params"]["toolName"])
        say(id=number, method=parameters["method"], params=parameters.get("params", {}),
            paperclipInvocationId=message.get("paperclipInvocation", {}).get("id"))
    elif method is None:
        call, tool = asked[message["id"]]
        if tool == "digest" and "result" in message:
            message["result"] = hashlib.sha256(message["result"].encode()).hexdigest()
        say(id=call, result={"data": {name: message[name] for name in ("result", "error") if name in message}})
    elif "id" in message:
        say(id=message["id"], result=None)
    if method == "shutdown":
        break
'''
CAPABILITIES = ["agent.tools.register", "http.outbound", "secrets.read-ref", "issues.read"]
REFUSED = "All resolved IPs for {} are in private/reserved ranges"


class Server:
    """An HTTP server on loopback that keeps what it is sent; `respond(request)` gives (status, headers, body)."""

    def __init__(self, respond, address="127.0.0.1", port=0, context=None):
        outer = self
        self.seen = []
        self.at_once = self.at_once_max = 0
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_ANY(self):
                length = int(self.headers.get("Content-Length") or 0)
                self.body = self.rfile.read(length)
                with outer.lock:
                    outer.seen.append(self)
                    outer.at_once += 1
                    outer.at_once_max = max(outer.at_once_max, outer.at_once)
                status, headers, body = respond(self)
                with outer.lock:
                    outer.at_once -= 1
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in headers:
                        self.send_header(name, value)
                    if status != 204:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = do_ANY

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.http = Quiet((address, port), Handler)
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        self.url = f"{'https' if context else 'http'}://{address}:{self.port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


class Outbound(unittest.TestCase):
    """A daemon with a configuration, and the plugin acme.out."""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-outbound-")))

    def server(self, respond, **how):
        server = Server(respond, **how)
        self.addCleanup(server.stop)
        return server

    def begin(self, config="", env=None):
        (self.folder / "collet.toml").write_text(config)
        self.daemon = self.enterContext(Daemon("--config", str(self.folder / "collet.toml"), env=env))
        self.install("acme.out")

    def install(self, key):
        package = self.folder / key
        package.mkdir()
        (package / "worker").write_text(WORKER)
        (package / "worker").chmod(0o755)
        (package / "manifest.json").write_text(json.dumps({
            "id": key, "apiVersion": 1, "version": "1.0.0", "displayName": key, "description": "asks its host", "author": "tests",
            "categories": ["connector"], "capabilities": CAPABILITIES, "entrypoints": {"worker": "worker"},
            "tools": [{"name": name, "displayName": name, "description": name, "parametersSchema": {"type": "object"}} for name in ("ask", "digest")]}))
        return self.daemon.install(package)

    def ask(self, method, params, tool="acme.out:ask"):
        """{"result": …} or {"error": …} as the host answered the worker."""
        answer = self.daemon.execute(tool, {"method": method, "params": params})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["result"]["data"]

    def fetch(self, url, tool="acme.out:ask", **init):
        return self.ask("http.fetch", {"url": url, **({"init": init} if init else {})}, tool)

    def refusal(self, *arguments, **more):
        answer = self.fetch(*arguments, **more)
        self.assertEqual(answer["error"]["code"], -32603)
        return answer["error"]["message"]


class Fetch(Outbound):
    def test_a_request_and_its_answer(self):
        def respond(request):
            if request.path == "/gzip":
                return 200, [("Content-Encoding", "gzip")], gzip.compress("gepackt \u00e9".encode())
            if request.path == "/bytes":
                return 200, [("Content-Type", "text/plain; charset=latin1")], b"\xef\xbb\xbfa\xffb"
            if request.path == "/none":
                return 204, [], b""
            return 201, [("X-Twice", "a"), ("Set-Cookie", "c=1"), ("x-twice", "b")], json.dumps(
                [request.command, request.path, dict(request.headers), request.body.decode()]).encode()
        server = self.server(respond)
        self.begin(f'[services.http]\nallow = ["127.0.0.1:{server.port}"]\n')
        answer = self.fetch(server.url + "/x?y=z", method="POST", body='{"a":1}',
                            headers={"Content-Type": "application/json", "X-Some": "v", "Connection": "close", "Content-Length": "1"})["result"]
        self.assertEqual((answer["status"], answer["statusText"]), (201, "Created"))
        self.assertEqual(answer["headers"]["x-twice"], "a, b")
        method, path, headers, body = json.loads(answer["body"])
        self.assertEqual((method, path, body), ("POST", "/x?y=z", '{"a":1}'))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual(headers["X-Some"], "v")
        self.assertEqual(headers["Host"], f"127.0.0.1:{server.port}")
        self.assertRegex(headers["User-Agent"], "^collet/")
        self.assertEqual(self.fetch(server.url + "/gzip")["result"]["body"], "gepackt é")
        self.assertEqual(self.fetch(server.url + "/bytes")["result"]["body"], "a\ufffdb")
        self.assertIsNone(self.fetch(server.url + "/none", method="DELETE")["result"]["body"])
        counted = self.daemon.get("/metrics").body.decode()
        self.assertIn('collet_service_requests_total{plugin="acme.out",service="http",outcome="2xx"} 4', counted)

    def test_nothing_but_what_is_allowed_is_reached(self):
        inside = self.server(lambda _: (200, [], b"inside"), address="127.0.0.2")
        fine = self.server(lambda request: (302, [("Location", request.path[1:])], b"moved"))
        proxy = self.server(lambda _: (200, [], b"proxy"))
        self.begin(f'[services.http]\nallow = ["127.0.0.1:{fine.port}"]\n', env={"http_proxy": proxy.url, "ALL_PROXY": proxy.url, "no_proxy": ""})
        port = inside.port
        self.assertEqual(self.refusal(inside.url), REFUSED.format("127.0.0.2"))
        self.assertEqual(self.refusal(f"http://2130706434:{port}/"), REFUSED.format("127.0.0.2"))
        self.assertEqual(self.refusal(f"http://0x7f.2:{port}/"), REFUSED.format("127.0.0.2"))
        self.assertEqual(self.refusal(f"http://[::ffff:127.0.0.2]:{port}/"), REFUSED.format("::ffff:127.0.0.2"))
        self.assertEqual(self.refusal(f"http://localhost:{port}/"), REFUSED.format("localhost"))
        self.assertEqual(self.refusal("http://169.254.169.254/latest/meta-data/"), REFUSED.format("169.254.169.254"))
        self.assertEqual(self.refusal("http://[64:ff9b::7f00:2]/"), REFUSED.format("64:ff9b::7f00:2"))
        self.assertEqual(self.refusal("file:///etc/passwd"), 'Disallowed protocol "file:" — only http: and https: are permitted')
        self.assertEqual(self.refusal("/etc/passwd"), "Invalid URL: /etc/passwd")
        # A redirect is an answer; followed, it is checked as the first request was.
        self.assertEqual(self.fetch(f"{fine.url}/{inside.url}/")["result"]["status"], 302)
        self.assertEqual(self.refusal(f"{fine.url}/{inside.url}/", redirect="follow"), REFUSED.format("127.0.0.2"))
        self.assertEqual(self.refusal(f"{fine.url}/http://localhost:{port}/", redirect="follow"), REFUSED.format("localhost"))
        self.assertEqual(self.refusal(f"{fine.url}/ftp://127.0.0.1/", redirect="follow"), 'Disallowed protocol "ftp:" — only http: and https: are permitted')
        self.assertEqual((inside.seen, proxy.seen), ([], []))
        wait_until(lambda: "a plugin was refused a request to another machine" in self.daemon.log(), "the line of the log")

    def test_a_plugin_may_be_allowed_more_than_others(self):
        server = self.server(lambda _: (200, [], b"here"))
        self.begin(f'[plugin."acme.more".http]\nallow = ["localhost:{server.port}"]\n')
        self.install("acme.more")
        url = f"http://localhost:{server.port}/"
        self.assertEqual(self.fetch(url, tool="acme.more:ask")["result"]["body"], "here")
        self.assertEqual(self.refusal(url), REFUSED.format("localhost"))

    def test_answers_have_a_limit(self):
        server = self.server(lambda request: (200, [], b"x" * int(request.path[1:])))
        self.begin(f'[services.http]\nallow = ["127.0.0.1"]\nresponse_bytes_max = "1MiB"\n')
        self.assertEqual(len(self.fetch(f"{server.url}/{1 << 20}")["result"]["body"]), 1 << 20)
        self.assertEqual(self.refusal(f"{server.url}/{(1 << 20) + 1}"), "the response from 127.0.0.1 passes the limit of 1048576 bytes")

    def test_a_plugin_that_waits_for_many_servers_delays_no_other(self):
        release = threading.Event()
        self.addCleanup(release.set)
        slow = self.server(lambda _: (release.wait(PATIENCE), (200, [], b"late"))[1])
        quick = self.server(lambda _: (200, [], b"soon"))
        self.begin('[services.http]\nallow = ["127.0.0.1"]\n')
        self.install("acme.other")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.fetch(slow.url)["result"]["body"])) for _ in range(20)]
        for thread in threads:
            thread.start()
        wait_until(lambda: slow.at_once == 16, "as many requests as a plugin may have under way")
        self.assertEqual(self.fetch(quick.url, tool="acme.other:ask")["result"]["body"], "soon")
        self.assertEqual(answers, [])
        release.set()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, ["late"] * 20)
        self.assertEqual(slow.at_once_max, 16)

    def test_a_daemon_that_stops_waits_for_no_server(self):
        release = threading.Event()
        self.addCleanup(release.set)
        slow = self.server(lambda _: (release.wait(PATIENCE), (200, [], b"late"))[1])
        self.begin('[services.http]\nallow = ["127.0.0.1"]\n[workers]\ndrain_grace = "100ms"\n')
        asking = threading.Thread(target=lambda: self.daemon.execute("acme.out:ask", {"method": "http.fetch", "params": {"url": slow.url}}))
        asking.start()
        wait_until(lambda: slow.at_once == 1, "the request")
        self.assertEqual(self.daemon.stop(), 0)
        asking.join()

    @unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
    def test_certificates_are_checked(self):
        def certificate(name):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", self.folder / f"{name}.key",
                            "-out", self.folder / f"{name}.pem", "-subj", "/CN=tests", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
            return context
        trusted = self.server(lambda _: (200, [], b"over TLS"), context=certificate("own"))
        stranger = self.server(lambda _: (200, [], b"no"), context=certificate("other"))
        self.begin('[services.http]\nallow = ["127.0.0.1", "localhost"]\nca_file = "own.pem"\n')
        self.assertEqual(self.fetch(f"https://localhost:{trusted.port}/")["result"]["body"], "over TLS")
        self.assertIn("the request to 127.0.0.1 failed: SSL", self.refusal(f"https://127.0.0.1:{trusted.port}/"))  # another name
        self.assertIn("the request to localhost failed: SSL", self.refusal(f"https://localhost:{stranger.port}/"))
        self.assertEqual(stranger.seen, [])

    def test_by_the_operators_proxy(self):
        proxy = self.server(lambda request: (200, [], b"by the proxy: " + request.path.encode()))
        direct = self.server(lambda _: (200, [], b"direct"))
        self.begin(f'[services.http]\nproxy = "{proxy.url}"\nallow = ["127.0.0.1:{direct.port}"]\n')
        self.assertEqual(self.fetch("http://8.8.8.8/x")["result"]["body"], "by the proxy: http://8.8.8.8/x")
        self.assertEqual(self.fetch(direct.url)["result"]["body"], "direct")
        self.assertEqual(self.refusal("http://10.0.0.1/"), REFUSED.format("10.0.0.1"))
        self.assertEqual(len(proxy.seen), 1)


class Secrets(Outbound):
    """Every value is one of VALUES; at the end none of them may stand where the daemon wrote."""
    VALUES = {place: f"hunter2-{place}-{hashlib.sha256(place.encode()).hexdigest()[:16]}" for place in ("store", "second", "file", "variable", "prefix", "program", "prompt")}

    def setUp(self):
        super().setUp()
        (self.folder / "secrets.toml").write_text(f'from-file = "{self.VALUES["file"]}"\n')
        (self.folder / "secrets.toml").chmod(0o600)
        (self.folder / "program").write_text(f'''#!/bin/sh
echo "asked for $1: {self.VALUES["program"]}" >&2
case $1 in from-program) echo "{self.VALUES["program"]}";; *) exit 3;; esac
''')
        (self.folder / "program").chmod(0o755)
        self.begin(f'''
[secrets.file]
path = "secrets.toml"
[secrets.env]
allow = ["FROM_VARIABLE"]
prefix = "THE_"
[secrets.command]
command = ["{self.folder}/program", "{{id}}"]
[plugin."acme.out"]
secrets = ["*"]
''', env={"FROM_VARIABLE": self.VALUES["variable"], "THE_OTHER_ONE": self.VALUES["prefix"]})

    def resolve(self, name, tool="acme.out:digest", **more):
        return self.ask("secrets.resolve", {"secretRef": {"type": "secret_ref", "secretId": name, **more}}, tool)

    def assert_is(self, name, place, **more):
        self.assertEqual(self.resolve(name, **more), {"result": hashlib.sha256(self.VALUES[place].encode()).hexdigest()})

    def set(self, name, place, *options):
        done = self.daemon.cli("secret", "set", name, "--stdin", *options, input=self.VALUES[place] + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_nothing_leaked(self, *texts):
        """No value stands in what the daemon wrote, said or counted; `texts` is what else was said."""
        for path in ("/metrics", "/api/secrets", "/api/plugins/acme.out/logs?limit=500", "/api/plugins/acme.out/dashboard", "/api/plugins/acme.out"):
            texts += (self.daemon.get(path).body.decode(),)
        self.daemon.stop()
        written = {str(file): file.read_bytes() for file in self.daemon.data_dir.rglob("*") if file.is_file()}
        self.assertIn(str(self.daemon.data_dir / "collet.db"), written)
        written.update({"the log": self.daemon.log().encode()}, **{f"text {n}": text.encode() for n, text in enumerate(texts)})
        for place, value in self.VALUES.items():
            for where, content in written.items():
                self.assertNotIn(value.encode(), content, f"{place} in {where}")

    def test_from_each_place_and_nowhere_else(self):
        said = [self.set("from-store", "store")]
        self.assert_is("from-store", "store")
        said.append(self.set("from-store", "second"))
        self.assert_is("from-store", "second")
        self.assert_is("from-store", "store", version=1)
        self.assert_is("from-file", "file")
        self.assert_is("FROM_VARIABLE", "variable")
        self.assert_is("other-one", "prefix")
        self.assert_is("from-program", "program")
        missing = self.resolve("nowhere")
        self.assertIn("exited with code 3", missing["error"]["message"])
        said.append(json.dumps(missing))
        listed = self.daemon.cli("secret", "list", "--json")
        self.assertEqual([(row["id"], row["versions"]) for row in json.loads(listed.stdout)], [("from-store", [1, 2])])
        said += [listed.stdout, self.daemon.cli("secret", "list").stdout]
        # A file that others may read is no place for secrets any more.
        (self.folder / "secrets.toml").chmod(0o644)
        refused = self.resolve("from-file")["error"]["message"]
        self.assertIn("may be read or changed by other users (its mode is 0644)", refused)
        said.append(refused)
        self.assert_nothing_leaked(*said)

    def test_kept_over_a_restart_under_a_key_of_its_own(self):
        key = self.daemon.data_dir / "secrets.key"
        self.assertFalse(key.exists())
        self.set("x", "store")
        self.assertEqual(key.stat().st_mode & 0o7777, 0o600)
        self.daemon.stop()
        self.daemon.start()
        self.assert_is("x", "store")
        self.assertEqual(self.daemon.cli("secret", "remove", "x").stdout, "Removed x.\n")
        self.assertIn("exited with code 3", self.resolve("x")["error"]["message"])
        again = self.daemon.cli("secret", "remove", "x")
        self.assertEqual(again.returncode, 4)
        self.assertIn('there is no secret "x" in the store', again.stderr)
        self.assertEqual(self.set("x", "second"), "Kept x, version 2.\n")
        self.assert_nothing_leaked()

    def test_typed_at_a_terminal_it_is_not_shown(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(COLLET, [COLLET, "secret", "set", "typed"], {**self.daemon.env, "TERM": "dumb"})
        shown = b""

        def read_until(text):
            nonlocal shown
            while text not in shown:
                shown += os.read(terminal, 4096)
        read_until(b"(not shown): ")
        wait_until(lambda: not _echoes(terminal), "hidden input")
        os.write(terminal, self.VALUES["prompt"].encode() + b"\n")
        read_until(b"Kept typed, version 1.")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)
        self.assert_is("typed", "prompt")
        self.assert_nothing_leaked(shown.decode())

    def test_broken_off_at_a_terminal_nothing_is_set(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(COLLET, [COLLET, "secret", "set", "typed"], {**self.daemon.env, "TERM": "dumb"})
        wait_until(lambda: not _echoes(terminal), "hidden input")
        os.write(terminal, b"half\x03")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 2)
        self.assertTrue(_echoes(terminal))
        os.close(terminal)
        self.assertEqual(self.daemon.get("/api/secrets").json(), [])

    def test_only_for_plugins_that_it_is_bound_to(self):
        row = self.install("acme.stranger")
        self.set("x", "store")
        unbound = {"error": {"code": -32603, "message": f"Secret is not bound to plugin:{row['id']}"}}
        self.assertEqual(self.resolve("x", tool="acme.stranger:digest"), unbound)
        wait_until(lambda: "a plugin asked for a secret that it may not read" in self.daemon.log(), "the line of the log")
        self.assertEqual(self.set("x", "second", "--plugin", "acme.stranger"), "Kept x, version 2.\n")
        self.assertEqual(self.resolve("x", tool="acme.stranger:digest"), {"result": hashlib.sha256(self.VALUES["second"].encode()).hexdigest()})
        self.assertEqual(self.resolve("from-file", tool="acme.stranger:digest"), unbound)
        self.assert_nothing_leaked()

    def test_texts_are_no_references_and_reading_has_a_rate(self):
        refused = self.ask("secrets.resolve", {"secretRef": "abc"})["error"]
        self.assertEqual(refused, {"code": -32603, "message": 'Invalid secret reference for plugin: abc. Use { type: "secret_ref", secretId, version? }'})
        self.set("x", "store")
        for _ in range(29):  # what was refused counts, too
            self.assert_is("x", "store")
        self.assertRegex(self.resolve("x")["error"]["message"], "^Secrets are read at most 30 times in 60 s by a plugin for a company; there is room again in [0-9]+ s$")


class Upstream(Outbound):
    def test_everything_else_is_asked_of_the_upstream(self):
        def respond(request):
            asked = json.loads(request.body)
            if asked["method"] == "issues.get":
                return 200, [], json.dumps({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -32004, "message": "no such issue"}}).encode()
            return 200, [], b'{"jsonrpc": "2.0", "id": 1, "result": [{"n": 1.0, "big": 12345678901234567890123}]}'
        server = self.server(respond)
        self.begin(f'[services.upstream]\nurl = "{server.url}/rpc"\ntoken = {{ type = "secret_ref", secretId = "upstream" }}\n')
        self.assertIn("its token cannot be read", self.ask("issues.list", {})["error"]["message"])
        self.assertEqual(self.daemon.cli("secret", "set", "upstream", "--stdin", input="t0ken\n").returncode, 0)
        answer = self.ask("issues.list", {"companyId": "default", "status": "open"})
        self.assertEqual(answer, {"result": [{"n": 1.0, "big": 12345678901234567890123}]})
        (request,) = server.seen
        row = self.daemon.get("/api/plugins/acme.out").json()
        self.assertEqual(request.path, "/rpc")
        self.assertEqual(request.headers["Authorization"], "Bearer t0ken")
        self.assertEqual(json.loads(request.body), {
            "jsonrpc": "2.0", "id": 1, "method": "issues.list", "params": {"companyId": "default", "status": "open"},
            "caller": {"companyId": "default", "pluginId": row["id"], "pluginKey": "acme.out"}})
        self.assertEqual(self.ask("issues.get", {"issueId": "i"}), {"error": {"code": -32004, "message": "no such issue"}})
        self.assertEqual(self.ask("issues.create", {})["error"]["code"], -32001)
        self.assertEqual(len(server.seen), 2)
        self.assertNotIn("t0ken", self.daemon.log())

    def test_without_one_the_setting_is_named(self):
        self.begin()
        self.assertEqual(self.ask("issues.list", {}), {"error": {
            "code": -32601, "message": 'Host does not handle method "issues.list"; services.upstream.url in collet.toml can name a host that does'}})
        self.assertEqual(self.ask("nonsense", {})["error"], {"code": -32601, "message": 'Host does not handle method "nonsense"'})

    def test_one_that_is_not_there_is_said_so(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and nobody listens
            self.begin(f'[services.upstream]\nurl = "http://127.0.0.1:{taken.getsockname()[1]}/"\n')
            self.assertIn('the upstream (services.upstream) did not answer "issues.list": the request to 127.0.0.1 failed: ', self.ask("issues.list", {})["error"]["message"])
        wait_until(lambda: "the upstream does not answer" in self.daemon.log(), "the line of the log")


def _echoes(terminal):
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


if __name__ == "__main__":
    unittest.main(verbosity=2)
