// What ajv's compiled validators cost over the same cases: node ajv_bench.mjs [FOLDER]
// Prints a JSON object: case → { valid, invalid, parse, compile } in nanoseconds per instance. Every
// verdict is checked before it is timed.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";

const folder = process.argv[2] ?? join(import.meta.dirname, "cases");
const classes = { 7: Ajv.default, "2019-09": Ajv2019.default, "2020-12": Ajv2020.default };
const options = { strict: false, validateFormats: false, logger: false };

const WARM_UP_MS = 150; // until nothing is left for the optimising compiler
const BATCH_MS = 3;
const BATCHES = 16; // the first quartile counts

// Where results go, so that no call is without effect.
let sink = 0;

/** Nanoseconds of one call of `pass`: the first quartile over batches. */
function measure(pass) {
  const now = () => Number(process.hrtime.bigint());
  let calls = 0;
  for (const end = now() + WARM_UP_MS * 1e6; now() < end; calls++) sink += pass();
  const batch = Math.max(1, Math.round((calls * BATCH_MS) / WARM_UP_MS));
  const times = [];
  for (let i = 0; i < BATCHES; i++) {
    const begin = now();
    for (let k = 0; k < batch; k++) sink += pass();
    times.push((now() - begin) / batch);
  }
  return times.sort((a, b) => a - b)[BATCHES >> 2];
}

/** Each measure gets a function of its own, so that the JIT never shares what it learnt. */
const fresh = (body, ...names) => new Function(...names, `return () => { ${body} }`);

function judge(validate, instances) {
  const pass = fresh(
    "let n = 0; for (let i = 0; i < instances.length; i++) if (validate(instances[i])) n++; return n;",
    "validate", "instances")(validate, instances);
  return measure(pass) / instances.length;
}

function parseAndJudge(validate, texts) {
  const pass = fresh(
    "let n = 0; for (let i = 0; i < texts.length; i++) if (validate(JSON.parse(texts[i]))) n++; return n;",
    "validate", "texts")(validate, texts);
  return measure(pass) / texts.length;
}

function compileNanoseconds(Class, schema) {
  const times = [];
  for (let i = 0; i < 5; i++) {
    const ajv = new Class(options);
    const begin = process.hrtime.bigint();
    ajv.compile(schema);
    times.push(Number(process.hrtime.bigint() - begin));
  }
  return times.sort((a, b) => a - b)[2];
}

const results = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
  const one = JSON.parse(readFileSync(join(folder, file), "utf8"));
  const Class = classes[one.draft];
  const validate = new Class(options).compile(one.schema);
  // A text of its own for every element: repeated ones must not be one object.
  const enlarge = (value) =>
    one.repeat && Array.isArray(value)
      ? JSON.parse(JSON.stringify(Array(one.repeat).fill(value).flat()))
      : value;
  const valid = one.valid.map(enlarge);
  const invalid = one.invalid.map(enlarge);
  for (const value of valid) if (!validate(value)) throw new Error(`${file}: refuses ${JSON.stringify(value)}`);
  for (const value of invalid) if (validate(value)) throw new Error(`${file}: accepts ${JSON.stringify(value)}`);
  results[one.name] = {
    valid: judge(validate, valid),
    invalid: judge(validate, invalid),
    parse: parseAndJudge(validate, valid.map((value) => JSON.stringify(value))),
    compile: compileNanoseconds(Class, one.schema),
  };
}
if (sink === 0) throw new Error("nothing was judged");
console.log(JSON.stringify(results));
