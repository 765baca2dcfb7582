#!/usr/bin/env python3
"""A Collet plugin in Python: a loop over lines of JSON-RPC on stdin, and a function per tool.

No package is needed. manifest.json declares the tools and their parameters.
"""

import collections
import json
import os
import re
import sys

STOP_WORDS = {
    "any": "",
    "en": "a an and are as at be by for from has have in is it its of on or that the this to was were will with",
    "de": "das dem den der die ein eine einem einen einer es im in ist mit nicht sich sie und von zu auf für an als",
    "fr": "à au aux ce ces dans de des du elle en est et il la le les ne pas pour que qui se sur un une",
}


# ---- the tools: parameters in, result out ----

def count(parameters):
    text = parameters["text"]
    words = words_of(text)
    skipped = set(STOP_WORDS[parameters.get("language", "any")].split())
    frequency = collections.Counter(word for word in words if word not in skipped)
    top = [{"word": word, "count": times} for word, times in frequency.most_common(int(parameters.get("top", 5)))]
    lines = len(text.splitlines())
    content = f"{len(words)} words, {lines} lines, {len(text)} characters"
    if top:
        content += "; most frequent: " + ", ".join(f"{row['word']} ({row['count']})" for row in top)
    return {
        "content": content,
        "data": {"words": len(words), "lines": lines, "characters": len(text), "top": top},
    }


def reading_time(parameters):
    minutes = round(len(words_of(parameters["text"])) / parameters.get("words_per_minute", 230), 1)
    return {"content": f"about {minutes:g} minutes", "data": {"minutes": minutes}}


def words_of(text):
    return re.findall(r"\w+(?:['’-]\w+)*", text.lower())


TOOLS = {"count": count, "reading_time": reading_time}


# ---- the worker protocol ----

class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def execute_tool(params):
    tool = TOOLS.get(params["toolName"])
    if tool is None:
        raise RpcError(-32002, f'No tool handler registered for "{params["toolName"]}"')
    return tool(params["parameters"])


METHODS = {
    "initialize": lambda params: {"ok": True, "supportedMethods": ["health", "shutdown"]},
    "health": lambda params: {"status": "ok"},
    "configChanged": lambda params: None,
    "executeTool": execute_tool,
    "shutdown": lambda params: None,
}


def answer(request):
    try:
        method = METHODS.get(request["method"])
        if method is None:
            raise RpcError(-32601, f"Unknown method: {request['method']}")
        return {"result": method(request.get("params"))}
    except Exception as error:  # a call that fails must not end the worker
        message = str(error) if isinstance(error, RpcError) else f"{type(error).__name__}: {error}"
        return {"error": {"code": getattr(error, "code", -32002), "message": message}}


def main():
    # stdout belongs to the protocol: a stray print goes to stderr, which the host logs.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            wants_answer = request["jsonrpc"] == "2.0" and "method" in request and request.get("id") is not None
        except (ValueError, RecursionError, KeyError, TypeError):
            if not line.strip():
                continue
            reply = {"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "Parse error"}}
        else:
            if not wants_answer:
                continue  # a notification, or an answer that nobody here waits for
            reply = {"jsonrpc": "2.0", "id": request["id"], **answer(request)}
        out.write(json.dumps(reply).encode() + b"\n")  # ASCII with escapes, so lone surrogates survive
        out.flush()
        if reply.get("result", False) is None and request["method"] == "shutdown":
            return


if __name__ == "__main__":
    main()
