"""A plugin worker as a child process, spoken to in lines of JSON by hand: for tests that want no host between."""

import json
import os
import select
import signal
import subprocess
import time

PATIENCE = 60  # seconds for an answer that is certain to come; generous, because two cores are shared


class WorkerProcess:
    """Use it in a `with`: at its end the process group is killed."""

    def __init__(self, *command, env=None, cwd=None):
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ["PATH"], **(env or {})}, cwd=cwd, start_new_session=True)
        self._pending = {"stdout": b"", "stderr": b""}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def read(self, stream="stdout", patience=PATIENCE):
        """The next line as bytes, without its end; None where the stream has ended before one."""
        pipe = getattr(self.process, stream)
        deadline = time.monotonic() + patience
        while b"\n" not in self._pending[stream]:
            if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"no line on {stream} within {patience} s; so far: {self._pending[stream]!r}")
            block = os.read(pipe.fileno(), 1 << 20)
            if not block:
                return None
            self._pending[stream] += block
        line, _, self._pending[stream] = self._pending[stream].partition(b"\n")
        return line

    def rest(self, stream="stdout"):
        """Everything up to the end of the stream."""
        pipe = getattr(self.process, stream)
        while block := os.read(pipe.fileno(), 1 << 20):
            self._pending[stream] += block
        rest, self._pending[stream] = self._pending[stream], b""
        return rest

    def request(self, method, params, id=1):
        self.write(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))

    def answer(self, id=1):
        """The answer with this id; log lines before it are passed over."""
        while (line := self.read()) is not None:
            message = json.loads(line)
            if message.get("id") == id and "method" not in message:
                return message
        raise EOFError(f"stdout ended before the answer to {id}; stderr: {self.rest('stderr').decode(errors='replace')}")

    def initialize(self):
        self.request("initialize", {"manifest": {}, "config": {}, "apiVersion": 1}, id=0)
        return self.answer(0)

    def send_call(self, tool, parameters, id=1):
        self.request("executeTool", {"toolName": tool, "parameters": parameters, "runContext": {
            "agentId": "a", "runId": "r", "companyId": "c", "projectId": "p"}}, id)

    def call(self, tool, parameters, id=1):
        """The result of a tool; an AssertionError where it is an RPC error."""
        self.send_call(tool, parameters, id)
        answer = self.answer(id)
        assert "result" in answer, answer
        return answer["result"]

    def exit_code(self):
        return self.process.wait(PATIENCE)
