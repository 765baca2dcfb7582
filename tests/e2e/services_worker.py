#!/usr/bin/env python3
"""A worker that asks its host whatever its caller wants, as plain lines of JSON-RPC.

The tool `ask` takes {"requests": [{"method", "params"}, ...]}, sends them all at once, and answers what the host answered, in the
order of the requests: {"result"} or {"error"}. The tool `told` answers the params of `initialize`.
"""

import json
import sys
import threading

lock = threading.Lock()
told = {}
waiting = {}
last_id = 0


def send(message):
    with lock:
        sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        sys.stdout.buffer.flush()


def ask(requests):
    global last_id
    slots = []
    for request in requests:
        last_id += 1
        slot = waiting[last_id] = {"done": threading.Event(), "answer": None}
        slots.append(slot)
        send({"id": last_id, **request})
    for slot in slots:
        slot["done"].wait()
    return [slot["answer"] for slot in slots]


def serve(message):
    params = message["params"]
    if message["method"] == "executeTool" and params["toolName"] == "ask":
        result = {"data": ask(params["parameters"]["requests"])}
    elif message["method"] == "executeTool":
        result = {"data": told}
    elif message["method"] == "initialize":
        told.update(params)
        result = {"ok": True, "supportedMethods": ["health", "shutdown"]}
    else:
        result = {"status": "ok"} if message["method"] == "health" else None
    send({"id": message["id"], "result": result})
    if message["method"] == "shutdown":
        sys.stdout.flush()
        sys.exit(0)


for line in sys.stdin.buffer:
    message = json.loads(line)
    if "method" in message and message["method"] != "executeTool":
        serve(message)
    elif "method" in message:
        threading.Thread(target=serve, args=(message,), daemon=True).start()
    elif message.get("id") in waiting:
        slot = waiting.pop(message["id"])
        slot["answer"] = {name: message[name] for name in ("result", "error") if name in message}
        slot["done"].set()
