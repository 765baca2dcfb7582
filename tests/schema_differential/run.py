#!/usr/bin/env python3
"""Compares the schema engine with ajv over random schemas and instances.

  run.py [PAIRS] [SEED]      100000 pairs and seed 1 unless told

It runs the program schema_differential_judge of the build in COLLET_BUILD, build/dev unless set. Both evaluators, the program and the explanation, have to give ajv's verdict, but for the known differences
(known_differences.mjs), each of which has to be met. A difference is printed as small as it can be made."""

import collections
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SHOWN = 10  # differences
SKIPPED = 77
COVERING = 20_000  # pairs; fewer do not always have every keyword
# Every keyword that asserts or applies, of the three drafts; each has to be in the schemas.
KEYWORDS = """
$anchor $defs $dynamicAnchor $dynamicRef $id $recursiveAnchor $recursiveRef $ref $schema additionalItems
additionalProperties allOf anyOf const contains contentEncoding contentMediaType default definitions dependencies
dependentRequired dependentSchemas else enum exclusiveMaximum exclusiveMinimum format if items maxContains maxItems
maxLength maxProperties maximum minContains minItems minLength minProperties minimum multipleOf not oneOf pattern
patternProperties prefixItems properties propertyNames required then type unevaluatedItems unevaluatedProperties
uniqueItems
""".split()


def lines_of(process):
    """Its standard output, line by line; fails where it fails."""
    with process:
        yield from process.stdout
    if process.returncode != 0:
        sys.exit(f"error: {process.args[0]} ended with {process.returncode}")


def generate(pairs, seed):
    return subprocess.Popen(
        ["node", str(HERE / "generate.mjs"), str(seed), str(pairs)], stdout=subprocess.PIPE, text=True)


def compare(judge, lines, counts):
    """The differences in `lines`; known ones, keywords and verdicts go to `counts`."""
    texts = []
    for text in lines:
        texts.append(text)
        counts["keywords"].update(re.findall(r'"(\$?[A-Za-z]+)":', text[: text.rindex(',"tests":')]))
        if '"why"' in text:
            for test in json.loads(text)["tests"]:
                for name in test.get("why", []):
                    counts["known"][name] += 1
    result = subprocess.run([judge], input="".join(texts), capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"error: {judge} ended with {result.returncode}: {result.stderr[-2000:]}")
    found = [json.loads(line) for line in result.stdout.split("\n")[:-1]]
    for name in ("schemas", "pairs", "valid", "doubtful"):
        counts[name] += found[-1][name]
    return found[:-1]


def smaller(value):
    """Every value that is `value` with one part left out or replaced by what is inside it."""
    if isinstance(value, dict):
        for key in value:
            yield {k: v for k, v in value.items() if k != key}
        for key, part in value.items():
            if isinstance(part, (dict, list)):
                for less in smaller(part):
                    yield {**value, key: less}
                if isinstance(part, dict):
                    yield {**value, key: True}
            elif isinstance(part, str) and len(part) > 1 and not key.startswith("$") and key not in ("type", "format"):
                yield {**value, key: "a"}
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield value[:i] + value[i + 1:]
            for less in smaller(part):
                yield value[:i] + [less] + value[i + 1:]
        if len(value) == 1:
            yield value[0]


def minimise(judge, difference):
    """The smallest difference found by taking parts away, as long as some difference stays."""
    best = difference
    while True:
        tries = [(less, best["instance"]) for less in smaller(best["schema"]) if isinstance(less, (dict, bool))]
        tries += [(best["schema"], less) for less in smaller(best["instance"])]
        tries = tries[:400]
        text = "".join(
            json.dumps({"draft": best["draft"], "formats": best["formats"], "schema": schema,
                        "tests": [{"text": json.dumps(instance)}]}) + "\n" for schema, instance in tries)
        verdicts = subprocess.run(["node", str(HERE / "verdicts.mjs")], input=text, capture_output=True, text=True)
        lines = [line + "\n" for line in verdicts.stdout.split("\n")[:-1]
                 if '"error":' not in line and '"tests":[]' not in line]
        found = [one for one in compare(judge, lines, new_counts()) if one["kind"] == "verdict"]
        if not found:
            return best
        shortest = min(found, key=lambda one: len(json.dumps([one["schema"], one["instance"]])))
        if len(json.dumps([shortest["schema"], shortest["instance"]])) >= len(json.dumps([best["schema"], best["instance"]])):
            return best
        best = shortest


def new_counts():
    return {"keywords": collections.Counter(), "known": collections.Counter(), "schemas": 0, "pairs": 0, "valid": 0, "doubtful": 0}


def known_names():
    script = 'import { knownDifferences } from "./known_differences.mjs"; ' \
             'console.log(JSON.stringify(knownDifferences.map((one) => one.name)));'
    result = subprocess.run(["node", "--input-type=module", "-e", script], cwd=HERE, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def main():
    if sys.argv[1:2] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    judge = pathlib.Path(os.environ.get("COLLET_BUILD", HERE.parents[1] / "build/dev")) / "bin/schema_differential_judge"
    if not judge.is_file():
        sys.exit(f"error: {judge} is not built; build the target schema_differential_judge, or set COLLET_BUILD")
    if not (HERE / "node_modules/ajv").is_dir():
        install = ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"]
        if subprocess.run(install, cwd=HERE, check=False).returncode != 0:
            print("skipped: ajv is not in tests/schema_differential/node_modules, and npm cannot fetch it")
            return SKIPPED

    counts = new_counts()
    differences = compare(judge, lines_of(generate(pairs, seed)), counts)
    print(f"{counts['pairs']} pairs, {counts['schemas']} schemas, {100 * counts['valid'] // max(counts['pairs'], 1)} % valid")
    failures = 0
    for name in known_names():
        print(f"{counts['known'][name]:6} explained: {name}")
        if counts["known"][name] == 0:
            print(f"FAILED: this known difference was not met: {name}")
            failures += 1
    print(f"{counts['doubtful']:6} explained: ajv decides too early what unevaluatedItems may refuse")
    missing = [keyword for keyword in KEYWORDS if counts["keywords"][keyword] == 0]
    if missing and pairs >= COVERING:
        print("FAILED: no schema has", ", ".join(missing))
        failures += 1
    print(f"{len(differences):6} unexplained")
    seen = set()
    for difference in differences:
        if len(seen) >= SHOWN:
            print("…")
            break
        if difference["kind"] == "verdict":
            key = json.dumps(difference["schema"])
            if key in seen:
                continue
            seen.add(key)
            difference = minimise(judge, difference)
        print("FAILED:", json.dumps(difference, ensure_ascii=False))
    return 1 if differences or failures else 0


if __name__ == "__main__":
    sys.exit(main())
