// A plugin on whichever SDK stands in node_modules, which asks for every service from setup(), a tool, a timer, and an event.
import { readFileSync } from "node:fs";

import { definePlugin, runWorker } from "@paperclipai/plugin-sdk";

import manifest from "./manifest.js";
import { probeAll } from "./probes.js";

const { url, company } = JSON.parse(readFileSync(new URL("./surroundings.json", import.meta.url), "utf8"));

/** Reports by place; whoever asks for one waits until it is there. */
const reports = new Map();
function reportOf(place) {
  if (!reports.has(place)) {
    const entry = {};
    entry.promise = new Promise((resolve) => { entry.resolve = resolve; });
    reports.set(place, entry);
  }
  return reports.get(place);
}

const plugin = definePlugin({
  async setup(ctx) {
    const probe = (place, companyId = company) => probeAll(ctx, { place, url, company: companyId });

    ctx.events.on(`plugin.${manifest.id}.ping`, async (event) => {
      reportOf("event").resolve({ event, probes: await probe("event", event.companyId) });
    });
    ctx.jobs.register("nightly", async (job) => { reportOf("job").resolve(job); });

    const tools = {
      probe: (_, run) => probe("tool", run.companyId),
      report: ({ place }) => reportOf(place).promise,
      emit: async (_, run) => {
        await ctx.events.emit("ping", run.companyId, { n: 1 });
        return "emitted";
      },
    };
    for (const declaration of manifest.tools) {
      ctx.tools.register(declaration.name, declaration, async (parameters, run) => ({ data: await tools[declaration.name](parameters, run) }));
    }

    ctx.data?.register("echo", async (params) => ({ echoed: params }));
    ctx.actions?.register("echo", async (params) => ({ echoed: params }));
    reportOf("setup").resolve(await probe("setup"));
    setTimeout(async () => reportOf("timer").resolve(await probe("timer")), 1);
  },
  async onConfigChanged(config) { reportOf("config").resolve(config); },
  async onValidateConfig(config) { return config.greeting === "bad" ? { ok: false, errors: ["not this greeting"] } : { ok: true, warnings: ["seen"] }; },
  async onWebhook(input) { reportOf("webhook").resolve(input); },
});

export default plugin;
runWorker(plugin, import.meta.url);
