// ajv's verdicts. As a program it reads lines {"draft", "formats", "schema", "tests": [{"text"}]} and writes them with
// the verdicts: "ajv" is what it says, "mended" what it says without its known differences, where that is another verdict,
// and "why" their names; "doubtful" where its verdict does not count. A schema that it does not compile has an "error", one on which its code throws no tests.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import Ajv from "ajv";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { isDoubtful, knownDifferences } from "./known_differences.mjs";

const CLASSES = { 7: Ajv.default, "2019-09": Ajv2019.default, "2020-12": Ajv2020.default };

const made = new Map(); // draft, formats and mends → Ajv
const SCHEMAS_MAX = 200; // compiled by one: it keeps parts of each
let compiled = 0;

function ajvFor(draft, formats, mends) {
  if (++compiled % SCHEMAS_MAX === 0) made.clear();
  const key = [draft, formats, ...mends.map((mend) => mend.name)].join();
  let ajv = made.get(key);
  if (ajv === undefined) {
    ajv = new CLASSES[draft]({
      strict: false,
      logger: false,
      validateFormats: formats,
    });
    if (formats) addFormats.default(ajv);
    for (const mend of mends) mend.apply?.(ajv);
    made.set(key, ajv);
  }
  return ajv;
}

/** Up to draft-07 what stands beside `$ref` does not count (core, section 8.3), which ajv does not know. */
function withoutSiblings(schema) {
  if (Array.isArray(schema)) return schema.map(withoutSiblings);
  if (schema === null || typeof schema !== "object") return schema;
  if (typeof schema.$ref === "string") return { $ref: schema.$ref };
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, withoutSiblings(part)]));
}

export class Judge {
  constructor(draft, formats, schema) {
    Object.assign(this, { draft, formats, schema });
    this.doubtful = isDoubtful(schema);
    this.mends = knownDifferences.filter((difference) => difference.concerns(schema));
    this.plain = this.#compile([]);
    this.mended = this.mends.length > 0 ? this.#compile(this.mends) : this.plain;
  }

  #compile(mends) {
    const ajv = ajvFor(this.draft, this.formats, mends);
    ajv.removeSchema(); // all of the schema before; they share their $id
    let schema = this.draft === "7" ? withoutSiblings(this.schema) : structuredClone(this.schema);
    for (const mend of mends) schema = mend.rewrite?.(schema) ?? schema;
    return ajv.compile(schema);
  }

  /** The text of a test with its verdicts. */
  test(text) {
    const instance = JSON.parse(text);
    const ajv = this.plain(instance);
    let more = this.doubtful ? `,"doubtful":true` : "";
    if (!this.doubtful && this.mended(instance) !== ajv) {
      const names = this.mends.filter((mend) => this.#compile([mend])(instance) !== ajv).map((mend) => mend.name);
      more += `,"mended":${!ajv},"why":${JSON.stringify(names)}`;
    }
    return `{"ajv":${ajv}${more},"instance":${text}}`;
  }

  line(tests) {
    return `{"draft":"${this.draft}","formats":${this.formats},"schema":${JSON.stringify(this.schema)},"tests":[${tests.join(",")}]}`;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for await (const text of createInterface({ input: process.stdin })) {
    const line = JSON.parse(text);
    try {
      const judge = new Judge(line.draft, line.formats, line.schema);
      let tests = [];
      try {
        tests = line.tests.map((test) => judge.test(test.text));
      } catch {
        // A TypeError of ajv's code, or a recursion without end.
      }
      console.log(judge.line(tests));
    } catch (error) {
      console.log(JSON.stringify({ ...line, tests: [], error: error.message }));
    }
  }
}
