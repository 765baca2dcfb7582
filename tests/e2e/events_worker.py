#!/usr/bin/env python3
"""A worker that subscribes, emits, streams and answers for its user interface, in plain lines of JSON-RPC.

What it subscribes to and how it takes events stands in habits.json beside it; what it hears it adds to heard.jsonl.
"""

import json
import os
import pathlib
import queue
import sys
import threading
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
HABITS = json.loads((HERE / "habits.json").read_text())


class Host:
    """The way to the host: requests from any thread, and their answers."""

    def __init__(self):
        self._lock = threading.Lock()
        self._last = 0
        self._waiting = {}

    def write(self, message):
        line = json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"
        with self._lock:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    def ask(self, method, params, invocation=None):
        """Sends a request; what is called later gives its answer."""
        answer = queue.SimpleQueue()
        with self._lock:
            self._last += 1
            number = self._last
            self._waiting[number] = answer
        self.write({"id": number, "method": method, "params": params, **(invocation or {})})
        return answer.get

    def tell(self, method, params, invocation=None):
        self.write({"method": method, "params": params, **(invocation or {})})

    def answered(self, message):
        self._waiting.pop(message["id"]).put(message)


host = Host()


def invocation_of(message):
    """What a request of this worker says of the call that it acts in."""
    given = message.get("paperclipInvocation")
    return {"paperclipInvocationId": given["id"]} if given else None


def initialize(message):
    answers = [host.ask("events.subscribe", subscription) for subscription in HABITS.get("subscribe", [])]
    for answer in answers:
        assert "result" in (said := answer()), said
    return {"ok": True, "supportedMethods": []}


def on_event(message):
    event = message["params"]["event"]
    with open(HERE / "heard.jsonl", "a") as heard:
        heard.write(json.dumps({**event, "invocation": message.get("paperclipInvocation")}) + "\n")
    payload = event.get("payload") or {}
    if payload.get("fatal") == "once" and not (HERE / "died").exists():
        (HERE / "died").touch()
        os._exit(7)
    if "reply" in HABITS and "plugin" == event["actorType"]:
        said = host.ask("events.emit", {"name": HABITS["reply"], "companyId": event["companyId"], "payload": payload}, invocation_of(message))()
        assert "result" in said, said
    return None


def emit(parameters, message):
    """Emits `count` events with n = 0, 1, …; how many were accepted, and the first refusal."""
    company = message["params"]["runContext"]["companyId"]
    answers = [host.ask("events.emit", {"name": parameters["name"], "companyId": company, "payload": {"n": n, **parameters.get("payload", {}), **(
        {"fatal": "once"} if n == parameters.get("fatal") else {})}}, invocation_of(message)) for n in range(parameters.get("count", 1))]
    said = [answer() for answer in answers]
    refusals = [answer["error"]["message"] for answer in said if "error" in answer]
    return {"data": {"accepted": len(said) - len(refusals), "refusal": refusals[0] if refusals else None}}


def stream(parameters, message):
    """Sends each (method, event) of `say` to a channel."""
    for method, event in parameters["say"]:
        params = {"channel": parameters["channel"], "companyId": parameters.get("company", message["params"]["runContext"]["companyId"])}
        host.tell("streams." + method, {**params, **({"event": event} if method == "emit" else {})}, invocation_of(message))
    return {"content": "said"}


def rest(parameters, _):
    """Asks the host's own REST API, from inside a call."""
    request = urllib.request.Request(parameters["url"], json.dumps(parameters["body"]).encode(), {
        "Content-Type": "application/json", "Authorization": f"Bearer {parameters['token']}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return {"data": json.load(answer)}


TOOLS = {"emit": emit, "stream": stream, "rest": rest, "echo": lambda parameters, _: {"data": parameters}}


def of_user_interface(message):
    params = message["params"]
    if params["key"] == "silent":
        threading.Event().wait()
    if params["key"] == "state":  # asks back in the scope of the call
        return host.ask("state.get", {"scopeKind": "company", "scopeId": params["params"]["company"], "stateKey": "k"}, invocation_of(message))()
    if params["key"] != "echo":
        raise LookupError(f'No data handler registered for key "{params["key"]}"')
    return {**params, "invocation": message.get("paperclipInvocation")}


HANDLERS = {
    "initialize": initialize, "onEvent": on_event, "getData": of_user_interface, "performAction": of_user_interface,
    "health": lambda _: {"status": "ok"}, "configChanged": lambda _: None,
    "executeTool": lambda message: TOOLS[message["params"]["toolName"]](message["params"]["parameters"], message),
}


def handle(message):
    try:
        host.write({"id": message["id"], "result": HANDLERS[message["method"]](message)})
    except Exception as error:  # whatever it is, the host is to hear of it
        host.write({"id": message["id"], "error": {"code": -32002, "message": str(error)}})


def main():
    events = queue.SimpleQueue()

    def take_events():  # one after the other, so that heard.jsonl has their order
        while True:
            handle(events.get())

    threading.Thread(target=take_events, daemon=True).start()
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if "method" not in message:
            host.answered(message)
        elif message["method"] == "shutdown":
            host.write({"id": message["id"], "result": None})
            os._exit(0)
        elif message["method"] == "onEvent":
            if HABITS.get("hears", True):
                events.put(message)
        else:
            threading.Thread(target=handle, args=(message,), daemon=True).start()


main()
