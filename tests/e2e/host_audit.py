"""Holds a daemon against what Collet promises: at the end of every end-to-end test, and each second until then.

I1   every call that was accepted has one answer: a result or an error, never both
I2   it comes by the call's deadline and 100 ms, 250 ms under sanitizers
I3   no call is done twice, whatever becomes of its worker, unless its tool is idempotent
I4   nothing is left behind: no process, no zombie, no socket, no temporary file
I5   descriptors and threads of a daemon at rest are those of an empty one, and what its children take
I6   no more calls are in flight or wait than may, by the daemon's own counters
I8   the database is whole, also where the daemon was killed, and has every plugin as it was acknowledged
I12  no sanitizer and no assertion has anything to say
S8   its event loop never stands still for 100 ms, 250 ms under sanitizers

I9 is held by the simulation (tests/simulation), I7 and I11 by the tests of the faults themselves.
"""

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
import uuid

DEFAULT_DEADLINE = 30.0  # seconds, where a call names none
FDS_OF_A_CHILD = {"pipe": 3, "pidfd": 1}
GROUPS_OF_A_HOST_MAX = 3  # control groups that a daemon may hold: memory and pids of version 1, and version 2
GONE_WITHIN = 2.0  # seconds after the end of a daemon
AT_REST_WITHIN = 10.0  # seconds until what a test has just closed is closed in the daemon, too
TICK = 0.02  # seconds between two looks at the clock
STAYS = {"collet.db", "collet.lock", "operator-token", "plugin-data", "packages", "secrets.key"}  # in the data folder
STAYS_AFTER_A_KILL = STAYS | {"collet.db-wal", "collet.db-shm", "run.json"}
STOOD_STILL = re.compile(r"the event loop stood still ms=(\d+)")
WAITING_MAX = 4096  # calls for one plugin, where a test does not say otherwise
COMPLAINT = re.compile(r"==\d+==\s*ERROR: |\w+Sanitizer|\.[ch]pp:\d+:\d+: runtime error: |terminate called|Assertion .* failed")


@dataclasses.dataclass
class Call:
    """One call of a tool as its client saw it."""

    tool: str
    allowed: float  # seconds until its deadline
    run_id: str | None  # by which the ledger of a worker names it
    begun: float = dataclasses.field(default_factory=time.monotonic)
    ended: float | None = None
    answers: int = 0
    result: bool | None = None  # whether that was the answer; None without one
    lost: str = ""  # why there is no answer
    is_owed: bool = True  # not where the client left, or the daemon was killed
    was_stopping: bool = False  # the daemon, when the connection was lost
    seen_overdue: bool = False

    @property
    def deadline(self):
        return self.begun + self.allowed

    def __str__(self):
        return f"{self.tool} (run {self.run_id})"


class Lateness:
    """How late this machine wakes a thread that wants to be woken: what is late by that is not the daemon's doing."""

    def __init__(self):
        self._gaps = collections.deque(maxlen=100_000)  # (end, seconds late)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def _tick(self):
        before = time.monotonic()
        while not self._over.wait(TICK):
            now = time.monotonic()
            if now - before > 1.5 * TICK:
                self._gaps.append((now, now - before - TICK))
            before = now

    def between(self, begin, end):
        """Seconds by which wake-ups between two moments were late, all together."""
        return sum(late for at, late in list(self._gaps) if begin <= at and at - late <= end)

    def stop(self):
        self._over.set()
        self._thread.join()


class HostAudit:
    """One for each run of a daemon. What is wrong is gathered in `wrong`; `finish` fails with it."""

    flat = None  # what an empty daemon holds; the same for all of a test program

    def __init__(self, data_dir, build):
        self.data_dir = data_dir
        cache = build / "CMakeCache.txt"
        sanitized = cache.exists() and re.search(r"^COLLET_SANITIZE:\w+=.", cache.read_text(), re.M)
        self.late_allowed = 0.25 if sanitized else 0.1
        self.wrong = []
        self.calls = []
        self.idempotent = set()  # tools that may be done twice: "key:tool"
        self.ledgers = {}  # key -> file
        self.rows = {}  # id of a plugin -> key and status that were acknowledged last
        self.excused = set()  # invariants that the test itself breaks: one that lets the daemon crash has a sanitizer say so
        self._at_work = 0  # requests and commands whose answer somebody waits for
        self._lock = threading.Lock()
        self._machine = None
        self._is_stopping = False
        self._ended_by_kill = False
        self._over = threading.Event()
        self._over.set()

    # ---- the journal of calls (I1, I2)

    def begin(self, tool, timeout_ms=None, run_id=None):
        call = Call(tool, timeout_ms / 1000 if timeout_ms else DEFAULT_DEADLINE, run_id)
        with self._lock:
            self.calls.append(call)
        return call

    def answered(self, call, status, body):
        """An answer came. A second one to the same call is wrong whatever it says."""
        with self._lock:
            call.answers += 1
        if call.answers > 1:
            return self._add("I1", f"{call} was answered {call.answers} times")
        call.ended = time.monotonic()
        call.result = status == 200
        if len(body) < 1 << 20:
            members = _members(body)
            if ("result" in members) == ("code" in members) or ("result" in members) != call.result:
                self._add("I1", f"{call} was answered by neither a result nor an error: {status} {body[:300]!r}")
        if late := self._late(call, call.ended):
            self._add("I2", f"{call} was answered {late:.3f} s behind its deadline of {call.allowed} s")

    def unanswered(self, call, why):
        """The connection of a call ended without an answer."""
        call.ended, call.lost, call.was_stopping = time.monotonic(), repr(why), self._is_stopping
        if isinstance(why, ConnectionRefusedError):
            call.is_owed = False  # it was accepted by nobody

    def abandon(self, call):
        """The client left without its answer."""
        call.is_owed = False
        call.ended = call.ended or time.monotonic()

    @contextlib.contextmanager
    def work(self):
        """Around whatever the daemon is asked: meanwhile it is not at rest."""
        with self._lock:
            self._at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self._at_work -= 1

    def open_calls(self):
        with self._lock:
            return [call for call in self.calls if call.ended is None]

    def _late(self, call, at):
        """How late a call is at a moment, less what the machine was late; 0 where that is allowed."""
        late = at - call.deadline
        if late <= self.late_allowed:
            return 0
        late -= self._machine.between(call.deadline, at) if self._machine else 0
        return late if late > self.late_allowed else 0

    def _check_answers(self, done):
        for call in self.calls:
            if call.ended is None:
                self._add("I1", f"{call} waits for its answer yet")
            # One that came while the daemon stopped was not accepted, unless a worker heard of it.
            elif call.is_owed and not call.answers and (not call.was_stopping or call.run_id in done):
                self._add("I1", f"{call} was never answered: {call.lost}")

    # ---- what workers did (I3)

    def ledger_for(self, key):
        """The file in which the worker of a plugin notes what it does."""
        folder = self.data_dir.parent / "ledgers"
        folder.mkdir(exist_ok=True, parents=True)
        return folder / key

    def expect_ledger(self, key, file):
        self.ledgers[key] = pathlib.Path(file)

    def _done(self):
        """Run id -> tools that were done with it."""
        done = collections.defaultdict(list)
        for key, file in self.ledgers.items():
            lines = file.read_text(errors="replace").splitlines() if file.exists() else []
            for words in map(str.split, lines):
                if len(words) == 3:
                    done[words[2]].append(f"{key}:{words[1]}")
        return done

    def _check_ledgers(self, done):
        for call in self.calls:
            times = len(done.get(call.run_id, []))
            if times > 1 and call.tool not in self.idempotent:
                self._add("I3", f"{call} was done {times} times")

    # ---- processes and files (I4)

    def _check_zombies(self):
        zombies = set(zombies_of(self.process.pid))
        for pid in zombies & self._zombies_before:
            self._add("I4", f"process {pid} ended a second ago, and the daemon has not taken note of it")
        self._zombies_before = zombies

    def _note_marks(self):
        for pid in descendants(self.process.pid):
            for name, value in environment(pid):
                if name == "COLLET_MARK":
                    self._marks.add(value.partition("/")[0])

    def left_behind(self):
        """Processes that one of its workers started, or the daemon itself: pid -> program."""
        found = {}
        for pid in all_pids():
            for name, value in environment(pid):
                if (name == "COLLET_MARK" and value.partition("/")[0] in self._marks) or (
                        name == "COLLET_PLUGIN_DATA_DIR" and value.startswith(f"{self.data_dir}/")):
                    found[pid] = _program(pid)
        return found

    def _check_processes(self):
        end = time.monotonic() + GONE_WITHIN
        while (left := self.left_behind()) and time.monotonic() < end:
            time.sleep(TICK)
        if left:
            self._add("I4", f"processes outlive the daemon: {left}")

    def _check_files(self):
        if not self.data_dir.exists():
            return
        allowed = STAYS_AFTER_A_KILL if self._ended_by_kill else STAYS
        if strange := sorted({entry.name for entry in self.data_dir.iterdir()} - allowed):
            self._add("I4", f"the data folder holds what does not belong there: {strange}")
        packages = self.data_dir / "packages"
        if not self._ended_by_kill and packages.exists() and any((packages / ".staging").glob("*")):
            self._add("I4", "an installation left its staging folder")
        for folder in (self.data_dir, packages):
            for entry in folder.iterdir() if folder.exists() else ():
                if stat.S_ISSOCK(entry.lstat().st_mode):
                    self._add("I4", f"a socket is left: {entry.name}")
        if temporary := sorted(entry.name for entry in self.temporary.iterdir()):
            self._add("I4", f"temporary files are left: {temporary}")

    @property
    def temporary(self):
        """The daemon's folder for temporary files."""
        folder = self.data_dir.parent / "tmp"
        folder.mkdir(exist_ok=True, parents=True)
        return folder

    # ---- descriptors and threads (I5)

    def _holdings(self):
        """What the daemon holds, less what each of its children takes."""
        pid = self.process.pid
        children = children_of(pid)
        held = collections.Counter()
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if int(fd) > 2:  # those are the test's
                    held[_kind_of_file(os.readlink(f"/proc/{pid}/fd/{fd}"), self.data_dir)] += 1
        for kind, count in FDS_OF_A_CHILD.items():
            held[kind] -= count * len(children)
        held["control group"] = max(0, held["control group"] - GROUPS_OF_A_HOST_MAX)
        held["thread"] = len(os.listdir(f"/proc/{pid}/task"))
        return {kind: count for kind, count in held.items() if count}

    def _check_flat(self):
        if HostAudit.flat is None or self._at_work or "I5" in self.excused:
            return  # the first daemon of this program was no empty one; or this one has something to do
        end = time.monotonic() + AT_REST_WITHIN
        while (held := self._holdings()) != HostAudit.flat and time.monotonic() < end:
            time.sleep(TICK)
        if held != HostAudit.flat:
            self._add("I5", f"a daemon at rest holds {held} beside its children, and an empty one {HostAudit.flat}")

    # ---- the database (I8)

    MOVES_BY_ITSELF = {"error", "upgrade_pending"}  # a status that a plugin may come to without being told

    def acknowledged(self, method, path, answer):
        """An answer to a request that changes plugins: what it says of one is in the store from now on."""
        if method not in ("POST", "DELETE") or not path.startswith("/api/plugins/") or answer.status != 200:
            return
        row = _members(answer.body)
        if not {"id", "pluginKey", "status"} <= set(row):
            return
        if "purge=true" in path:
            self.rows.pop(row["id"], None)
        else:
            self.rows[row["id"]] = (row["pluginKey"], row["status"])

    def forget_rows(self):
        """Somebody else changes plugins, whom the audit does not hear."""
        self.rows.clear()

    def _check_rows(self, found):
        for uuid, (key, status) in self.rows.items():
            if uuid not in found:
                self._add("I8", f"plugin {key} was acknowledged as {status}, and is not in the database")
            elif found[uuid] != status and found[uuid] not in self.MOVES_BY_ITSELF:
                self._add("I8", f"plugin {key} was acknowledged as {status}, and the database has it as {found[uuid]}")

    def _check_database(self):
        database = self.data_dir / "collet.db"
        if not database.exists():
            return
        with tempfile.TemporaryDirectory(prefix="collet-audit-") as folder:  # a look must not change what is there
            for file in self.data_dir.glob("collet.db*"):
                shutil.copy(file, folder)
            try:
                with contextlib.closing(sqlite3.connect(pathlib.Path(folder) / "collet.db")) as copy:
                    said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
                    dangling = copy.execute("PRAGMA foreign_key_check").fetchall()
                    found = dict(copy.execute("SELECT id, status FROM plugins"))
            except sqlite3.Error as error:
                said, dangling, found = [str(error)], [], {}
        if said != ["ok"] or dangling:
            return self._add("I8", f"the database is damaged: {said[:5]} {dangling[:5]}")
        self._check_rows(found)

    # ---- what the daemon says (I12) and counts (I6, I7, I9, I11)

    def _check_words(self):
        complaint = COMPLAINT.search(self._log())
        if complaint:
            self._add("I12", self._log()[complaint.start():][:4000])

    @staticmethod
    def counters(daemon):
        """What /metrics says: name with labels -> value."""
        answer = daemon.get("/metrics")
        assert answer.status == 200, answer
        lines = [line for line in answer.body.decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def check_counters(self, counters):
        """No gauge is beyond its limit."""
        for name, value in counters.items():
            family, _, labels = name.partition("{")
            if family == "collet_calls_running" and value > counters["collet_calls_running_max{" + labels]:
                self._add("I6", f"{name} is {value:g}, {counters['collet_calls_running_max{' + labels]:g} may be")
            if family == "collet_calls_waiting" and value > WAITING_MAX:
                self._add("I6", f"{name} is {value:g}, {WAITING_MAX} may be")

    def _check_loop(self):
        for gap in STOOD_STILL.findall(self._log()):
            if int(gap) > self.late_allowed * 1000:
                self._add("S8", f"the event loop stood still for {gap} ms")

    # ---- its own life

    def attach(self, process, log, empty):
        """The daemon runs. `log` gives all it has said; `empty` tells that it has no plugin yet."""
        self.process, self._log = process, log
        self._marks, self._zombies_before = set(), set()
        self._is_stopping = False
        self._machine = Lateness()
        if empty and HostAudit.flat is None:
            HostAudit.flat = self._holdings()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look_each_second, daemon=True)
        self._watch.start()

    def _look_each_second(self):
        while not self._over.wait(1):
            with contextlib.suppress(OSError):  # it is ending
                self.look()

    def look(self):
        """What can be judged while the daemon runs."""
        self._note_marks()
        self._check_zombies()
        now = time.monotonic()
        for call in self.open_calls():
            if not call.seen_overdue and self._late(call, now - 1):
                call.seen_overdue = True
                self._add("I2", f"{call} has no answer {now - call.deadline:.3f} s behind its deadline of {call.allowed} s")

    def before_stop(self):
        """It runs, and is about to be told to stop."""
        self._note_marks()
        self._check_flat()
        self._is_stopping = True

    def ended(self, by_kill):
        """It has ended, killed or in order: judges what is left of it, once for each `attach`."""
        if self._over.is_set():
            return
        self._over.set()
        self._watch.join()
        self._ended_by_kill = by_kill
        for call in self.calls:
            call.is_owed = call.is_owed and not by_kill
        self._check_processes()
        self._check_files()
        self._check_database()
        self._check_words()
        self._check_loop()
        self._machine.stop()

    def finish(self):
        """The test is over, and all its clients are through: fails where anything was wrong."""
        done = self._done()
        self._check_answers(done)
        self._check_ledgers(done)
        wrong, self.wrong = self.wrong, []
        self.calls = []
        assert not wrong, "the audit of the daemon:\n" + "\n".join(wrong)

    def excuse(self, invariant):
        """The test itself breaks it."""
        self.excused.add(invariant)

    def _add(self, invariant, what):
        if invariant in self.excused:
            return
        with self._lock:
            self.wrong.append(f"{invariant}: {what}")


def new_run_id():
    return str(uuid.uuid4())


# ---- processes

def all_pids():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _stat(pid):
    """State and parent; ("", 0) where the process is gone."""
    try:
        words = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        return words[0], int(words[1])
    except OSError:
        return "", 0


def children_of(pid):
    """Pids, zombies left out."""
    return [child for child in all_pids() for state, parent in (_stat(child),) if parent == pid and state != "Z"]


def zombies_of(pid):
    return [child for child in all_pids() if _stat(child) == ("Z", pid)]


def descendants(pid):
    parents = {child: _stat(child)[1] for child in all_pids()}
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found[1:]


def environment(pid):
    """(name, value) as a process was given them; nothing where it is gone or somebody else's."""
    try:
        text = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
    except OSError:
        return []
    return [(name, value) for name, _, value in (entry.partition("=") for entry in text.split("\0") if entry)]


def _program(pid):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/exe")
    return ""


def _kind_of_file(target, data_dir):
    for kind in ("pipe", "socket"):
        if target.startswith(kind + ":"):
            return kind
    if target == "anon_inode:[pidfd]":
        return "pidfd"
    if target.startswith("/sys/fs/cgroup/"):
        return "control group"
    if target.endswith("/schedstat"):  # of the loop's thread, whatever its number
        return "schedstat"
    return target.replace(str(data_dir), "DATA")


def _members(body):
    """Those of a JSON object; {} where it is none."""
    try:
        members = json.loads(body)
    except (ValueError, RecursionError):  # deeper, or odder, than Python reads
        return {"result": None} if b'"result":' in body[:1000] else {}
    return members if isinstance(members, dict) else {}
