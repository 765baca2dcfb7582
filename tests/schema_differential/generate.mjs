// Random schemas and instances with ajv's verdicts: node generate.mjs SEED PAIRS
// Prints a line of JSON for each schema; verdicts.mjs says what it holds. The examples of the known
// differences come first. The same seed gives the same lines.
import { Dice } from "./dice.mjs";
import { InstanceMaker } from "./instances.mjs";
import { write } from "./json_text.mjs";
import { knownDifferences } from "./known_differences.mjs";
import { SchemaMaker } from "./schemas.mjs";
import { Judge } from "./verdicts.mjs";

const [seed = "1", pairs = "1000"] = process.argv.slice(2);
const DRAFTS = ["7", "2019-09", "2020-12"];
const INSTANCES = 20; // of one schema
const CANDIDATES = 60; // made to choose those from

const dice = new Dice(Number(seed));

/** As many valid as invalid ones where both are there. */
function choose(candidates) {
  const sides = [candidates.filter((one) => one.ajv), candidates.filter((one) => !one.ajv)];
  const chosen = [];
  while (chosen.length < INSTANCES && sides[0].length + sides[1].length > 0) {
    const side = sides[chosen.length % 2].length > 0 ? chosen.length % 2 : 1 - (chosen.length % 2);
    chosen.push(sides[side].shift());
  }
  return chosen;
}

for (const { example } of knownDifferences) {
  const judge = new Judge(example.draft, false, example.schema);
  console.log(judge.line([judge.test(example.text)]));
}

let left = Number(pairs);
let broken = 0;
while (left > 0) {
  const draft = dice.pick(DRAFTS);
  const formats = dice.chance(0.2);
  const schema = new SchemaMaker(dice, draft, formats).make();
  const instances = new InstanceMaker(dice, schema);
  const texts = new Set();
  for (let i = 0; i < CANDIDATES; i++) texts.add(write(instances.make(), dice));
  const judge = new Judge(draft, formats, schema);
  let tests;
  try {
    const candidates = [...texts].map((text) => ({ text, ajv: judge.plain(JSON.parse(text)) }));
    // Most schemas that hardly anything fits are alike.
    const fitting = candidates.filter((one) => one.ajv).length;
    if ((fitting < INSTANCES / 4 || fitting === candidates.length) && dice.chance(0.75)) continue;
    tests = choose(candidates).slice(0, left).map(({ text }) => judge.test(text));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    broken++; // ajv's code assigns to a set of evaluated properties that it did not make
    continue;
  }
  left -= tests.length;
  console.log(judge.line(tests));
}
process.stderr.write(`${broken} schemas left out, on which ajv's code throws\n`);
