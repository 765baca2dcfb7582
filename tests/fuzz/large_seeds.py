#!/usr/bin/env python3
"""Writes large schemas, with large instances for them, and large manifests: what their fuzz targets begin with under
scripts/fuzz --large.

  large_seeds.py FOLDER       (each target gets a folder of its own in it)
"""
import json
import pathlib
import sys

SIZES = (20_000, 60_000, 250_000, 1_000_000)  # bytes at most; one seed of each kind for each


def properties(n):
    schema = {"type": "object", "required": [f"p{i}" for i in range(0, n, 7)], "additionalProperties": False,
              "properties": {f"p{i}": {"type": "integer", "minimum": i} for i in range(n)}}
    return schema, {f"p{i}": i for i in range(n)}


def unknown_properties(n):
    schema = {"properties": {f"name_{i}_of_{n}": {"type": "string"} for i in range(n)}, "additionalProperties": False}
    return schema, {f"nmae_{i}_of_{n}": i for i in range(n // 4)}


def enum(n):
    return {"items": {"enum": [f"value {i}" for i in range(n)]}}, [f"value {i * 2}" for i in range(n)]


def enum_of_objects(n):
    return {"items": {"enum": [{"a": i, "b": [i, str(i)]} for i in range(n)]}}, [{"b": [i, str(i)], "a": i} for i in range(n // 8)]


def any_of(n):
    branches = [{"properties": {f"k{i}": {"const": i}}, "required": [f"k{i}"]} for i in range(n)]
    return {"anyOf": branches}, {"k0": 1, f"k{n - 1}": n - 1}


def one_of_tagged(n):
    branches = [{"properties": {"kind": {"const": f"k{i}"}, "v": {"type": "integer"}}, "required": ["kind"]} for i in range(n)]
    return {"items": {"oneOf": branches}}, [{"kind": f"k{i}", "v": i} for i in range(n)]


def nested_all_of(n):
    depth = min(n, 100)
    schema = {"minimum": 0}
    for i in range(depth):
        schema = {"$anchor": f"a{i}", "allOf": [schema, {"type": "integer", "maximum": 10 ** 6}] + [{"multipleOf": 1}] * (n // depth)}
    return schema, 5


def defs(n):
    chain = {f"d{i}": {"properties": {"next": {"$ref": f"#/$defs/d{(i * 7 + 1) % n}"}, "v": {"type": "string"}}} for i in range(n)}
    value = {"v": ""}
    for _ in range(100):
        value = {"next": value}
    return {"$ref": "#/$defs/d0", "$defs": chain}, value


def ref_chain(n):
    chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(n)} | {f"d{n}": {"type": "string"}}
    return {"$ref": "#/$defs/d0", "$defs": chain}, 1


def anchors(n):
    chain = {f"d{i}": {"$id": f"r{i}", "$dynamicAnchor": "n", "items": {"$dynamicRef": "#n"}} for i in range(n)}
    return {"$dynamicAnchor": "n", "anyOf": [{"$ref": f"r{i}"} for i in range(n)], "$defs": chain}, [[[1]]]


def patterns(n):
    return {"patternProperties": {f"^x{i}[a-z]*[0-9]{{1,{i % 30 + 1}}}$": {"type": "integer"} for i in range(n)}}, \
        {f"x{i}abc{i}": i for i in range(n)}


def long_pattern(n):
    return {"items": {"pattern": "^(" + "|".join(f"word{i}[a-f]?" for i in range(n)) + ")$"}}, [f"word{i}a" for i in range(n)]


def look_ahead(n):
    return {"items": {"pattern": "^(?=.*a)(?!.*b)" + "(c|d)?" * n + "$"}}, ["cd" * n + "a"] * 4


def numbers(n):
    digits = "7" * n
    return f'{{"items":{{"multipleOf":0.{"0" * 900}1,"maximum":{digits}}}}}', f'[{digits},{digits}.5,1e-{"9" * 9},1E400]'


def unique(n):
    return {"uniqueItems": True, "items": {"uniqueItems": True}}, [{"a": i, "b": [i]} for i in range(n)] + [[i, i] for i in range(8)]


def unevaluated(n):
    branches = [{"properties": {f"p{i}": True}} for i in range(n)]
    return {"allOf": branches, "unevaluatedProperties": {"type": "null"}}, {f"p{i * 2}": 1 for i in range(n // 2)}


def contains(n):
    return {"contains": {"anyOf": [{"const": n - 1}, {"minLength": 3}]}, "unevaluatedItems": {"type": "integer"}}, list(range(n))


def dependencies(n):
    return {"dependentRequired": {f"p{i}": [f"p{i + 1}"] for i in range(n)}}, {f"p{i}": 0 for i in range(n)}


def defaults(n):
    return {"properties": {f"p{i}": {"type": "integer", "default": i} for i in range(n)}}, {f"p{i * 3}": str(i) for i in range(n // 3)}


def long_text(n):
    return {"properties": {"a": {"minLength": n, "format": "uri"}, "b": {"pattern": "(a+)+b$"}, "c": {"format": "regex"}}}, \
        {"a": "é" * n, "b": "a" * n, "c": "(" * 200 + "a{2,9}" * n}


def deep_instance(n):
    depth = min(n, 900)
    return {"anyOf": [{"type": "string"}, {"items": {"$ref": "#"}}, {"properties": {"a": {"$ref": "#"}}}]}, \
        json.loads("[" * depth + "1" + "]" * depth)


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def manifest(**members):
    return {"id": "acme.x", "apiVersion": 1, "version": "1.0.0", "displayName": "X", "description": "d", "author": "a",
            "categories": ["automation"], "capabilities": ["agent.tools.register"],
            "entrypoints": {"worker": "w", "ui": "u"}, **members}


def tools(n):
    return manifest(tools=[{"name": f"t{i}", "displayName": "T", "description": "d", "parametersSchema": {}}
                           for i in range(n)],
                    collet={"tools": {f"t{i}": {"timeoutMs": 5} for i in range(n)}}),


def wrong_tools(n):
    return manifest(tools=[7] * n),


def wrong_capabilities(n):
    return manifest(capabilities=[f"c{i}" for i in range(n)]),


def launchers(n):
    return manifest(capabilities=["agent.tools.register"] * n, launchers=[
        {"id": f"{i}", "displayName": "L", "placementZone": "page", "action": {"type": "navigate", "target": "/x"}}
        for i in range(n)]),


def webhook_keys(n):
    return manifest(capabilities=["webhooks.receive", "external.objects.detect", "external.objects.read"],
                    webhooks=[{"endpointKey": f"e{i}", "displayName": "E"} for i in range(n)],
                    objectReferences=[{"providerKey": "p", "displayName": "P", "objectTypes": ["t"],
                                       "webhookEndpointKeys": [f"x{i}" for i in range(n)]}]),


def unset_fields(n):
    binding = {"field": "f", "unsetFields": [f"f{i}" for i in range(n)]}
    return manifest(environmentDrivers=[{"driverKey": "d", "displayName": "D", "configSchema": {},
                                         "templateConfigBinding": binding}]),


def unknown_members(n):
    return manifest(collet={f"k{i}": i for i in range(n)}, **{f"k{i}": i for i in range(n)}),


def as_large_as(kind, size):
    """The texts of what `kind` makes that have nearly, and no more than, `size` bytes together."""
    n = size // 100
    while True:
        texts = [text_of(part) for part in kind(n)]
        total = sum(len(text.encode()) for text in texts)
        if total <= size and (total > size * 0.7 or n >= size):
            return texts
        n = max(8, min(size, int(n * size / total * 0.95)))
        if n == 8:
            return [text_of(part) for part in kind(n)]


def main():
    folder = pathlib.Path(sys.argv[1])
    for target in ("schema_compile_fuzz", "schema_evaluate_fuzz", "manifest_fuzz"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for name, kind in KINDS.items():
        for size in SIZES:
            schema, instance = as_large_as(kind, size)
            (folder / "schema_compile_fuzz" / f"{name}_{size}").write_text(schema)
            (folder / "schema_evaluate_fuzz" / f"{name}_{size}").write_text(schema + "\n" + instance)
    for name, kind in MANIFESTS.items():
        for size in SIZES:
            (folder / "manifest_fuzz" / f"{name}_{size}").write_text(*as_large_as(kind, size))


KINDS = {kind.__name__: kind for kind in (
    properties, unknown_properties, enum, enum_of_objects, any_of, one_of_tagged, nested_all_of, defs, ref_chain, anchors,
    patterns, long_pattern, look_ahead, numbers, unique, unevaluated, contains, dependencies, defaults, long_text,
    deep_instance)}
MANIFESTS = {kind.__name__: kind for kind in (
    tools, wrong_tools, wrong_capabilities, launchers, webhook_keys, unset_fields, unknown_members)}


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
