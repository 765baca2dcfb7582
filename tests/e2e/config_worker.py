#!/usr/bin/env python3
"""A plugin's worker without an SDK, for the tests of configurations and tenants: it does what a call tells it to.

Beside it stands worker.json: {"configChanged": null or an error, "validateConfig": a result or an error, "gate": a FIFO that is read before
`initialize` is answered, "methods": what it says that it supports}. What it is told it writes to $COLLET_PLUGIN_DATA_DIR/<pid>.jsonl, line by line.

Tool "ask" takes {"requests": [{"method", "params", "id"?}]}: the worker sends them and answers with what came back, errors as {"code", "message"}. `id` is
what it says it acts in: absent (nothing), {"own": true}, {"of": "<run id>"} (of a call that it once had), {"raw": any JSON}. Tool "hold" answers when
"release" is called for its run.
"""

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
SETTINGS = json.loads((HERE / "worker.json").read_text())
LOG = pathlib.Path(os.environ["COLLET_PLUGIN_DATA_DIR"]) / f"{os.getpid()}.jsonl"

invocations = {}  # run id -> invocation id of its call
waiting = {}  # id of a request to the host -> what takes its answer
held = {}  # run id -> id of a call
last_id = 0


def note(**what):
    with LOG.open("a") as log:
        log.write(json.dumps(what) + "\n")


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def ask(request, own, then):
    """Sends a request to the host; `then` gets its result, or its error."""
    global last_id
    last_id += 1
    waiting[f"w{last_id}"] = then
    message = {"id": f"w{last_id}", "method": request["method"], "params": request.get("params", {})}
    named = request.get("id", {})
    if "raw" in named:
        message["paperclipInvocationId"] = named["raw"]
    elif "of" in named:
        message["paperclipInvocationId"] = invocations[named["of"]]
    elif named.get("own"):
        message["paperclipInvocationId"] = own
    send(message)


def answer(call, value):
    send({"id": call, **({"error": value} if isinstance(value, dict) and "code" in value else {"result": value})})


def ask_all(call, requests, own):
    answers = [None] * len(requests)
    left = len(requests)

    def take(number):
        def taken(value):
            nonlocal left
            answers[number] = value
            left -= 1
            if left == 0:
                answer(call, {"data": answers})
        return taken

    for number, request in enumerate(requests):
        ask(request, own, take(number))


def execute(call, params, own):
    run = params["runContext"]["runId"]
    invocations[run] = own
    note(told="executeTool", run=run, scope=params["runContext"]["companyId"])
    if params["toolName"] == "ask":
        ask_all(call, params["parameters"]["requests"], own)
    elif params["toolName"] == "hold":
        held[run] = call
    else:
        answer(held.pop(params["parameters"]["run"]), {"content": "released"})
        answer(call, {"content": "done"})


def initialize(call):
    if gate := SETTINGS.get("gate"):
        pathlib.Path(gate).read_bytes()  # waits for whoever writes

    def configured(value):
        note(told="setup", config=value)
        answer(call, {"ok": True, "supportedMethods": SETTINGS.get("methods", ["configChanged", "validateConfig"])})

    ask({"method": "config.get"}, None, configured)


for line in sys.stdin:
    message = json.loads(line)
    method, params, call = message.get("method"), message.get("params", {}), message.get("id")
    scope = message.get("paperclipInvocation", {}).get("scope", {}).get("companyId")
    if method is None:
        waiting.pop(call)(message.get("error", message.get("result")))
    elif method == "initialize":
        initialize(call)
    elif method == "executeTool":
        execute(call, params, message["paperclipInvocation"]["id"])
    elif method in ("configChanged", "validateConfig"):
        note(told=method, params=params, scope=scope)
        answer(call, SETTINGS.get(method))
    elif method == "shutdown":
        answer(call, None)
        break
    else:
        answer(call, {"code": -32601, "message": f"Unknown method: {method}"})
