"""A real daemon in a folder of its own, for end-to-end tests: started, spoken to over HTTP and the command line, audited at its end.

Programs come from the build folder, given as COLLET_BUILD or as an argument of the test program.
"""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from host_audit import HostAudit, descendants, new_run_id  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("COLLET_BUILD") or next(filter(os.path.isdir, sys.argv[1:]), ROOT / "build/dev")).resolve()
COLLET = BUILD / "bin" / "collet"
FAULT_WORKER = BUILD / "bin" / "collet-fault-worker"
WATCHER = BUILD / "bin" / "collet-watcher"
EXECUTE = "/api/plugins/tools/execute"
RUN_ID_BODY_MAX = 1 << 20  # a larger body is made with the limit of bodies in mind, and goes as it is
PATIENCE = 60  # seconds for what is certain to come; generous, because two cores are shared
# The `env` of a daemon whose memory is measured: what was freed is given back at once, lest the memory of the sanitizer be taken for the daemon's.
FRUGAL = {"ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1:thread_local_quarantine_size_kb=64")))}


def wait_until(condition, what, patience=PATIENCE):
    """The first true value of condition(); a TimeoutError that names `what` where none comes."""
    end = time.monotonic() + patience
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"not within {patience} s: {what}")
        time.sleep(pause)  # between two looks at the condition; the only pause in these tests
        pause = min(pause * 2, 0.05)


class Response(http.client.HTTPResponse):
    """One that tells whether anything came behind it, which nobody may have asked for."""

    has_more = False

    def _close_conn(self):  # at the end of its body, while what was read ahead is still there
        with contextlib.suppress(OSError, AttributeError):
            self.fp.raw._sock.setblocking(False)
            self.has_more = bool(self.fp.peek(1))
        super()._close_conn()


class Answer:
    """An HTTP answer: status, headers (lower-case names), body as bytes."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()
        self.has_more = getattr(response, "has_more", False)

    def json(self):
        return json.loads(self.body)


class Daemon:
    """`with Daemon() as daemon:` runs one; its end holds it against all promises (host_audit.py)."""

    def __init__(self, *options, data_dir=None, env=None, before_exec=None, ulimit=None):
        """`ulimit` is what the shell's command of that name is told before, such as "-n 256"."""
        self._own_folder = None if data_dir else tempfile.TemporaryDirectory(prefix="collet-e2e-")
        self.data_dir = pathlib.Path(data_dir or self._own_folder.name) / ("" if data_dir else "data")
        self.options = options
        self.before_exec = before_exec  # runs in the process that becomes the daemon
        self.ulimit = ulimit
        self.audit = HostAudit(self.data_dir, BUILD)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.data_dir.parent), "LANG": "C.UTF-8",
                    "COLLET_DATA_DIR": str(self.data_dir), **(env or {})}
        for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS",
                     "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", *[n for n in os.environ if n.lower().startswith("npm_config_")]):
            if name in os.environ:
                self.env[name] = os.environ[name]
        if pathlib.Path.home().joinpath(".npmrc").exists():
            self.env.setdefault("npm_config_userconfig", str(pathlib.Path.home() / ".npmrc"))
        self.process = None
        self.log_path = None

    # ---- life

    def start(self, output=None):
        """Starts it; `output` is a descriptor for what it prints, else a log file."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        if self.process:
            self.audit.ended(by_kill=self.process.wait(PATIENCE) != 0)
        self.env["TMPDIR"] = str(self.audit.temporary)
        is_new = not (self.data_dir / "collet.db").exists()
        self.log_path = self.data_dir.parent / "daemon.log"
        command = [COLLET, "serve", "--data-dir", self.data_dir, "--listen", "127.0.0.1:0", *self.options]
        if self.ulimit:
            command = ["sh", "-c", f'ulimit {self.ulimit} && exec "$@"', "sh", *command]
        with open(self.log_path, "ab") as log:
            to = log if output is None else output
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=to, stderr=to, env=self.env, start_new_session=True,
                                            preexec_fn=self.before_exec)
        wait_until(lambda: self._run_file().get("pid") == self.process.pid or self.process.poll() is not None, "the daemon's run file")
        if self.process.poll() is not None:
            raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.log()}")
        self.audit.attach(self.process, self.log, empty=is_new)
        self.url = self._run_file()["url"]
        self.port = int(self.url.rsplit(":", 1)[1])
        token = self.data_dir / "operator-token"
        self.token = token.read_text().strip() if token.exists() else None
        return self

    def _run_file(self):
        try:
            return json.loads((self.data_dir / "run.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path and self.log_path.exists() else ""

    def stop(self, number=signal.SIGTERM):
        """Stops it and returns the exit code; a daemon that a sanitizer complained about fails here."""
        if self.process.poll() is None:
            # It may be ending, or stand behind a server that a test has put before it.
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError, ValueError):
                self.audit.check_counters(HostAudit.counters(self))
            self.audit.before_stop()
            self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.audit.ended(by_kill=code != 0)
        assert "Sanitizer" not in self.log(), self.log()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def finish(self):
        """Stops it where it runs, and fails where it broke a promise. Whoever uses no `with` calls it at the end."""
        if self.process.poll() is None:
            code = self.stop()
            assert code == 0, f"exit code {code}:\n{self.log()}"
            left = self.strays()
            assert not left, f"processes left behind: {left}"
        self.audit.ended(by_kill=self.process.returncode != 0)
        self.audit.finish()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind=None, *_):
        fine = False
        try:
            if kind is None:
                self.finish()
                fine = True
            elif self.process.poll() is None:
                self.stop()
        finally:
            if self.process.poll() is None:
                self.kill()
            if not fine:
                print(f"--- the daemon's log\n{self.log()[-8000:]}\n--- the audit\n" + "\n".join(self.audit.wrong), file=sys.stderr)
            if self._own_folder:
                self._own_folder.cleanup()

    def workers(self):
        """Pids of the daemon's children and what they started, but its watcher."""
        watcher = self.watcher()
        return [pid for pid in descendants(self.process.pid) if pid != watcher]

    def strays(self):
        """Pids of all that carries the environment of one of its workers, whoever is their parent now."""
        mine = b"COLLET_PLUGIN_DATA_DIR=" + bytes(self.data_dir)
        return [int(process.name) for process in pathlib.Path("/proc").iterdir() if process.name.isdigit() and mine in environment_of(process)]

    def watcher(self):
        """The pid of the program that ends what workers leave behind; None where none runs."""
        found = [pid for pid in descendants(self.process.pid) if program_of(pid) == WATCHER]
        return found[0] if found else None

    # ---- talk

    def request(self, method, path, body=None, headers=None, token=..., call=None):
        """`call` is what the audit knows of a tool call; without it, it is read from the request."""
        token = self.token if token is ... else token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.response_class = Response
        head = dict(headers or {})
        if token:
            head.setdefault("Authorization", f"Bearer {token}")
        if (method, path) == ("POST", EXECUTE) and call is None:
            timeout = head.get("X-Collet-Timeout-Ms") or (isinstance(body, dict) and body.get("timeoutMs"))
            call = self.audit.begin(f"{method} {path}", timeout_ms(timeout))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            head.setdefault("Content-Type", "application/json")
        try:
            with self.audit.work():
                connection.request(method, path, body, head)
                answer = Answer(connection.getresponse())
            self.audit.acknowledged(method, path, answer)
            if call is not None:
                self.audit.answered(call, answer.status, answer.body)
                if answer.has_more:
                    self.audit.answered(call, answer.status, b"")
            return answer
        except (OSError, http.client.HTTPException) as error:
            if call is not None:
                self.audit.unanswered(call, error)
            raise
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def execute(self, tool, parameters=None, **members):
        """The answer to one tool call; `parameters` may be bytes, which are sent as they are. Where `members` have no
        runContext, one tells the audit what becomes of the call."""
        raw = parameters if isinstance(parameters, bytes) else json.dumps(parameters or {}).encode()
        if "runContext" not in members and len(raw) < RUN_ID_BODY_MAX:
            members["runContext"] = {"runId": new_run_id()}
        run_id = members["runContext"].get("runId") if isinstance(members.get("runContext"), dict) else None
        head = json.dumps({"tool": tool, **members})[:-1].encode()
        call = self.audit.begin(tool, timeout_ms(members.get("timeoutMs")), run_id)
        return self.post(EXECUTE, head + b',"parameters":' + raw + b"}", call=call)

    def install(self, folder):
        """The installed plugin's row."""
        answer = self.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True})
        assert answer.status == 200, answer.body.decode()
        return answer.json()

    def cli(self, *arguments, input=None, env=None, cwd=None, text=True, patience=PATIENCE):
        """Runs `collet …` as this daemon's user would; a CompletedProcess with text, or with bytes."""
        if "plugin" in arguments:
            self.audit.forget_rows()
        with self.audit.work():
            return subprocess.run([COLLET, *map(str, arguments)], input=input, capture_output=True, text=text, timeout=patience,
                                  env={**self.env, **(env or {})}, cwd=cwd, check=False)

    # ---- plugins

    def fault_plugin(self, mode="normal", key=None, manifest=None):
        """A package whose worker misbehaves by `mode`; its folder."""
        key = key or "fault." + mode.split()[0]
        folder = self.data_dir.parent / "packages" / key
        shutil.rmtree(folder, ignore_errors=True)
        if " ledger=" not in mode:
            mode += f" ledger={self.audit.ledger_for(key)}"
        self.audit.expect_ledger(key, mode.partition(" ledger=")[2].split()[0])
        subprocess.run([FAULT_WORKER, f"--make-plugin={folder}", *f"--mode={mode}".split()], check=True)
        described = folder / "manifest.json"
        described.write_text(json.dumps({**json.loads(described.read_text()), "id": key, "displayName": key, **(manifest or {})}))
        return folder


def alive(pid):
    """Whether a process exists and is no zombie."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def environment_of(process):
    """What a process was given at its start; empty where it is gone, a zombie, or somebody else's."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def program_of(pid):
    """The executable of a process; None where it is gone."""
    try:
        return pathlib.Path(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return None


def timeout_ms(value):
    """Milliseconds of a timeout as a client wrote it; None where that is no timeout."""
    return int(value) if str(value).isdigit() else None
