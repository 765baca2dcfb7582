#!/usr/bin/env python3
"""Every command of `collet` as a user types it, against a real daemon."""

import json
import os
import pty
import re
import subprocess
import time
import unittest

from daemon import BUILD, COLLET, ROOT, Daemon, wait_until

CALC = BUILD / "plugins" / "calc"
TEXTSTATS = ROOT / "examples" / "plugins" / "textstats"
ABSENT = {"COLLET_DATA_DIR": "/nonexistent"}
# What may never reach a terminal from a plugin's text: C0 but the line end, DEL, C1.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class CommandLine(unittest.TestCase):
    """A daemon for a class; `self.collet(...)` runs a command and pins its exit code."""

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(Daemon())

    def collet(self, *arguments, exit=0, **more):
        done = self.daemon.cli(*arguments, **more)
        self.assertEqual(done.returncode, exit, f"collet {arguments}\n{done.stdout}\n{done.stderr}")
        error = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
        self.assertNotIn("Sanitizer", error)
        if exit >= 2:
            self.assertFalse(done.stdout, "a failure prints nothing on standard output")
            self.assertRegex(error, r"(?m)^error: \S", "a failure says what is wrong")
        return done

    def data(self, *arguments):
        """The `data` of a call's result."""
        return json.loads(self.collet("tool", "call", *arguments, "--output", "json").stdout)["result"]["data"]


class Calls(CommandLine):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        deep = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "integer"}}}}}
        typed = {"name": "raw", "displayName": "raw", "description": "raw", "parametersSchema": {"type": "object", "properties": {
            "flag": {"type": "boolean"}, "count": {"type": "integer"}, "text": {"type": "string"}, "list": {"type": "array", "items": {"type": "string"}},
            "maybe": {"type": ["number", "null"]}, "deep": deep}}}
        for folder in (CALC, TEXTSTATS, cls.daemon.fault_plugin(), cls.daemon.fault_plugin(key="fault.typed", manifest={"tools": [typed]})):
            cls.daemon.install(folder)

    # ---- exit codes

    def test_0_and_the_content_on_standard_output(self):
        done = self.collet("tool", "call", "collet.calc:evaluate", "--param", "expression=6*7")
        self.assertEqual((done.stdout, done.stderr), ("42\n", ""))

    def test_1_where_the_tool_says_error(self):
        done = self.collet("tool", "call", "collet.calc:evaluate", "--param", "expression=1/0", exit=1)
        self.assertEqual((done.stdout, done.stderr), ("", "error: column 2: division by zero\n"))

    def test_2_for_usage(self):
        for arguments, words in (
                (["bogus"], '"bogus" is not known to `collet`'),
                (["plugin", "instal", "x"], 'did you mean "install"?'),
                (["plugin", "install"], "see `collet plugin install --help`"),
                (["tool", "call"], "see `collet tool call --help`"),
                (["tool", "call", "a:b", "--parm", "x=1"], 'did you mean "--param"?'),
                (["tool", "call", "a:b", "--json", "{}", "--param", "x=1"], "--param"),
                (["tool", "call", "a:b", "--json", "{'x':1}"], "no JSON"),
                (["tool", "call", "a:b", "--json", "@/no/such/file"], "/no/such/file cannot be read"),
                (["tool", "call", "a:b", "--json", "@/tmp"], "/tmp cannot be read"),
                (["tool", "call", "a:b", "--timeout", "10"], "500ms, 10s or 2m"),
                (["tool", "call", "a:b", "--raw", "--output", "json"], "--output"),
                (["plugin", "list", "--status", "happy"], "installed, ready, disabled, error"),
                (["plugin", "logs", "x", "--limit", "0"], "1"),
                (["plugin", "logs", "x", "--level", "loud"], "level"),
                (["plugin", "logs", "x", "--since", "yesterday"], "--since"),
                (["plugin", "list", "--url", "ftp://x"], "http://<address>:<port>"),
                (["serve", "--listen", "nonsense"], "nonsense")):
            with self.subTest(arguments=arguments):
                self.assertIn(words, self.collet(*arguments, exit=2).stderr)

    def test_2_for_parameters_that_do_not_fit(self):
        for tool, parameter, words in (
                ("collet.calc:statistics", "numbers=many", 'parameter "numbers": expected a number, got "many"'),
                ("collet.textstats:count", "top=2.5", 'parameter "top": expected an integer, got "2.5"'),
                ("collet.textstats:count", "language=dee", 'did you mean "de"?'),
                ("collet.calc:evaluate", "expresion=1", 'did you mean "expression"?'),
                ("collet.calc:evaluate", "variables.price=dear", "variables.price"),
                ("collet.calc:evaluate", "expression", "write for example --param name=text")):
            with self.subTest(parameter=parameter):
                self.assertIn(words, self.collet("tool", "call", tool, "--param", parameter, exit=2).stderr)

    def test_4_for_an_unknown_tool_with_the_closest_name(self):
        for more in ([], ["--param", "expression=1"]):
            error = self.collet("tool", "call", "collet.calc:evaluat", *more, exit=4).stderr
            self.assertIn("collet.calc:evaluat", error)
            self.assertIn('did you mean "collet.calc:evaluate"?', error)

    def test_4_for_what_is_no_plugin(self):
        # Nor are the empty name and the API's own words, whatever their routes answer.
        for plugin in ("absent", "", "..", "a/b", "tools", "install"):
            for command in (["plugin", "show"], ["plugin", "uninstall"]):
                with self.subTest(plugin=plugin, command=command):
                    self.assertIn(f"Plugin not found: {plugin}", self.collet(*command, plugin, exit=4).stderr)

    def test_4_for_a_worker_that_dies(self):
        self.daemon.install(self.daemon.fault_plugin("die-in-call code=3"))
        error = self.collet("tool", "call", "fault.die-in-call:echo", exit=4).stderr
        self.assertIn("exited with code 3 during the call", error)
        self.assertIn("out of cheese", error)

    # ---- parameters

    def test_param_is_read_by_the_schema(self):
        self.assertEqual(self.data("collet.calc:statistics", "--param", "numbers=1", "--param", "numbers=2.5", "--param", "numbers=-3")["sum"], 0.5)
        self.assertEqual(self.data("collet.calc:statistics", "--param", "numbers=[1, 2]")["count"], 2)
        self.assertEqual(self.data("collet.calc:statistics", "--param", "numbers=7")["count"], 1)
        for variables in (["--param", "variables.price=20", "--param", "variables.n=3"], ["--param", 'variables={"price": 20, "n": 3}']):
            self.assertEqual(self.data("collet.calc:evaluate", "--param", "expression=price*n", *variables), {"value": 60})
        out = self.collet("tool", "call", "collet.textstats:count", "--param", "text=the cat the dog", "--param", "language=en", "--param", "top=1").stdout
        self.assertIn("cat (1)", out)
        self.assertNotIn("the (2)", out)

    def test_param_gives_these_bytes(self):
        out = self.collet("tool", "call", "fault.typed:raw", "--raw", "--param", "flag=true", "--param", "count=12345678901234567890", "--param", "text=12",
                          "--param", "list=a", "--param", "list=b=c", "--param", "maybe=null", "--param", "deep.a.b=1").stdout
        self.assertEqual(out, '{"flag":true,"count":12345678901234567890,"text":"12","list":["a","b=c"],"maybe":null,"deep":{"a":{"b":1}}}')
        # What no schema declares is JSON where it looks like it, else text.
        out = self.collet("tool", "call", "fault.normal:raw", "--raw", "--param", "a=1.0", "--param", "b=text", "--param", "c=[true]").stdout
        self.assertEqual(out, '{"a":1.0,"b":"text","c":[true]}')

    def test_json_from_the_argument_a_file_and_standard_input(self):
        text = r'{"n":1.0,"big":1234567890123456789012345,"n":"\ud800"}'
        file = self.daemon.data_dir.parent / "parameters.json"
        file.write_text(text)
        for source, more in ((text, {}), (f"@{file}", {}), ("@parameters.json", {"cwd": file.parent}), ("-", {"input": text})):
            with self.subTest(source=source):
                self.assertEqual(self.collet("tool", "call", "fault.normal:raw", "--raw", "--json", source, **more).stdout, text)

    # ---- output

    def test_raw_is_the_results_bytes_and_nothing_else(self):
        sent = '{"content":"ü\\u0000\\ud800","data":[1E+2,-0]}'.encode()
        done = self.collet("tool", "call", "fault.normal:raw", "--raw", "--json", "-", input=sent, text=False)
        self.assertEqual((done.stdout, done.stderr), (sent, b""))
        done = self.collet("tool", "call", "fault.normal:raw", "--raw", "--json", '{"error":"no"}', exit=1, text=False)
        self.assertEqual((done.stdout, done.stderr), (b'{"error":"no"}', b""))

    def test_what_people_read_of_a_result(self):
        for result, out in (('{"content":"two\\nlines"}', "two\nlines\n"), ('{"content":[{"type":"text","text":"part"}]}', "part\n"),
                            ('{"data":{"a":1}}', '"a": 1')):
            self.assertIn(out, self.collet("tool", "call", "fault.normal:raw", "--json", result).stdout)
        done = self.collet("tool", "call", "fault.normal:raw", "--json", '{"content":"half","error":"cut"}', exit=1)
        self.assertEqual((done.stdout, done.stderr), ("half\n", "error: cut\n"))

    def test_timeout(self):
        started = time.monotonic()
        error = self.collet("tool", "call", "fault.normal:hang", "--timeout", "200ms", exit=4).stderr
        self.assertLess(time.monotonic() - started, 5)
        allowed = re.search(r'"fault.normal:hang" did not answer within (\d+) ms', error)
        self.assertIn(int(allowed[1]), range(150, 201), "what was asked for, less the way to the worker")

    def test_4_where_the_output_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COLLET, "tool", "list"], stdout=full, stderr=subprocess.PIPE, text=True, env=self.daemon.env, check=False)
        self.assertEqual(done.returncode, 4, "who reads a file that was cut must not take it for whole")
        self.assertIn("No space left on device", done.stderr)

    def test_tool_list_and_show(self):
        out = self.collet("tool", "list").stdout
        for line in (r"TOOL +DESCRIPTION\n", r"\ncollet.calc:evaluate +Computes", r"\ncollet.textstats:reading_time +Minutes", r"\nfault.normal:echo +answers its parameters, byte for byte, as data\n"):
            self.assertRegex(out, line)
        uuid = self.daemon.get("/api/plugins/collet.calc").json()["id"]
        for plugin in ("collet.calc", uuid):
            names = re.findall(r"^\S+:\S+", self.collet("tool", "list", "--plugin", plugin).stdout, re.M)
            self.assertEqual(names, ["collet.calc:evaluate", "collet.calc:statistics"])
        out = self.collet("tool", "show", "collet.textstats:count").stdout
        self.assertRegex(out, r"\nlanguage +any \| en \| de \| fr +no +any +Leave this")
        self.assertRegex(out, r"\ntext +string +yes")
        # What it prints as an example can be typed.
        example = re.search(r"Call it:\n  collet (.*)\n", self.collet("tool", "show", "collet.calc:statistics").stdout)[1]
        self.collet(*example.split())


class Plugins(CommandLine):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())  # each test starts without plugins

    def test_the_life_of_a_plugin(self):
        self.assertIn("collet plugin install <folder", self.collet("plugin", "list").stdout)
        self.assertIn("collet plugin list", self.collet("tool", "list").stdout)

        done = self.collet("plugin", "install", CALC)
        self.assertTrue(done.stdout.startswith("Installed collet.calc 1.0.0 (ready), 2 tools:\n  collet.calc:evaluate "), done.stdout)
        self.assertTrue(done.stdout.endswith("Next: collet tool show collet.calc:evaluate\n"), done.stdout)
        self.assertIn("starting collet.calc", done.stderr, "it shows progress")

        again = self.collet("plugin", "install", CALC, exit=4)
        self.assertEqual(again.stderr, "error: Plugin already installed: collet.calc\n  hint: to load it anew: collet plugin restart collet.calc\n")

        self.assertEqual(self.collet("plugin", "list").stdout,
                         f"PLUGIN       VERSION  STATUS  TOOLS  FROM\ncollet.calc  1.0.0    ready       2  {CALC}\n")
        row = self.daemon.get("/api/plugins/collet.calc").json()
        out = self.collet("plugin", "show", "collet.calc").stdout
        for line in ("collet.calc 1.0.0  Calculator\n", "  status     ready\n", "  worker     running, pid ", f"  id         {row['id']}\n",
                     f"  folder     {CALC}\n"):
            self.assertIn(line, out)

        self.assertEqual(self.collet("plugin", "disable", "collet.calc", "--reason", "wrong sums").stdout,
                         "Disabled collet.calc 1.0.0. Its tools are gone until: collet plugin enable collet.calc\n")
        self.assertIn("wrong sums", self.collet("plugin", "list").stdout)
        self.assertIn("disabled: wrong sums", self.collet("doctor").stdout, "disabled is no fault")
        self.assertIn("no tools now", self.collet("tool", "list", "--plugin", "collet.calc").stdout)
        self.collet("tool", "call", "collet.calc:evaluate", "--json", '{"expression":"1"}', exit=4)
        self.assertEqual(self.collet("plugin", "enable", "collet.calc").stdout, "Enabled collet.calc 1.0.0: 2 tools.\n")
        self.assertIn("'disabled', 'error', or 'upgrade_pending'", self.collet("plugin", "enable", "collet.calc", exit=4).stderr)
        self.assertEqual(self.collet("plugin", "restart", "collet.calc").stdout, "Restarted collet.calc 1.0.0: 2 tools.\n")

        self.assertIn("kept until: collet plugin uninstall --purge collet.calc\n", self.collet("plugin", "uninstall", "collet.calc").stdout)
        self.assertIn("uninstalled", self.collet("plugin", "list", "--status", "uninstalled").stdout)
        self.assertIn("--purge", self.collet("plugin", "uninstall", "collet.calc", exit=4).stderr)
        self.assertEqual(self.collet("plugin", "uninstall", "--purge", "collet.calc").stdout, "Uninstalled and purged collet.calc 1.0.0.\n")
        self.assertIn("collet plugin list", self.collet("plugin", "show", "collet.calc", exit=4).stderr)

    def test_install_from_another_folder(self):
        for cwd, source in ((CALC.parent, "./calc"), (CALC.parent, "calc"), (CALC / "bin", ".."), ("/", CALC)):
            with self.subTest(source=source):
                self.collet("plugin", "install", source, cwd=cwd)
                self.assertEqual(self.daemon.get("/api/plugins/collet.calc").json()["packagePath"], str(CALC))
                self.collet("plugin", "uninstall", "--purge", "collet.calc")
        self.assertIn("/absent", self.collet("plugin", "install", "./absent", cwd=CALC, exit=4).stderr)

    def test_json_of_every_command(self):
        def parsed(*arguments):
            done = self.collet(*arguments)
            self.assertEqual(done.stderr, "", "nothing but the JSON")
            return json.loads(done.stdout)

        key = "collet.textstats"
        self.assertEqual(parsed("plugin", "install", TEXTSTATS, "--json")["status"], "ready")
        self.assertEqual([row["pluginKey"] for row in parsed("plugin", "list", "--json")], [key])
        self.assertEqual(parsed("plugin", "list", "--status", "error", "--json"), [])
        self.assertEqual(parsed("plugin", "show", key, "--json")["pluginKey"], key)
        self.assertEqual(parsed("plugin", "restart", key, "--json")["status"], "ready")
        self.assertEqual(parsed("plugin", "logs", key, "--json"), [])
        self.assertEqual(len(parsed("tool", "list", "--json")), 2)
        self.assertEqual(parsed("tool", "list", "--plugin", "absent", "--json"), [])
        self.assertEqual(parsed("tool", "show", key + ":count", "--json")["parametersSchema"]["required"], ["text"])
        self.assertEqual(parsed("tool", "call", key + ":count", "--param", "text=a b", "--output", "json")["pluginId"], key)
        self.assertEqual(parsed("doctor", "--json")["ok"], True)
        self.assertEqual(parsed("doctor", key, "--json")["logs"], [])
        self.assertEqual(parsed("plugin", "disable", key, "--json")["status"], "disabled")
        self.assertEqual(parsed("plugin", "enable", key, "--json")["pluginKey"], key)
        self.assertEqual(parsed("plugin", "uninstall", key, "--json")["status"], "uninstalled")
        self.assertEqual(parsed("plugin", "uninstall", "--purge", key, "--json")["pluginKey"], key)

    def test_logs_oldest_first(self):
        self.daemon.install(self.daemon.fault_plugin("spam-notifications count=3"))
        self.collet("tool", "call", "fault.spam-notifications:echo")
        out = wait_until(lambda: (text := self.collet("plugin", "logs", "fault.spam-notifications").stdout).count("\n") == 3 and text, "its log lines")
        self.assertEqual(re.findall(r"  info  (.*)\n", out), ["line 0", "line 1", "line 2"])
        out = self.collet("plugin", "logs", "fault.spam-notifications", "--limit", "1", "--level", "info", "--since", "10m").stdout
        self.assertRegex(out, r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +info +line 2\n\Z")
        self.assertEqual(self.collet("plugin", "logs", "fault.spam-notifications", "--level", "error").stdout, "No log lines.\n")

    def test_doctor_names_what_is_wrong(self):
        self.collet("plugin", "install", self.daemon.fault_plugin("init-error"), exit=4)
        self.assertIn("fault.init-error", self.collet("plugin", "list").stdout)
        for arguments in (["doctor"], ["doctor", "fault.init-error"]):
            done = self.daemon.cli(*arguments)
            self.assertEqual(done.returncode, 4, done.stdout)
            self.assertRegex(done.stdout, r"FAIL +fault\.init-error +error: .*the licence has run out")
            self.assertIn("-> mend that, then: collet plugin enable fault.init-error", done.stdout)
            self.assertIn("1 problem found.", done.stdout)

class Terminal(CommandLine):
    EVIL = "\x1b[2J\x1b]0;owned\x07\r\x9b31m\u202eevil"

    def test_no_escape_sequence_of_a_plugin_gets_through(self):
        evil = self.EVIL
        tool = {"name": "raw", "displayName": evil, "description": evil, "parametersSchema": {
            "type": "object", "properties": {evil: {"type": "string", "description": evil, "default": evil, "enum": [evil]}}, "required": [evil]}}
        folder = self.daemon.fault_plugin(key="fault.evil", manifest={"displayName": evil, "description": evil, "author": evil, "tools": [tool]})
        call = ["tool", "call", "fault.evil:raw", "--json"]
        commands = [["plugin", "install", folder], ["plugin", "list"], ["plugin", "show", "fault.evil"], ["tool", "list"], ["tool", "show", "fault.evil:raw"],
                    [*call, json.dumps({"content": evil})], [*call, json.dumps({"content": [{"type": "text", "text": evil}]})],
                    [*call, json.dumps({"data": {evil: evil}})], [*call, json.dumps({"error": evil})], [*call, json.dumps({"error": {"message": evil}})],
                    ["plugin", "disable", "fault.evil", "--reason", evil], ["plugin", "list"], ["doctor"], ["doctor", "fault.evil"],
                    # Its worker's words: on standard error, then in an error of initialize.
                    ["plugin", "install", self.daemon.fault_plugin("die-in-call words=\x1b[2Jevil")], ["tool", "call", "fault.die-in-call:echo"],
                    ["plugin", "install", self.daemon.fault_plugin(r"init-error message=\u001b[2Jevil")], ["plugin", "show", "fault.init-error"], ["doctor"],
                    ["tool", "show", evil], ["plugin", "show", evil]]
        seen = 0
        for arguments in commands:
            done = self.daemon.cli(*arguments)
            seen += (done.stdout + done.stderr).count("evil")
            for text in (done.stdout, done.stderr):
                self.assertIsNone(CONTROL.search(text), f"{arguments}: {text!r}")
                self.assertNotIn("\u202e", text)
        self.assertGreater(seen, len(commands), "the words themselves are shown")
        logs = wait_until(lambda: (text := self.collet("plugin", "logs", "fault.die-in-call").stdout) != "No log lines.\n" and text, "its words in the log")
        self.assertIn("\\x1b[2Jevil", logs)

    def test_colour_on_a_terminal_only(self):
        self.daemon.install(TEXTSTATS)
        self.assertNotIn("\x1b", self.collet("plugin", "list", env={"TERM": "xterm-256color"}).stdout)
        self.assertIn("\x1b[32mready", self.on_terminal({"TERM": "xterm-256color"}))
        for plain in ({"TERM": "xterm-256color", "NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", self.on_terminal(plain))

    def on_terminal(self, env):
        """What `collet plugin list` prints on a terminal."""
        master, slave = pty.openpty()
        process = subprocess.Popen([COLLET, "plugin", "list"], stdout=slave, stderr=slave, env={**self.daemon.env, **env})
        os.close(slave)
        out = b""
        try:
            while block := os.read(master, 65536):
                out += block
        except OSError:  # how a terminal ends that nobody holds open
            pass
        os.close(master)
        self.assertEqual(process.wait(), 0)
        return out.decode()


class Help(CommandLine):
    def test_every_command_has_an_example(self):
        def commands(*path):
            done = self.collet(*path, "--help", env=ABSENT)
            self.assertEqual(done.stderr, "")
            self.assertRegex(done.stdout, r"Examples:\n  .*collet " + " ".join(path), path)
            found = re.search(r"^Subcommands:\n((?:  .*\n)+)", done.stdout, re.M)
            names = re.findall(r"^  (\w+)", found[1], re.M) if found else []
            return [leaf for name in names for leaf in commands(*path, name)] if names else [" ".join(path)]

        self.assertEqual(sorted(commands()), sorted([
            "serve", "doctor", "tool list", "tool show", "tool call", "schema check", "schema validate",
            *("plugin " + verb for verb in ("install", "list", "show", "enable", "disable", "restart", "uninstall", "logs", "activity", "jobs", "data", "action")),
            *("plugin config " + verb for verb in ("get", "set", "edit", "test")),
            *("secret " + verb for verb in ("set", "list", "remove"))]))

    def test_version(self):
        self.assertRegex(self.collet("--version", env=ABSENT).stdout, r"\Acollet \d+\.\d+\.\d+\n\Z")

    def test_a_group_alone_says_what_it_has(self):
        for arguments in ([], ["plugin"], ["plugin", "config"], ["secret"], ["tool"], ["schema"]):
            self.assertIn("Subcommands:", self.collet(*arguments, env=ABSENT).stdout)


class Finding(CommandLine):
    """Which daemon is meant, and its token."""

    def test_run_file(self):
        home = self.daemon.data_dir.parent
        (home / "xdg").mkdir()
        (home / "xdg" / "collet").symlink_to(self.daemon.data_dir)
        (home / "home/.local/share").mkdir(parents=True)
        (home / "home/.local/share/collet").symlink_to(self.daemon.data_dir)
        self.assertEqual(self.listed(["--data-dir", self.daemon.data_dir], ABSENT), [])
        without = {name: value for name, value in self.daemon.env.items() if name != "COLLET_DATA_DIR"}
        for variables in ({"XDG_DATA_HOME": str(home / "xdg")}, {"HOME": str(home / "home")}):
            done = subprocess.run([COLLET, "plugin", "list", "--json"], capture_output=True, text=True, env={**without, **variables}, check=False)
            self.assertEqual((done.returncode, done.stdout), (0, "[]\n"), done.stderr)

    def test_url_and_its_order(self):
        dead = {"COLLET_URL": "http://127.0.0.1:1"}
        token = {"COLLET_TOKEN": self.daemon.token}
        self.assertEqual(self.listed([], {**ABSENT, **token, "COLLET_URL": self.daemon.url + "/"}), [])
        self.assertEqual(self.listed(["--url", self.daemon.url], dead), [], "the flag before the variable, the token from the data folder")
        self.assertEqual(self.listed(["--url", self.daemon.url, "--token", self.daemon.token], {**ABSENT, **dead}), [])
        error = self.collet("plugin", "list", env=dead, exit=3).stderr
        self.assertIn("no Collet daemon answers at http://127.0.0.1:1", error, "the variable before the run file")

    def test_none(self):
        error = self.collet("tool", "list", env=ABSENT, exit=3).stderr
        self.assertIn("no Collet daemon runs for the data folder /nonexistent", error)
        self.assertIn("hint: start one with `collet serve`", error)

    def test_a_run_file_left_behind(self):
        with Daemon() as gone:
            gone.kill()
            done = gone.cli("tool", "list")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(f"no Collet daemon answers at {gone.url}", done.stderr)

    def test_a_run_file_that_is_none(self):
        folder = self.daemon.data_dir.parent / "odd"
        (folder / "run.json").mkdir(parents=True)
        self.assertIn("no Collet daemon runs", self.collet("tool", "list", "--data-dir", folder, exit=3).stderr)

    def test_wrong_token(self):
        error = self.collet("plugin", "list", "--token", "wrong", exit=4).stderr
        self.assertIn("token", error)
        self.assertIn("--token", error, "it says where the token came from")

    def listed(self, arguments, env):
        return json.loads(self.collet("plugin", "list", "--json", *arguments, env=env).stdout)


if __name__ == "__main__":
    unittest.main(argv=["command_line_test"], verbosity=2)
