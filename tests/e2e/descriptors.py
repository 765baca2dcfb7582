"""What the tests of descriptors share: workers that start again soon, and calls that are on their way."""

import http.client
import json
import pathlib
import socket
import tempfile
import unittest

from daemon import EXECUTE, PATIENCE, Answer

RECOVERED_WITHIN = 2  # seconds
RUNS_AGAIN_WITHIN = 5
CONFIG = '[workers]\nrestart_first = "200ms"\nrestart_longest = "200ms"\ncrashes_max = 1000\nshutdown_grace = "500ms"\nkill_grace = "500ms"\n'


def connection(daemon):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE)


def ask(daemon, tool, parameters=None):
    """A connection that has asked for a call."""
    body = json.dumps({"tool": tool, "parameters": parameters or {}, "timeoutMs": 600_000}).encode()
    client = connection(daemon)
    client.sendall(f"POST {EXECUTE} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {daemon.token}\r\n"
                   f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    return client


def answer_of(client):
    response = http.client.HTTPResponse(client)
    response.begin()
    return Answer(response)


class DescriptorsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-descriptors-")))
        (self.folder / "collet.toml").write_text(CONFIG)
        self.options = ("--config", self.folder / "collet.toml")

    def install(self, daemon, key, **collet):
        return daemon.install(daemon.fault_plugin(key=key, manifest={"collet": collet}))["pluginKey"]

    def worker(self, daemon, key):
        return daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]
