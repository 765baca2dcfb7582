#!/usr/bin/env python3
"""What a worker may use of the machine: R1, R2 and the limits of a process, each against its default and against a plugin's own."""

import concurrent.futures
import json
import os
import pathlib
import resource
import signal
import tempfile
import unittest

from daemon import FRUGAL, PATIENCE, Daemon, alive, wait_until

# A worker in Python that uses what it is told to. Its fork bomb has an end: seven generations, and nobody lives for longer than a minute.
WORKER = r'''#!/usr/bin/env python3
import json, os, resource, signal, sys

def wait_to_be_killed():
    signal.alarm(60)
    signal.pause()

def open_files():
    count = 0
    try:
        while True:
            os.open("/dev/null", os.O_RDONLY)
            count += 1
    except OSError as error:
        return {"opened": count, "error": error.strerror, "core": resource.getrlimit(resource.RLIMIT_CORE),
                "files": resource.getrlimit(resource.RLIMIT_NOFILE)}

def fork_bomb():
    started = os.getpid()
    for generation in range(7):
        try:
            os.fork()
        except OSError:
            pass
    if os.getpid() == started:
        return {"generations": 7}
    wait_to_be_killed()

def eat():
    eaten = []
    while True:
        eaten.append(bytearray(os.urandom(4096)) * 1024)

def burn():
    while True:
        pass

def main():
    for line in sys.stdin:
        message = json.loads(line)
        if "method" not in message:
            continue
        method, result = message["method"], {}
        if method == "initialize":
            result = {"ok": True, "supportedMethods": ["executeTool"]}
        elif method == "executeTool":
            tool = message["params"]["toolName"]
            result = {"data": {"files": open_files, "bomb": fork_bomb, "eat": eat, "burn": burn, "pid": lambda: {"pid": os.getpid()}}[tool]()}
        print(json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "result": result}), flush=True)
        if method == "shutdown":
            return
    wait_to_be_killed()  # also where nobody is there to stop it

main()
'''
TOOLS = ("files", "bomb", "eat", "burn", "pid")
HOST_GROWS_BY = 8 << 20  # bytes; reliability.md R2


class Limits(unittest.TestCase):
    CONFIG = '''
[plugin."few.files"]
open_files_max = 100
[plugin."few.processes"]
processes_max = 32
[plugin."little.memory"]
memory_max = "96MiB"
[plugin."fault.eat-mem"]
memory_max = "64MiB"
[plugin."fault.eat-mem-in-child"]
memory_max = "64MiB"
[plugin."fault.fill-shm"]
memory_max = "64MiB"
[plugin."little.cpu"]
cpu_seconds_max = 1
'''

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-limits-")))
        (self.folder / "collet.toml").write_text(self.CONFIG)
        self.options = ("--config", str(self.folder / "collet.toml"))
        self.daemon = self.enterContext(Daemon(*self.options, env=FRUGAL))
        self.daemon.install(self.daemon.fault_plugin("normal", key="good"))

    def tearDown(self):
        if self.daemon.process.poll() is None:
            self.assertEqual(self.daemon.execute("good:echo", {"still": "here"}).json()["result"]["data"], {"still": "here"})

    # ---- means

    def install(self, key):
        package = self.folder / key
        package.mkdir()
        (package / "worker").write_text(WORKER)
        (package / "worker").chmod(0o755)
        (package / "manifest.json").write_text(json.dumps({
            "id": key, "apiVersion": 1, "version": "1.0.0", "displayName": key, "description": "uses the machine", "author": "tests",
            "categories": ["automation"], "capabilities": ["agent.tools.register"], "entrypoints": {"worker": "worker"},
            "tools": [{"name": name, "displayName": name, "description": name, "parametersSchema": {"type": "object"}} for name in TOOLS]}))
        self.daemon.install(package)
        return key

    def worker(self, key):
        return self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]

    @staticmethod
    def hits(worker):
        return {name: count for name, count in worker["limitsHit"].items() if count}

    def data(self, tool):
        answer = self.daemon.execute(tool)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["result"]["data"]

    def enforced(self, key):
        """Skips where this machine has no control group for us; its daemon says why wherever somebody looks."""
        unenforced = self.worker(key)["limitsUnenforced"]
        if unenforced:
            self.assertIn(unenforced[0], self.daemon.cli("plugin", "show", key).stdout)
            self.assertIn(unenforced[0], self.daemon.cli("doctor").stdout)
            self.assertIn(unenforced[0], self.daemon.log())
            self.skipTest(unenforced[0])

    def resident_bytes(self):
        pages = pathlib.Path(f"/proc/{self.daemon.process.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    def while_the_neighbour_works(self, tool):
        """The answer to a call; until it comes the plugin `good` is called without a pause, and answers every call."""
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.daemon.execute, tool)
            calls = 0
            while not answer.done():
                self.assertEqual(self.daemon.execute("good:echo", {"n": calls}).json()["result"]["data"], {"n": calls})
                calls += 1
            return answer.result(PATIENCE)

    def groups(self, pid):
        """The folders of a worker's control groups, without the hierarchies that Collet does not use."""
        lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
        names = {line.split("/collet-", 1)[1] for line in lines if "/collet-" in line}
        host = "collet-" + names.pop().split("/")[0] if names else None
        return [folder for folder in pathlib.Path("/sys/fs/cgroup").rglob(host)] if host else []

    # ---- the limits of a process

    def test_open_files_and_core_dumps(self):
        own = resource.getrlimit(resource.RLIMIT_NOFILE)
        usual, few = self.data(self.install("usual") + ":files"), self.data(self.install("few.files") + ":files")
        self.assertEqual(usual["files"], [min(own[0], 4096), min(own[1], 4096)])
        self.assertEqual((few["files"], few["opened"], few["error"]), ([100, 100], 97, "Too many open files"))
        self.assertEqual((usual["core"], few["core"]), ([0, 0], [0, 0]))
        self.assertIn("limits     100 open files, no core dump", self.daemon.cli("plugin", "show", "few.files").stdout)

    def test_cpu_time(self):
        key = self.install("little.cpu")
        answer = self.daemon.execute(f"{key}:burn").json()
        self.assertEqual(answer["code"], "worker_crashed")
        self.assertIn("was killed by SIGXCPU (24): it passed its limit of 1 s of CPU time", answer["error"])
        self.assertEqual(self.hits(self.worker(key)), {"cpu": 1})

    # ---- R1, R2

    def test_a_fork_bomb_stays_within_its_number(self):
        key = self.install("few.processes")
        self.enforced(key)
        before = self.resident_bytes()
        self.assertEqual(self.while_the_neighbour_works(f"{key}:bomb").json()["result"]["data"], {"generations": 7})
        worker = wait_until(lambda: (worker := self.worker(key))["limitsHit"]["processes"] and worker, "a process that is refused")
        mine = wait_until(lambda: len(pids := self.daemon.workers()) >= 32 and pids, "all processes that it may have")
        self.assertLessEqual(len(mine), 32 + 1, "with the neighbour's")
        self.assertLess(self.resident_bytes() - before, HOST_GROWS_BY)
        os.kill(worker["pid"], signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in mine if pid != self.worker("good")["pid"]), "the end of the bomb")
        hits = worker["limitsHit"]["processes"]
        self.assertRegex(self.worker(key)["lastExit"], r"^was killed by SIGKILL \(9\); it reached its limit of 32 processes \d+ times?$")
        self.assertGreaterEqual(self.worker(key)["limitsHit"]["processes"], hits)
        self.assertRegex(self.daemon.cli("plugin", "show", key).stdout, r"32 processes; hit: \d+ processes refused")

    def test_a_memory_hog_is_killed_at_its_limit(self):
        key = self.install("little.memory")
        self.enforced(key)
        before = self.resident_bytes()
        answer = self.while_the_neighbour_works(f"{key}:eat").json()
        why = "was killed by SIGKILL (9): it passed its memory limit of 96 MiB (1 OOM kill)"
        self.assertEqual(answer["code"], "worker_crashed")
        self.assertIn(why, answer["error"])
        self.assertLess(abs(self.resident_bytes() - before), HOST_GROWS_BY)
        worker = self.worker(key)
        self.assertEqual((worker["lastExit"], self.hits(worker)), (why, {"memory": 1}))
        self.assertIn(why, self.daemon.cli("plugin", "show", key).stdout)
        wait_until(lambda: self.worker(key)["status"] == "running", "its restart")
        self.assertEqual(self.data(f"{key}:pid")["pid"], self.worker(key)["pid"])

    # ---- R2, in the ways of plugins that nobody suspects

    HOG = "was killed by SIGKILL (9): it passed its memory limit of 64 MiB (1 OOM kill)"

    def killed_after(self, key):
        """How many calls were answered before one that passed the limit; what is told of that one is right."""
        before, kills = self.resident_bytes(), self.worker(key)["limitsHit"]["memory"]
        calls = 0
        while (answer := self.while_the_neighbour_works(f"{key}:echo")).status == 200:
            calls += 1
        said = answer.json()
        self.assertEqual(said["code"], "worker_crashed", said)
        self.assertIn(f"the worker of plugin \"{key}\" {self.HOG} during the call", said["error"])
        self.assertLess(abs(self.resident_bytes() - before), HOST_GROWS_BY)
        worker = self.worker(key)
        self.assertEqual((worker["lastExit"], self.hits(worker)), (self.HOG, {"memory": kills + 1}))
        counted = self.daemon.audit.counters(self.daemon)
        self.assertEqual(counted[f'collet_worker_limits_hit_total{{plugin="{key}",limit="memory"}}'], kills + 1)
        wait_until(lambda: self.worker(key)["status"] == "running", "its restart")
        return calls

    def test_a_slow_leak(self):
        key = self.daemon.install(self.daemon.fault_plugin("eat-mem bytes=8388608"))["pluginKey"]
        self.enforced(key)
        for _ in range(2):  # eight times 8 MiB is the limit, and the program itself is in it
            self.assertIn(self.killed_after(key), (6, 7))

    def test_ten_gibibytes_at_once(self):
        key = self.daemon.install(self.daemon.fault_plugin("eat-mem bytes=10737418240"))["pluginKey"]
        self.enforced(key)
        self.assertEqual(self.killed_after(key), 0)

    def test_memory_that_a_child_maps_and_touches(self):
        key = self.daemon.install(self.daemon.fault_plugin("eat-mem-in-child bytes=1073741824"))["pluginKey"]
        self.enforced(key)
        before, pid = self.resident_bytes(), self.worker(key)["pid"]
        for kills in (1, 2):  # the largest process is the one that is killed, and its parent says what it saw
            self.assertEqual(self.while_the_neighbour_works(f"{key}:echo").status, 200)
            self.assertEqual(self.hits(self.worker(key)), {"memory": kills})
        wait_until(lambda: "the child was killed by signal 9" in json.dumps(self.daemon.get(f"/api/plugins/{key}/logs").json()), "its words")
        self.assertLess(abs(self.resident_bytes() - before), HOST_GROWS_BY)
        self.assertEqual((self.worker(key)["pid"], self.worker(key)["totalCrashes"]), (pid, 0))
        self.assertIn("64 MiB of memory, 512 processes; hit: 2 killed for want of memory", self.daemon.cli("plugin", "show", key).stdout)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.worker(key)["totalCrashes"] == 1, "its end")
        self.assertEqual(self.worker(key)["lastExit"], "was killed by SIGKILL (9): it passed its memory limit of 64 MiB (2 OOM kills)")

    def test_files_in_memory(self):
        file = pathlib.Path("/dev/shm") / f"collet-test-{os.getpid()}"
        self.addCleanup(file.unlink, missing_ok=True)
        key = self.daemon.install(self.daemon.fault_plugin(f"fill-shm bytes=16777216 file={file}"))["pluginKey"]
        self.enforced(key)
        for kills in (1, 2):
            hosts = self.groups(pid := self.worker(key)["pid"])
            runs = [run for host in hosts for run in host.iterdir() if run.is_dir() and str(pid) in (run / "cgroup.procs").read_text().split()]
            self.assertEqual(self.killed_after(key), 3)
            # What it wrote is there yet, and no group is kept for it.
            self.assertLessEqual(file.stat().st_size, kills * (64 << 20))
            self.assertGreater(file.stat().st_size, kills * (48 << 20))
            wait_until(lambda: not any(run.exists() for run in runs), "the end of its groups")

    # ---- what is left

    def test_no_group_is_left_of_a_worker_nor_of_a_daemon(self):
        key = self.install("few.processes")
        self.enforced(key)
        worker = self.worker(key)["pid"]
        hosts = self.groups(worker)
        runs = [run for host in hosts for run in host.iterdir() if run.is_dir() and str(worker) in (run / "cgroup.procs").read_text().split()]
        self.assertEqual(len(runs), len(hosts))
        self.daemon.post(f"/api/plugins/{key}/disable")
        wait_until(lambda: not any(run.exists() for run in runs), "the end of its groups")
        self.assertTrue(all(host.exists() for host in hosts))
        self.daemon.kill()
        wait_until(lambda: not any(host.exists() for host in hosts), "the end of the daemon's groups")

    def test_what_a_daemon_left_that_died_with_its_watcher_is_removed_by_the_next(self):
        key = self.install("few.processes")
        self.enforced(key)
        worker = self.worker(key)["pid"]
        hosts = self.groups(worker)
        self.daemon.audit.excuse("I4")
        os.kill(self.daemon.watcher(), signal.SIGKILL)
        self.daemon.kill()
        self.assertTrue(alive(worker), "nobody was there to kill it")
        self.daemon.start()
        wait_until(lambda: not alive(worker), "its end")
        wait_until(lambda: not any(host.exists() for host in hosts), "the end of the groups")


if __name__ == "__main__":
    unittest.main(argv=["limits_test"], verbosity=2)
