#!/usr/bin/env python3
"""Parameters and results against their schemas: over REST, on the command line, and by what the operator says."""

import json
import pathlib
import tempfile
import unittest

from daemon import BUILD, ROOT, Daemon, wait_until
from rest_test import Document

CALC = BUILD / "plugins" / "calc"
TEXTSTATS = ROOT / "examples" / "plugins" / "textstats"
ORDER = {"type": "object", "required": ["item"], "additionalProperties": False, "properties": {
    "item": {"type": "string", "minLength": 1}, "count": {"type": "integer", "minimum": 1, "default": 1}, "gift": {"type": "boolean"},
    "tags": {"type": "array", "items": {"type": "string"}}, "priority": {"enum": ["low", "normal", "high"]}}}


def tool(name, parameters=None):
    """A tool of the fault worker: `echo` answers with its parameters as data, `raw` with its parameters."""
    return {"name": name, "displayName": name, "description": name, "parametersSchema": parameters or {}}


class Schemas(unittest.TestCase):
    """A daemon, and answers held against its OpenAPI document."""

    CONFIG = ""

    @classmethod
    def setUpClass(cls):
        config = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="collet-config-"))) / "collet.toml"
        config.write_text(cls.CONFIG)
        cls.daemon = cls.enterClassContext(Daemon("--config", str(config)))
        cls.document = Document(cls.daemon.get("/api/openapi.json").json())

    def called(self, name, parameters, status):
        """The body of a call's answer."""
        answer = self.daemon.execute(name, parameters)
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(self.document.problems("POST", "/api/plugins/tools/execute", answer), [])
        return answer.json()

    def refused(self, name, parameters, status, code, *pointers):
        """The body of an answer with violations at these places."""
        body = self.called(name, parameters, status)
        self.assertEqual(body["code"], code)
        self.assertEqual([violation["instancePointer"] for violation in body.get("violations", [])], list(pointers), body)
        for violation in body.get("violations", [])[:3]:
            self.assertIn(violation["message"], body["error"])
        return body

    def sent(self, name, parameters):
        """What reached the worker behind an `echo`."""
        return self.called(name, parameters, 200)["result"]["data"]

    def plugin(self, key, tools, collet=None):
        folder = self.daemon.fault_plugin(key=key, manifest={"tools": tools, **({"collet": collet} if collet else {})})
        return self.daemon.install(folder)

    def log_lines(self, *words):
        return [line for line in self.daemon.log().splitlines() if all(word in line for word in words)]


class Examples(Schemas):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.install(CALC)
        cls.daemon.install(TEXTSTATS)

    def test_a_bad_call_says_what_to_mend(self):
        body = self.refused("collet.textstats:count", {"text": "a", "language": "english"}, 422, "invalid_parameters", "/language")
        self.assertEqual(body["error"], "parameters of collet.textstats:count do not fit its schema: "
                                        '/language must be one of any, en, de, fr; got "english"')
        self.assertEqual(body["remedy"], "mend the parameters and call again; `collet tool show collet.textstats:count` lists them")
        self.assertEqual((body["violations"][0]["keyword"], body["violations"][0]["schemaPointer"]), ("enum", "/properties/language/enum"))

    def test_every_kind_of_mistake(self):
        self.refused("collet.textstats:count", {}, 422, "invalid_parameters", "")
        self.refused("collet.textstats:count", [], 422, "invalid_parameters", "")
        self.refused("collet.textstats:count", {"text": 1, "top": "5"}, 422, "invalid_parameters", "/text", "/top")
        self.refused("collet.textstats:count", {"text": "a", "top": 101}, 422, "invalid_parameters", "/top")
        self.refused("collet.calc:evaluate", {"expression": ""}, 422, "invalid_parameters", "/expression")
        self.refused("collet.calc:evaluate", {"expression": "x", "variables": {"x": "1"}}, 422, "invalid_parameters", "/variables/x")
        body = self.called("collet.calc:evaluate", {"expresion": "1"}, 422)
        self.assertIn('"expresion"', body["error"])
        self.assertEqual({violation["keyword"] for violation in body["violations"]}, {"required", "additionalProperties"})

    def test_the_command_line_lists_them(self):
        done = self.daemon.cli("tool", "call", "collet.textstats:count", "--json", '{"text":1,"language":"english","top":-1}')
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        lines = done.stderr.splitlines()
        self.assertEqual(lines[0], "error: parameters of collet.textstats:count do not fit its schema")
        self.assertEqual([line.split()[0] for line in lines[1:4]], ["/text", "/language", "/top"])
        self.assertEqual(lines[4], "  hint: mend the parameters and call again; `collet tool show collet.textstats:count` lists them")

    def test_results_of_the_examples_fit(self):
        self.assertEqual(self.called("collet.calc:evaluate", {"expression": "6*7"}, 200)["result"]["data"], {"value": 42})
        self.assertEqual(self.called("collet.calc:statistics", {"numbers": [1]}, 200)["result"]["data"]["count"], 1)
        self.assertIn("error", self.called("collet.calc:evaluate", {"expression": "1/0"}, 200)["result"])


class Registration(Schemas):
    def test_a_bad_schema_disables_exactly_that_tool(self):
        self.plugin("acme.half", [tool("echo"), tool("raw", {"type": "object", "properties": {"n": {"type": "strnig"}}})])
        listed = {each["name"]: each.get("disabled") for each in self.daemon.get("/api/plugins/tools?pluginId=acme.half").json()}
        self.assertEqual(listed.keys(), {"acme.half:echo", "acme.half:raw"})
        self.assertIsNone(listed["acme.half:echo"])
        reason = listed["acme.half:raw"]
        self.assertRegex(reason, r"^parametersSchema is invalid at /properties/n/type: .*strnig")

        body = self.refused("acme.half:raw", {}, 409, "tool_disabled")
        self.assertEqual(body["error"], f'tool "acme.half:raw" is disabled: its {reason}')
        self.assertEqual(self.sent("acme.half:echo", {"n": 1}), {"n": 1})

        answer = self.daemon.get("/api/plugins/acme.half/health")
        self.assertEqual(self.document.problems("GET", "/api/plugins/{id}/health", answer), [])
        health = answer.json()
        self.assertEqual(health["healthy"], False)
        self.assertEqual({check["name"]: check["message"] for check in health["checks"] if not check["passed"]},
                         {"schemas": f"1 of 2 tools is disabled: acme.half:raw ({reason})"})
        self.assertEqual(len(self.log_lines("invalid schema, the tool is disabled", "acme.half:raw")), 1)

        self.assertIn(f"acme.half:raw   disabled: {reason}", self.daemon.cli("tool", "list").stdout)
        self.assertIn(f"It is disabled: {reason}", self.daemon.cli("tool", "show", "acme.half:raw").stdout)
        doctor = self.daemon.cli("doctor", "acme.half")
        self.assertEqual(doctor.returncode, 4)
        self.assertIn(f"schemas: 1 of 2 tools is disabled: acme.half:raw ({reason})", doctor.stdout)
        self.assertIn("1 of 2 tools is disabled", self.daemon.cli("doctor").stdout)

    def test_a_mended_schema_counts_after_a_restart(self):
        folder = self.daemon.fault_plugin(key="acme.mended", manifest={"tools": [tool("echo", {"type": "object", "minProperties": -1})]})
        self.daemon.install(folder)
        self.refused("acme.mended:echo", {}, 409, "tool_disabled")
        self.daemon.fault_plugin(key="acme.mended", manifest={"tools": [tool("echo", {"type": "object", "minProperties": 1})]})
        self.assertEqual(self.daemon.post("/api/plugins/acme.mended/restart").status, 200)
        self.refused("acme.mended:echo", {}, 422, "invalid_parameters", "")
        self.assertEqual(self.sent("acme.mended:echo", {"a": 1}), {"a": 1})

    def test_a_plugin_does_not_switch_its_own_checks_off(self):
        folder = self.daemon.fault_plugin(key="acme.sly", manifest={"tools": [tool("echo")], "collet": {"validation": "off"}})
        answer = self.daemon.post("/api/plugins/install", {"packageName": str(folder), "isLocalPath": True})
        self.assertEqual((answer.status, answer.json()["code"]), (400, "install_failed"))
        self.assertIn("collet: Unrecognized key(s) in object: 'validation'", answer.json()["error"])


class Results(Schemas):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
        cls.plugin(cls, "acme.results", [tool("echo"), tool("raw")], {"tools": {name: {"outputSchema": schema} for name in ("echo", "raw")}})

    def test_data_must_fit(self):
        self.assertEqual(self.sent("acme.results:echo", {"n": 1}), {"n": 1})
        body = self.refused("acme.results:echo", {"n": "one"}, 502, "invalid_result", "/data/n")
        self.assertTrue(body["error"].startswith("the result of acme.results:echo does not fit its outputSchema: /data/n "), body)
        self.refused("acme.results:echo", {}, 502, "invalid_result", "/data")
        done = self.daemon.cli("tool", "call", "acme.results:echo", "--json", '{"n":"one"}')
        self.assertEqual(done.returncode, 4)
        self.assertIn("\n  /data/n ", done.stderr)

    def test_a_result_without_data(self):
        for result in ({}, {"content": "x"}, [1], 7, None):
            body = self.refused("acme.results:raw", result, 502, "invalid_result", "")
            self.assertEqual(body["violations"][0]["message"], "the result has no data, which outputSchema describes")

    def test_an_error_is_an_answer(self):
        self.assertEqual(self.called("acme.results:raw", {"error": "out of paper"}, 200)["result"], {"error": "out of paper"})

    def test_what_fits_keeps_its_bytes(self):
        result = rb'{"data":{"n":1.0,"x":1234567890123456789012345,"s":"\ud800","x":1e400},"content":"\/"}'
        answer = self.daemon.execute("acme.results:raw", result)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b'"result":' + result + b"}", answer.body)


class Operator(Schemas):
    CONFIG = """
[plugin."acme.warned"]
validation = "warn"
[plugin."acme.warned".tools.strict]
validation = "enforce"
[plugin."acme.off"]
validation = "off"
coerce = true
[plugin."acme.one-off".tools."echo"]
validation = "off"
[plugin."acme.filled"]
fill_defaults = true
coerce = true
[plugin."acme.unfilled"]
fill_defaults = false
coerce = false
[plugin."acme.output".tools.echo]
output_schema = '{"type":"object","required":["n"]}'
"""

    def test_warn_says_so_and_passes_calls_on(self):
        bad = {"type": "object", "properties": {"n": {"type": "strnig"}}}
        self.plugin("acme.warned", [tool("echo", ORDER), tool("raw", bad)], {"tools": {"echo": {"outputSchema": {"type": "array"}}}})
        self.assertEqual(self.sent("acme.warned:echo", {"item": 7}), {"item": 7})
        lines = wait_until(lambda: len(found := self.log_lines("acme.warned:echo", "violations=")) == 2 and found, "both lines")
        self.assertIn("parameters do not fit their schema, passing them on", lines[0])
        self.assertIn("/item ", lines[0])
        self.assertIn("result does not fit its schema, passing it on", lines[1])
        # A tool whose schema is invalid may be called.
        self.assertEqual(self.called("acme.warned:raw", {"n": 1}, 200)["result"], {"n": 1})
        self.assertTrue(self.log_lines("invalid schema, the tool's calls are not held against it", "acme.warned:raw"))
        self.assertNotIn("disabled", json.dumps(self.daemon.get("/api/plugins/tools?pluginId=acme.warned").json()))
        self.assertEqual(self.daemon.get("/api/plugins/acme.warned/health").json()["healthy"], True)

    def test_a_tool_of_its_own(self):
        self.plugin("acme.one-off", [tool("echo", ORDER), tool("raw", ORDER)])
        self.assertEqual(self.sent("acme.one-off:echo", {"item": 7}), {"item": 7})
        self.refused("acme.one-off:raw", {"item": 7}, 422, "invalid_parameters", "/item")

    def test_off_reads_no_schema(self):
        self.plugin("acme.off", [tool("echo", ORDER), tool("raw", {"type": "strnig"})])
        self.assertEqual(self.sent("acme.off:echo", {"count": "5"}), {"count": "5"}, "nothing is coerced either")
        self.assertEqual(self.called("acme.off:raw", [1], 200)["result"], [1])
        self.assertEqual(self.log_lines("acme.off:"), [])

    def test_defaults_and_coercion(self):
        self.plugin("acme.filled", [tool("echo", ORDER)])
        self.assertEqual(self.sent("acme.filled:echo", {"item": "x"}), {"item": "x", "count": 1})
        self.assertEqual(self.sent("acme.filled:echo", {"item": "x", "count": "5", "gift": "true", "tags": "a"}),
                         {"item": "x", "count": 5, "gift": True, "tags": ["a"]})
        self.refused("acme.filled:echo", {"item": "x", "count": "five"}, 422, "invalid_parameters", "/count")
        self.refused("acme.filled:echo", {"item": "x", "count": "0"}, 422, "invalid_parameters", "/count")

    def test_the_operator_wins_over_the_manifest(self):
        wishes = {"fillDefaults": True, "coerce": True}
        self.plugin("acme.wishes", [tool("echo", ORDER)], wishes)
        self.assertEqual(self.sent("acme.wishes:echo", {"item": "x"}), {"item": "x", "count": 1})
        self.plugin("acme.unfilled", [tool("echo", ORDER)], wishes)
        self.assertEqual(self.sent("acme.unfilled:echo", {"item": "x"}), {"item": "x"})
        self.refused("acme.unfilled:echo", {"item": "x", "count": "5"}, 422, "invalid_parameters", "/count")

    def test_without_a_word_nothing_is_changed(self):
        self.plugin("acme.plain", [tool("echo", ORDER)])
        self.assertEqual(self.sent("acme.plain:echo", {"item": "x"}), {"item": "x"})
        self.refused("acme.plain:echo", {"item": "x", "count": "5", "tags": "a"}, 422, "invalid_parameters", "/count", "/tags")

    def test_an_output_schema_of_the_operators(self):
        self.plugin("acme.output", [tool("echo")])
        self.assertEqual(self.sent("acme.output:echo", {"n": 1}), {"n": 1})
        self.refused("acme.output:echo", {"m": 1}, 502, "invalid_result", "/data")


class Commands(unittest.TestCase):
    """`collet schema …`, which needs no daemon."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="collet-schema-")))
        cls.nowhere = Daemon(data_dir=cls.folder / "absent")
        (cls.folder / "parts").mkdir()
        for name, value in (("order.json", {**ORDER, "properties": {**ORDER["properties"], "address": {"$ref": "parts/address.json#/$defs/address"}}}),
                            ("parts/address.json", {"$defs": {"address": {"type": "object", "required": ["city"]}}}),
                            ("outside/order.json", {"$ref": "../order.json"}), ("bad.json", {"type": "strnig"}),
                            ("good-order.json", {"item": "x", "address": {"city": "y"}}), ("bad-order.json", {"item": "", "address": {}})):
            (cls.folder / name).parent.mkdir(exist_ok=True)
            (cls.folder / name).write_text(json.dumps(value))

    def schema(self, *arguments, exit, **more):
        done = self.nowhere.cli("schema", *arguments, cwd=self.folder, **more)
        self.assertEqual(done.returncode, exit, done)
        return done

    def test_check(self):
        self.assertEqual(self.schema("check", "order.json", exit=0).stdout, "valid, draft 2020-12\n")
        self.assertEqual(self.schema("check", "order.json", "--draft", "7", exit=0).stdout, "valid, draft 7\n")
        self.assertTrue(self.schema("check", "bad.json", exit=1).stdout.startswith("invalid at /type: "))
        self.assertEqual(self.schema("check", "-", exit=0, input="true").stdout, "valid, draft 2020-12\n")
        self.assertEqual(self.schema("check", "absent.json", exit=2).stderr, "error: absent.json cannot be read: No such file or directory\n")
        self.schema("check", "-", exit=2, input="{")

    def test_validate(self):
        self.assertEqual(self.schema("validate", "order.json", "good-order.json", exit=0).stdout, "valid\n")
        lines = self.schema("validate", "order.json", "bad-order.json", exit=1).stdout.splitlines()
        self.assertEqual(lines[0], "invalid: 2 violations")
        self.assertEqual(len(lines), 3)
        found = json.loads(self.schema("validate", "order.json", "-", "--json", exit=1, input='{"item":"","priority":"urgent"}').stdout)
        self.assertEqual([violation["instancePointer"] for violation in found["violations"]], ["/item", "/priority"])
        self.assertEqual(self.schema("validate", "order.json", "bad-order.json", "--output", "flag", exit=1).stdout, '{"valid":false}\n')
        self.assertEqual(json.loads(self.schema("validate", "order.json", "bad-order.json", "--output", "basic", exit=1).stdout)["valid"], False)
        self.assertIn("is invalid at /type: ", self.schema("validate", "bad.json", "good-order.json", exit=2).stderr)

    def test_references_stay_below_the_schemas_folder(self):
        self.assertIn("order.json", self.schema("check", "outside/order.json", exit=1).stdout)


if __name__ == "__main__":
    unittest.main(argv=["schema_test"], verbosity=2)
