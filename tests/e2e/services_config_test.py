#!/usr/bin/env python3
"""Configurations of plugins, and whose they are: over REST, the command line, and what a worker sees of them line by line."""

import json
import os
import pathlib
import shutil
import signal
import tempfile
import threading
import unittest

from daemon import Daemon, wait_until
from host_audit import new_run_id

WORKER = pathlib.Path(__file__).resolve().parent / "config_worker.py"
SCHEMA = {"type": "object", "required": ["n"], "properties": {
    "n": {"type": "integer", "maximum": 50}, "host": {"type": "string"}, "token": {"type": "string", "format": "secret-ref"}}}
TOOLS = [{"name": name, "displayName": name, "description": name, "parametersSchema": {"type": "object"}} for name in ("ask", "hold", "release")]
UUID = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab"
UNKNOWN = "the worker referenced a missing, expired, or unknown invocation scope"


class Configs(unittest.TestCase):
    """A daemon for each test, with the configuration file `TOML`."""

    TOML = ""

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="collet-config-")))
        (self.folder / "collet.toml").write_text(self.TOML)
        self.daemon = self.enterContext(Daemon("--config", str(self.folder / "collet.toml")))

    def install(self, key="acme.x", schema=SCHEMA, **settings):
        root = self.folder / key
        root.mkdir()
        shutil.copy(WORKER, root / "worker.py")
        (root / "worker.py").chmod(0o755)
        (root / "worker.json").write_text(json.dumps({"configChanged": None, "validateConfig": {"ok": True}, **settings}))
        (root / "manifest.json").write_text(json.dumps({
            "id": key, "apiVersion": 1, "version": "1.0.0", "displayName": key, "description": key, "author": "a", "categories": ["automation"],
            "capabilities": ["agent.tools.register", "plugin.state.read", "companies.read", "secrets.read-ref", "events.subscribe"],
            "entrypoints": {"worker": "worker.py"}, "tools": TOOLS, **({"instanceConfigSchema": schema} if schema else {})}))
        self.daemon.install(root)
        return root

    def configure(self, config, key="acme.x", status=200, **members):
        answer = self.daemon.post(f"/api/plugins/{key}/config", {"configJson": config, **members})
        self.assertEqual(answer.status, status, answer.body.decode())
        return answer.json()

    def told(self, *kinds, key="acme.x"):
        """What the plugin's processes noted of these kinds, by process."""
        logs = sorted((self.daemon.data_dir / "plugin-data" / key).glob("*.jsonl"))
        return {log.stem: [line for line in map(json.loads, log.read_text().splitlines()) if line["told"] in kinds] for log in logs}

    def pid(self, key="acme.x"):
        return self.daemon.get(f"/api/plugins/{key}/dashboard").json()["worker"]["pid"]

    def ask(self, *requests, key="acme.x", company="default", run=None):
        """What the host answered a worker's requests from inside a call: results, or errors as {"code", "message"}."""
        context = {"agentId": "a", "runId": run or new_run_id(), "companyId": company, "projectId": "p"}
        answer = self.daemon.execute(f"{key}:ask", {"requests": list(requests)}, runContext=context)
        self.assertEqual(answer.status, 200, answer.body.decode())
        return answer.json()["result"]["data"]


class OneTenant(Configs):
    def test_a_configuration_is_stored_shown_and_sent(self):
        self.install()
        self.assertIsNone(self.daemon.get("/api/plugins/acme.x/config").json())
        self.assertEqual(self.ask({"method": "config.get"}), [{}])
        row = self.configure({"n": 1, "host": "h"}, companyId="whoever")
        self.assertEqual((row["companyId"], row["configJson"], row["lastError"]), ("default", {"n": 1, "host": "h"}, None))
        self.assertEqual(self.daemon.get("/api/plugins/acme.x/config?companyId=another").json(), row)
        (told,) = self.told("configChanged").values()
        self.assertEqual(told, [{"told": "configChanged", "scope": "default", "params": {"config": {"n": 1, "host": "h"}, "companyId": "default"}}])
        # From a call, with no word of which, and with a wrong one.
        self.assertEqual(self.ask({"method": "config.get", "id": {"own": True}}, {"method": "config.get"}, {"method": "config.get", "id": {"raw": "forged"}},
                                  {"method": "config.get", "params": {"companyId": "c"}}), [{"n": 1, "host": "h"}] * 4)

    def test_calls_that_waited_for_a_start_come_after_it(self):
        gate = self.folder / "gate"
        os.mkfifo(gate)
        threading.Thread(target=lambda: gate.write_bytes(b"go")).start()
        self.install(gate=str(gate))
        self.configure({"n": 7})
        before = self.pid()
        threads = [threading.Thread(target=lambda: self.daemon.post("/api/plugins/acme.x/restart")),
                   threading.Thread(target=lambda: self.ask({"method": "config.get"}))]
        threads[0].start()
        wait_until(lambda: self.pid() not in (None, before), "the new process, which waits")
        threads[1].start()
        wait_until(lambda: self.daemon.get("/api/plugins/acme.x/dashboard").json()["worker"]["pendingRequests"] == 2, "initialize, and the call that waits")
        gate.write_bytes(b"go")
        for thread in threads:
            thread.join()
        told = self.told("setup", "configChanged", "executeTool")[str(self.pid())]
        self.assertEqual([line["told"] for line in told], ["setup", "configChanged", "executeTool"])

    def test_setup_gets_it(self):
        self.install()
        self.configure({"n": 7})
        self.assertEqual(self.daemon.post("/api/plugins/acme.x/restart").status, 200)
        wait_until(lambda: self.told("configChanged")[str(self.pid())], "its configuration")
        later = self.told("setup", "configChanged")[str(self.pid())]
        self.assertEqual([line["told"] for line in later], ["setup", "configChanged"])
        self.assertEqual((later[0]["config"], later[1]["params"]["config"]), ({"n": 7}, {"n": 7}))

    def test_it_survives_the_daemon_however_that_ends(self):
        self.install()
        self.configure({"n": 7})
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 7}])
        self.configure({"n": 8})
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 8}])
        self.assertEqual(self.daemon.get("/api/plugins/acme.x/config").json()["configJson"], {"n": 8})

    def test_a_crashed_worker_is_told_again(self):
        self.install()
        self.configure({"n": 7})
        first = self.pid()
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: self.pid() not in (None, first), "another process")
        wait_until(lambda: self.told("configChanged").get(str(self.pid())), "its configuration")

    def test_it_goes_with_a_purge_and_stays_at_an_uninstall(self):
        root = self.install()
        self.configure({"n": 7})
        self.assertEqual(self.daemon.request("DELETE", "/api/plugins/acme.x").status, 200)
        self.daemon.install(root)
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 7}])
        self.assertEqual(self.daemon.request("DELETE", "/api/plugins/acme.x?purge=true").status, 200)
        self.daemon.install(root)
        self.assertEqual(self.ask({"method": "config.get"}), [{}])

    def test_what_does_not_fit_is_refused_and_changes_nothing(self):
        self.install()
        self.configure({"n": 1})
        refused = self.configure({"n": 51, "host": 3}, status=400)
        self.assertEqual(refused["error"], "Configuration does not match the plugin's instanceConfigSchema")
        self.assertEqual(refused["fieldErrors"], [{"field": "/n", "message": "must be at most 50; got 51"},
                                                  {"field": "/host", "message": "must be a string; got 3 (a number)"}])
        refused = self.configure({"n": 1, "token": UUID}, status=400)
        self.assertEqual(refused["error"], 'Plugin secret ref at token must use { type: "secret_ref", secretId, version? }')
        refused = self.configure({"n": 1, "token": "sk-hunter2"}, status=400)
        self.assertNotIn("hunter2", json.dumps(refused))
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 1}])
        self.assertEqual(len(self.told("configChanged")[str(self.pid())]), 1)
        reference = {"type": "secret_ref", "secretId": UUID, "version": 2}
        self.configure({"n": 1, "token": reference})
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 1, "token": reference}])
        for file in (self.daemon.log_path, *self.daemon.data_dir.glob("collet.db*")):
            self.assertNotIn(b"hunter2", file.read_bytes())

    def test_an_invalid_schema_is_a_warning(self):
        self.install(schema={"type": "object", "properties": {"n": {"type": "text"}}})
        self.assertIn("instanceConfigSchema is invalid at /properties/n/type", self.configure({"n": "x"})["warning"])
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": "x"}])

    def test_a_worker_that_does_not_know_the_method_is_restarted(self):
        for key, settings in (("acme.a", {"configChanged": {"code": -32601, "message": "Unknown method: configChanged"}}),
                              ("acme.b", {"configChanged": {"code": -32004, "message": "not implemented"}}),
                              ("acme.c", {"methods": []})):  # an SDK's answer to what its plugin has no hook for
            with self.subTest(key):
                self.install(key, **settings)
                before = self.pid(key)
                self.assertIsNone(self.configure({"n": 3}, key)["lastError"])
                after = self.pid(key)
                self.assertNotEqual(after, before)
                self.assertEqual([line["config"] for line in self.told("setup", key=key)[str(after)]], [{"n": 3}])
                self.assertEqual(self.daemon.get(f"/api/plugins/{key}").json()["status"], "ready")

    def test_a_worker_that_refuses_is_told_of_and_lives_on(self):
        self.install(configChanged={"code": -32006, "message": "configChanged: refusing to overwrite"})
        before = self.pid()
        self.assertEqual(self.configure({"n": 3})["lastError"], "configChanged: refusing to overwrite")
        self.assertEqual(self.pid(), before)
        self.assertEqual(self.daemon.get("/api/plugins/acme.x/config").json()["lastError"], "configChanged: refusing to overwrite")
        self.assertIn("worker keeps the configuration of another company", self.daemon.log())

    def test_a_worker_tries_a_configuration_out(self):
        for result, answer in (({"ok": True}, {"valid": True}),
                               ({"ok": True, "warnings": ["a", "b"]}, {"valid": True, "message": "Warnings: a; b"}),
                               ({"ok": False, "errors": ["e1", "e2"]}, {"valid": False, "message": "e1; e2"}),
                               ({"code": -32004, "message": "no"},
                                {"valid": False, "supported": False, "message": "This plugin does not support configuration testing."})):
            key = f"acme.{len(self.daemon.get('/api/plugins').json())}"
            self.install(key, validateConfig=result)
            got = self.daemon.post(f"/api/plugins/{key}/config/test", {"configJson": {"n": 1}})
            self.assertEqual((got.status, got.json()), (200, answer))
            self.assertIsNone(self.daemon.get(f"/api/plugins/{key}/config").json())
        self.install("acme.boom", validateConfig={"code": -32002, "message": "boom"})
        got = self.daemon.post("/api/plugins/acme.boom/config/test", {"configJson": {"n": 1}})
        self.assertEqual((got.status, got.json()), (502, {"code": "WORKER_ERROR", "message": "boom", "error": "boom"}))
        got = self.daemon.post("/api/plugins/acme.boom/config/test", {"configJson": {}})
        self.assertEqual((got.status, got.json()["fieldErrors"][0]["field"]), (400, "/"))
        self.daemon.post("/api/plugins/acme.boom/disable")
        got = self.daemon.post("/api/plugins/acme.boom/config/test", {"configJson": {"n": 1}})
        self.assertEqual((got.status, got.json()["error"]), (400, "Plugin is not ready (current status: disabled)"))

    def test_the_command_line(self):
        self.install()

        def collet(*arguments, exit=0, **more):
            done = self.daemon.cli("plugin", *arguments, **more)
            self.assertEqual(done.returncode, exit, f"{arguments}\n{done.stdout}\n{done.stderr}")
            return done

        self.assertIn('configuration  missing required property "n"', collet("show", "acme.x").stdout)
        self.assertEqual(json.loads(collet("config", "get", "acme.x").stdout), {})
        self.assertIn("must be at most 50", collet("config", "set", "acme.x", "--param", "n=51", exit=2).stderr)
        self.assertEqual(collet("config", "set", "acme.x", "--param", "n=5").stdout, "Configured acme.x.\n")
        collet("config", "set", "acme.x", "--param", "host=h")
        self.assertEqual(json.loads(collet("config", "get", "acme.x").stdout), {"n": 5, "host": "h"})
        self.assertNotIn("configuration", collet("show", "acme.x").stdout)
        collet("config", "set", "acme.x", "--file", "-", input='{"n":6}')
        collet("config", "edit", "acme.x", env={"EDITOR": "sed -i s/6/7/"})
        self.assertEqual(collet("config", "edit", "acme.x", env={"VISUAL": "true"}).stdout, "Nothing was changed.\n")
        self.assertIn("must be at most 50", collet("config", "edit", "acme.x", env={"EDITOR": "sed -i s/7/70/"}, exit=2).stderr)
        self.assertEqual(self.ask({"method": "config.get"}), [{"n": 7}])
        self.assertEqual(collet("config", "test", "acme.x").stdout, "The configuration works.\n")
        self.assertFalse(list(self.daemon.audit.temporary.glob("collet-edit-*")), "the edited file is gone")


class Instances(Configs):
    TOML = '[plugin."acme.x"]\ninstances = 2\n'

    def test_every_process_is_told(self):
        self.install()
        self.configure({"n": 1})
        self.assertEqual([[line["params"]["config"] for line in lines] for lines in self.told("configChanged").values()], [[{"n": 1}]] * 2)


class NamedTenant(Configs):
    TOML = '[tenancy]\ncompany_id = "acme"\n'

    def test_the_one_tenant_has_the_name_that_it_is_given(self):
        self.install()
        self.assertEqual(self.configure({"n": 1})["companyId"], "acme")
        answer = self.daemon.execute("acme.x:ask", {"requests": [{"method": "config.get"}]})
        self.assertEqual(answer.json()["result"]["data"], [{"n": 1}])
        (told,) = self.told("configChanged", "executeTool").values()
        self.assertEqual([line["scope"] for line in told], ["acme", "acme"])


class SeveralTenants(Configs):
    TOML = '[tenancy]\nmode = "multi"\n[plugin."acme.old"]\ntrust_unnamed_calls = true\n'

    def denied(self, answers, why=None, method="config.get"):
        for number, answer in enumerate(answers):
            self.assertEqual(answer.get("code"), -32005, f"{number}: {answer}")
            self.assertIn(f'is not allowed to perform "{method}": ', answer["message"])
            if why:
                self.assertIn(why, answer["message"], number)

    def test_whoever_calls_says_on_whose_behalf(self):
        self.install()
        whole = {"agentId": "a", "runId": "r", "companyId": "c", "projectId": "p"}
        for context, error in ((None, '"runContext" is required and must be an object'),
                               *(({**whole, name: ""}, '"runContext" must include agentId, runId, companyId, and projectId') for name in whole)):
            answer = self.daemon.post("/api/plugins/tools/execute", {"tool": "acme.x:ask", "parameters": {"requests": []}, "runContext": context})
            self.assertEqual((answer.status, answer.json()["error"]), (400, error))
        for answer in (self.daemon.get("/api/plugins/acme.x/config"), self.daemon.post("/api/plugins/acme.x/config", {"configJson": {"n": 1}})):
            self.assertEqual((answer.status, answer.json()["error"]), (400, '"companyId" is required and must be a non-empty string'))
        refused = self.daemon.cli("tool", "call", "acme.x:ask", "--json", '{"requests":[]}')
        self.assertEqual(refused.returncode, 2, refused.stderr)

    def test_each_tenant_has_a_configuration_of_its_own(self):
        self.install(schema=None)
        self.configure({"of": "globex"}, companyId="globex")
        self.configure({"of": "initech"}, companyId="initech")
        own = {"method": "config.get", "id": {"own": True}}
        for company in ("globex", "initech"):
            self.assertEqual(self.ask(own, {**own, "params": {"companyId": company}}, company=company), [{"of": company}] * 2)
            self.assertEqual(self.daemon.get(f"/api/plugins/acme.x/config?companyId={company}").json()["configJson"], {"of": company})
        self.assertEqual(self.ask(own, company="hooli"), [{}])
        (told,) = self.told("configChanged").values()
        self.assertEqual([(line["scope"], line["params"]) for line in told],
                         [(company, {"config": {"of": company}, "companyId": company}) for company in ("globex", "initech")])

    def test_a_worker_finds_no_way_to_another_tenants_configuration(self):
        """It forges, replays and omits; globex configured another plugin, and calls this one."""
        self.install("acme.other", schema=None)
        self.configure({"secret": "of globex"}, "acme.other", companyId="globex")
        self.install(schema=None)
        self.configure({"mine": 1}, companyId="initech")
        get = {"method": "config.get"}
        of_globex = {**get, "params": {"companyId": "globex"}}
        # Outside of any call: at its setup.
        (setup,) = self.told("setup").values()
        self.denied([setup[0]["config"]], "company context is required")
        # A call of globex, whose id it keeps.
        old = new_run_id()
        self.assertEqual(self.ask({**get, "id": {"own": True}}, company="globex", run=old), [{}], "this plugin has none of globex")

        forged = [UUID, "", " ", "globex", "w1", None, 7, True, {}, [], {"id": UUID}]
        replayed = [{**request, "id": {"of": old}} for request in (get, of_globex)]
        omitted = [{**request, "id": {}} for request in (get, of_globex)]
        named = [{**get, "params": {"companyId": "globex"}, "id": {"own": True}},
                 {**get, "params": {"companyId": " globex\n"}, "id": {"own": True}},
                 {**get, "params": {"scopeKind": "company", "scopeId": "globex"}, "id": {"own": True}},
                 {**get, "params": {"scopeKind": "company"}, "id": {"own": True}}]
        answers = self.ask(*[{**request, "id": {"raw": raw}} for raw in forged for request in (get, of_globex)], *replayed, *omitted, *named, company="initech")
        self.denied(answers[:-4], UNKNOWN)
        self.denied(answers[-4:], 'company "initech"')
        # What is no text names nobody, and the call's own company stays.
        odd = [{**get, "params": {"companyId": value}, "id": {"own": True}} for value in ("", "  ", 7, None, {}, ["globex"])]
        self.assertEqual(self.ask(*odd, company="initech"), [{"mine": 1}] * len(odd))
        # Other ways to ask are none.
        others = self.ask({"method": "config.Get"}, {"method": "config"}, {"method": "config.get "}, company="initech")
        self.assertEqual([answer["code"] for answer in others], [-32601] * 3)

    def test_an_id_is_worth_nothing_once_its_call_has_ended(self):
        self.install(schema=None)
        self.configure({"of": "initech"}, companyId="initech")
        run = new_run_id()
        context = {"agentId": "a", "runId": run, "companyId": "globex", "projectId": "p"}
        holding = threading.Thread(target=lambda: self.daemon.execute("acme.x:hold", runContext=context))
        holding.start()
        wait_until(lambda: any(line["run"] == run for lines in self.told("executeTool").values() for line in lines), "the call")
        replay = {"method": "config.get", "id": {"of": run}}
        self.assertEqual(self.ask(replay, company="initech"), [{}], "a worker may act in any call that it runs")
        self.denied(self.ask({**replay, "params": {"companyId": "initech"}}, company="hooli"), 'scoped to company "globex"')
        released = self.daemon.execute("acme.x:release", {"run": run}, runContext={**context, "runId": new_run_id()})
        self.assertEqual(released.status, 200, released.body)
        holding.join()
        self.denied(self.ask(replay, {**replay, "params": {"companyId": "globex"}}, company="initech"), UNKNOWN)

    def test_other_data_is_no_way_either(self):
        self.install(schema=None)
        self.configure({"of": "initech"}, companyId="initech")
        for method, params in (("state.get", {"scopeKind": "company", "scopeId": "globex", "stateKey": "k"}), ("companies.get", {"companyId": "globex"}),
                               ("secrets.resolve", {"secretRef": {"type": "secret_ref", "secretId": UUID}, "companyId": "globex"}),
                               ("events.subscribe", {"eventPattern": "x", "filter": {"companyId": "globex"}})):
            request = {"method": method, "params": params}
            answers = self.ask({**request, "id": {"own": True}}, {**request, "id": {"raw": UUID}}, request, company="initech")
            if answers[0].get("code") == -32601:
                continue  # this host has no such service
            self.denied(answers, method=method)

    def test_a_company_that_configured_a_plugin_lets_it_act_at_any_time(self):
        self.install(schema=None)
        self.configure({"of": "initech"}, companyId="initech")
        get = {"method": "config.get", "params": {"companyId": "initech"}}
        self.assertEqual(self.ask(get, company="initech"), [{"of": "initech"}])
        self.denied(self.ask({**get, "id": {"own": True}}, company="globex"), 'the current invocation is scoped to company "globex"')

    def test_an_old_plugin_is_trusted_where_the_operator_says_so(self):
        for key in ("acme.old", "acme.x"):
            self.install(key, schema=None)
            self.configure({"of": "globex"}, key, companyId="globex")
        self.assertEqual(self.ask({"method": "config.get"}, key="acme.old", company="globex"), [{"of": "globex"}])
        self.denied(self.ask({"method": "config.get"}, key="acme.x", company="globex"), UNKNOWN)
        self.assertEqual(self.ask({"method": "config.get"}, key="acme.old", company="hooli"), [{}])
        self.denied(self.ask({"method": "config.get", "params": {"companyId": "initech"}}, {"method": "config.get", "id": {"raw": UUID}},
                             key="acme.old", company="hooli"))


if __name__ == "__main__":
    unittest.main(argv=["services_config_test"], verbosity=2)
