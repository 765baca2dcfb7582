#!/usr/bin/env python3
"""Entities, the directory, folders and databases, as a worker sees them over the wire, and what is left of them after a kill."""

import json
import os
import pathlib
import shutil
import sqlite3
import stat
import tempfile
import threading
import unittest

from daemon import Daemon

WORKER = pathlib.Path(__file__).resolve().parent / "services_worker.py"
TOOLS = [{"name": name, "displayName": name, "description": name, "parametersSchema": {"type": "object"}} for name in ("ask", "told")]
CAPABILITIES = ["agent.tools.register", "companies.read", "projects.read", "project.workspaces.read", "agents.read", "local.folders",
                "database.namespace.migrate", "database.namespace.read", "database.namespace.write"]
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
TOML = """
[plugin."acme.x".folders]
shared = "{folder}/shared"

[[company]]
id = "acme"
name = "Acme"

[[project]]
id = "website"

[[project.workspace]]
id = "main"
path = "/srv/website"

[[agent]]
id = "ann"
status = "paused"
"""


class Services(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-folders-")))
        (self.folder / "collet.toml").write_text(TOML.format(folder=self.folder))
        self.daemon = self.enterContext(Daemon("--config", str(self.folder / "collet.toml")))

    def package(self, key="acme.x", migrations=None, version="1.0.0"):
        root = self.folder / "packages" / key
        shutil.rmtree(root, ignore_errors=True)
        (root / "sql").mkdir(parents=True)
        shutil.copy(WORKER, root / "worker.py")
        (root / "worker.py").chmod(0o755)
        for name, sql in (migrations or {"001.sql": "CREATE TABLE plugin_notes_{hash}.t (a int, b jsonb)"}).items():
            (root / "sql" / name).write_text(sql.replace("plugin_notes_{hash}.", ""))
        (root / "manifest.json").write_text(json.dumps({
            "id": key, "apiVersion": 1, "version": version, "displayName": key, "description": key, "author": "a", "categories": ["automation"],
            "capabilities": CAPABILITIES, "entrypoints": {"worker": "worker.py"}, "tools": TOOLS,
            "database": {"namespaceSlug": "notes", "migrationsDir": "sql", "coreReadTables": ["companies"]},
            "localFolders": [{"folderKey": "own", "displayName": "Own"}, {"folderKey": "shared", "displayName": "Shared"}]}))
        return root

    def ask(self, *requests, key="acme.x"):
        """What the host answered each (method, params): the result, or the error's text."""
        answer = self.daemon.execute(f"{key}:ask", {"requests": [{"method": method, "params": params} for method, params in requests]})
        self.assertEqual(answer.status, 200, answer.body.decode())
        return [each["result"] if "result" in each else each["error"]["message"] for each in answer.json()["result"]["data"]]

    def one(self, method, params, key="acme.x"):
        return self.ask((method, params), key=key)[0]

    # ---- entities

    def test_entities_are_kept_also_after_a_kill(self):
        self.daemon.install(self.package())
        entity = {"entityType": "issue", "scopeKind": "project", "scopeId": "p", "externalId": "x", "title": "T"}
        raw = b'{"requests":[{"method":"entities.upsert","params":' + json.dumps({**entity, "data": None})[:-6].encode() + b' {"b":1.0,"a":12345678901234567890}}}]}'
        self.assertEqual(self.daemon.execute("acme.x:ask", raw).status, 200)
        row = self.one("entities.upsert", {"entityType": "issue", "scopeKind": "project", "externalId": "x", "status": "done"})
        self.assertEqual((row["title"], row["status"], row["scopeId"], row["companyId"]), ("T", "done", "p", None))
        self.daemon.kill()
        self.daemon.start()
        (kept,) = self.one("entities.list", {"scopeKind": "project", "scopeId": "p"})
        self.assertEqual(kept, row)
        self.assertEqual(self.one("entities.list", {"scopeId": "q"}), [])

    # ---- the directory

    def test_plugins_find_what_the_operator_describes(self):
        self.daemon.install(self.package())
        companies, unknown, projects, workspaces, agents, paused = self.ask(
            ("companies.list", {}), ("companies.get", {"companyId": "nobody"}), ("projects.list", {"companyId": "acme"}),
            ("projects.listWorkspaces", {"projectId": "website", "companyId": "acme"}), ("agents.list", {"companyId": "acme", "status": "idle"}),
            ("agents.get", {"agentId": "ann", "companyId": "acme"}))
        self.assertEqual([company["name"] for company in companies], ["Acme"])
        self.assertIsNone(unknown)
        self.assertEqual(projects[0]["primaryWorkspace"]["cwd"], "/srv/website")
        self.assertEqual([(each["path"], each["isPrimary"]) for each in workspaces], [("/srv/website", True)])
        self.assertEqual((agents, paused["status"]), ([], "paused"))

    # ---- folders

    def test_files_are_written_read_and_confined(self):
        self.daemon.install(self.package())
        own = self.folder / "own"
        (self.folder / "secret").write_text("secret")
        self.assertTrue(self.one("localFolders.configure", {"companyId": "c", "folderKey": "own", "path": str(own)})["healthy"])
        self.one("localFolders.writeTextAtomic", {"companyId": "c", "folderKey": "own", "relativePath": "a/b.md", "contents": "grüß\n"})
        self.assertEqual((own / "a" / "b.md").read_text(), "grüß\n")
        self.assertEqual(self.one("localFolders.readText", {"companyId": "c", "folderKey": "own", "relativePath": "a/b.md"}), "grüß\n")
        os.symlink(self.folder, own / "up")
        os.symlink(self.folder / "secret", own / "file")
        for path in ("../secret", "a/../../secret", str(self.folder / "secret"), "up/secret", "file", "a\\..\\..\\secret", "a\0"):
            for method in ("readText", "deleteFile", "writeTextAtomic"):
                if method == "readText" or path.startswith(("..", "/", "up")):
                    said = self.one(f"localFolders.{method}", {"companyId": "c", "folderKey": "own", "relativePath": path, "contents": "x"})
                    self.assertRegex(str(said), "leads out of the folder|stay inside|is absolute|backslash|NUL", (method, path))
        self.assertEqual((self.folder / "secret").read_text(), "secret")
        listing = self.one("localFolders.list", {"companyId": "c", "folderKey": "own", "recursive": True})
        self.assertEqual([entry["path"] for entry in listing["entries"]], ["a", "a/b.md"])
        self.daemon.kill()
        self.daemon.start()
        self.assertTrue(self.one("localFolders.status", {"companyId": "c", "folderKey": "own"})["configured"], "the path is kept")

    def test_the_operators_folder_wins(self):
        self.daemon.install(self.package())
        status = self.one("localFolders.configure", {"companyId": "c", "folderKey": "shared", "path": str(self.folder / "elsewhere")})
        self.assertEqual(status["path"], str(self.folder / "shared"))
        self.assertFalse((self.folder / "elsewhere").exists())

    # ---- databases

    def test_a_plugin_hears_of_its_database_before_it_asks(self):
        self.daemon.install(self.package())
        told = self.daemon.execute("acme.x:told").json()["result"]["data"]
        self.assertRegex(told["databaseNamespace"], "^plugin_notes_[0-9a-f]{10}$")
        self.assertEqual(self.one("db.namespace", {}), told["databaseNamespace"])

    def test_rows_are_kept_also_after_a_kill(self):
        self.daemon.install(self.package())
        space = self.one("db.namespace", {})
        self.assertEqual(self.one("db.execute", {"sql": f"INSERT INTO {space}.t (a, b) VALUES ($1, $2::jsonb)", "params": [1, {"k": [1.5, None]}]}),
                         {"rowCount": 1})
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.one("db.query", {"sql": f"SELECT * FROM {space}.t WHERE b->>'k' IS NOT NULL"}), [{"a": 1, "b": {"k": [1.5, None]}}])
        self.assertEqual(self.one("db.query", {"sql": "SELECT name FROM public.companies"}), [{"name": "Acme"}])
        file = self.daemon.data_dir / "plugin-data" / "acme.x" / "database.sqlite3"
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)

    def test_migrations_run_at_each_version_and_a_wrong_one_stops_the_start(self):
        first = {"001.sql": "CREATE TABLE t (a int);"}
        self.daemon.install(self.package(migrations=first))
        self.one("db.execute", {"sql": "INSERT INTO t VALUES (1)"})
        self.package(migrations={**first, "002.sql": "ALTER TABLE t ADD COLUMN b text NOT NULL DEFAULT 'new';"})
        self.assertEqual(self.daemon.post("/api/plugins/acme.x/restart").status, 200)
        self.assertEqual(self.one("db.query", {"sql": "SELECT * FROM t"}), [{"a": 1, "b": "new"}])
        self.package(migrations={"001.sql": "CREATE TABLE t (a text);"})
        answer = self.daemon.post("/api/plugins/acme.x/restart")
        self.assertEqual((answer.status, answer.json()["error"]), (400, "Plugin migration checksum mismatch for 001.sql"))
        row = self.daemon.get("/api/plugins/acme.x").json()
        self.assertEqual((row["status"], row["lastError"]), ("error", "Activation failed: Plugin migration checksum mismatch for 001.sql"))
        self.package(key="acme.y", migrations={"001.sql": "CREATE TABLE t (a int);\n\nCREATE FUNCTION f() RETURNS int;"})
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(self.folder / "packages" / "acme.y"), "isLocalPath": True})
        self.assertEqual(answer.status, 400)
        self.assertIn("the plugin's migration 001.sql cannot be applied: line 3: CREATE function is not there", answer.json()["error"])

    def test_nothing_leads_out_of_a_database(self):
        self.daemon.install(self.package())
        other = self.folder / "other.db"
        store = self.daemon.data_dir / "collet.db"
        for sql in (f"ATTACH '{store}' AS s", f"VACUUM INTO '{other}'", "PRAGMA writable_schema = ON", "SELECT load_extension('x')",
                    "CREATE VIRTUAL TABLE x USING fts5(a)"):
            for method in ("db.query", "db.execute"):
                self.assertIsInstance(self.one(method, {"sql": sql}), str, sql)
        self.assertFalse(other.exists())
        self.assertEqual(self.one("db.query", {"sql": "SELECT name FROM sqlite_schema WHERE name = 'plugins'"}), [])

    def test_an_endless_query_holds_up_no_other_plugin(self):
        self.daemon.install(self.package())
        self.daemon.install(self.package(key="acme.y"))
        answers = []
        endless = threading.Thread(target=lambda: answers.append(self.one("db.query", {"sql": ENDLESS})))
        endless.start()
        for number in range(20):
            self.assertEqual(self.one("db.execute", {"sql": "INSERT INTO t (a) VALUES ($1)", "params": [number]}, key="acme.y"), {"rowCount": 1})
        self.assertEqual(answers, [], "it still runs")
        endless.join()
        self.assertEqual(answers, ["it ran longer than it may, and was stopped"])

    def test_a_daemon_stops_while_a_query_runs(self):
        self.daemon.install(self.package())
        calls = threading.Thread(target=lambda: self.daemon.execute("acme.x:ask", {"requests": [{"method": "db.query", "params": {"sql": ENDLESS}}]}))
        calls.start()
        self.assertEqual(self.daemon.stop(), 0)
        calls.join()

    def test_a_purge_takes_the_database_along(self):
        self.daemon.install(self.package())
        self.one("db.execute", {"sql": "INSERT INTO t (a) VALUES (1)"})
        self.assertEqual(self.daemon.request("DELETE", "/api/plugins/acme.x?purge=true").status, 200)
        self.daemon.install(self.package())
        self.assertEqual(self.one("db.query", {"sql": "SELECT a FROM t"}), [])

    def test_a_database_is_an_ordinary_one_of_sqlite(self):
        self.daemon.install(self.package())
        self.one("db.execute", {"sql": "INSERT INTO t (a) VALUES (7)"})
        self.assertEqual(self.daemon.stop(), 0)
        with sqlite3.connect(self.daemon.data_dir / "plugin-data" / "acme.x" / "database.sqlite3") as database:
            self.assertEqual(database.execute("SELECT a FROM t").fetchall(), [(7,)])
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


if __name__ == "__main__":
    unittest.main()
