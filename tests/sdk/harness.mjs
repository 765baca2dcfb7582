// The same probes against the SDK's own test harness: prints its report as JSON.
//   node harness.mjs PACKAGE PLUGIN_FOLDER < surroundings.json
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [sdk, folder] = process.argv.slice(2);
const { createTestHarness } = await import(pathToFileURL(path.join(sdk, "dist/testing.js")));
const { default: manifest } = await import(pathToFileURL(path.join(folder, "manifest.js")));
const { probeAll } = await import(pathToFileURL(path.join(folder, "probes.js")));
const surroundings = JSON.parse(readFileSync(0, "utf8"));

const harness = createTestHarness({ manifest, config: surroundings.config });
harness.seed(surroundings.seed);
if (harness.ctx.localFolders) {
  await harness.ctx.localFolders.configure?.({ companyId: surroundings.company, folderKey: "files", path: surroundings.files, access: "readWrite" });
}
console.log(JSON.stringify(await probeAll(harness.ctx, { place: "tool", url: surroundings.url, company: surroundings.company })));
