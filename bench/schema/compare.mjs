// Runs schema_bench and ajv_bench.mjs in turns and prints one table of first quartiles:
//   node compare.mjs PATH_OF_SCHEMA_BENCH [ROUNDS]
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const [program, rounds = "5"] = process.argv.slice(2);

const run = (command, args) =>
  JSON.parse(execFileSync(command, args,
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26 }));

// Samples: case → what → values of all rounds.
const ours = {}, ajv = {};
const keep = (samples, name, what, value) => (((samples[name] ??= {})[what] ??= []).push(value));

function measureOurs() {
  // Short and often rather than once and long: the quartile then forgets what else the machine does.
  const rows = run(program, ["--benchmark_format=json", "--benchmark_min_time=0.003", "--benchmark_repetitions=7"]);
  for (const row of rows.benchmarks) {
    if (row.run_type !== "iteration") continue;
    const [name, what] = row.run_name.split("/");
    keep(ours, name, what, row.cpu_time / row.instances);
    if (what === "compile") keep(ours, name, "memory", row.memory_bytes / row.text_bytes);
  }
}

function measureAjv() {
  const results = run(process.execPath, [join(import.meta.dirname, "ajv_bench.mjs")]);
  for (const [name, times] of Object.entries(results))
    for (const [what, time] of Object.entries(times)) keep(ajv, name, what, time);
}

for (let round = 1; round <= Number(rounds); round++) {
  process.stderr.write(`round ${round} of ${rounds}\n`);
  measureOurs();
  measureAjv();
}

/** The first quartile: what else the machine does only ever makes a sample slower. */
function quartile(samples, name, what) {
  const values = samples[name][what].sort((a, b) => a - b);
  return values[values.length >> 2];
}
const integer = (value) => (value < 10 ? value.toFixed(1) : Math.round(value).toString());
const ratio = (ajvTime, ourTime) => (ajvTime / ourTime).toFixed(1);

const columns = ["case", "ours ns", "ajv ns", "ratio", "refusing ns", "ajv ns", "ratio",
  "with parsing ns", "ajv ns", "ratio", "compile µs", "ajv µs", "memory / text"];
const table = Object.keys(ours).map((name) => {
  const cells = [name];
  for (const what of ["valid", "invalid", "parse"]) {
    const [a, b] = [quartile(ours, name, what), quartile(ajv, name, what)];
    cells.push(integer(a), integer(b), ratio(b, a));
  }
  cells.push(integer(quartile(ours, name, "compile") / 1e3), integer(quartile(ajv, name, "compile") / 1e3),
    quartile(ours, name, "memory").toFixed(2));
  return cells;
});
const geometric = (index) =>
  Math.exp(table.reduce((sum, row) => sum + Math.log(Number(row[index])), 0) / table.length).toFixed(1);
table.push(["geometric mean", "", "", geometric(3), "", "", geometric(6), "", "", geometric(9), "", "", ""]);

const widths = columns.map((title, i) => Math.max(title.length, ...table.map((row) => row[i].length)));
const line = (cells) =>
  "| " + cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ") + " |";
console.log(line(columns));
console.log("|" + widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : "-".repeat(width + 1) + ":")).join("|") + "|");
for (const row of table) console.log(line(row));
