"""A client of server-sent events, for end-to-end tests."""

import contextlib
import http.client
import time

from daemon import PATIENCE


class EventStream:
    """`with EventStream(daemon, path) as stream:` reads one; where it is refused, `body` has the answer."""

    def __init__(self, daemon, path):
        self._daemon = daemon
        self._connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=PATIENCE)
        self._work = daemon.audit.work()
        self._path = path
        self.body = b""

    def __enter__(self):
        self._work.__enter__()
        self._connection.request("GET", self._path, headers={"Authorization": f"Bearer {self._daemon.token}", "Accept": "text/event-stream"})
        self._response = self._connection.getresponse()
        self.status = self._response.status
        self.headers = {name.lower(): value for name, value in self._response.getheaders()}
        if self.status == 200:
            assert self._response.readline() == b":ok\n", "its first line"
            assert self._response.readline() == b"\n", "the end of it"
        else:
            self.body = self._response.read()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._response.close()
        self._connection.close()
        self._work.__exit__(None, None, None)

    def next(self):
        """The next event as (name, data); None at the end of the stream. Comments are passed over."""
        name, data, end = "message", [], time.monotonic() + PATIENCE
        while time.monotonic() < end:
            line = self._response.readline()
            if not line:
                return None
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "" and data:
                return name, "\n".join(data)
        raise TimeoutError("no event")
