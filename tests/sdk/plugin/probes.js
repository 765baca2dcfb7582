// Every service of a host, asked for as a plugin asks: a name, the functions that it takes, and what to do with the SDK's context.
//
// `place` says from where: setup, tool, timer or event. Keys carry it, so that four runs do not meet each other's rows. What a
// probe returns is the report's; an SDK that has no such function reports "absent".

const raw = (value) => JSON.parse(JSON.stringify(value ?? null));

export const probes = [
  ["config.get", "config.get", (ctx, { company }) => ctx.config.get(company)],
  ["state", "state.get state.set state.delete", async (ctx, { place }) => {
    const key = { scopeKind: "instance", stateKey: `probe-${place}` };
    const before = await ctx.state.get(key);
    await ctx.state.set(key, { b: 1, a: [null, "\ud800", "é"], "": {} });
    const kept = await ctx.state.get(key);
    await ctx.state.delete(key);
    return [before, kept, await ctx.state.get(key)];
  }],
  ["state of a company", "state.get state.set", async (ctx, { place, company }) => {
    const key = { scopeKind: "company", scopeId: company, namespace: "n", stateKey: `probe-${place}` };
    await ctx.state.set(key, place);
    return ctx.state.get(key);
  }],
  ["entities", "entities.upsert entities.list", async (ctx, { place, company }) => {
    const entity = { entityType: `probe-${place}`, scopeKind: "company", scopeId: company, externalId: "x-1" };
    const first = await ctx.entities.upsert({ ...entity, title: "One", data: { n: 1 } });
    const second = await ctx.entities.upsert({ ...entity, status: "open", data: { n: 2 } });
    const rows = await ctx.entities.list({ entityType: entity.entityType, scopeKind: "company", scopeId: company });
    const row = rows[0];
    return {
      same: first.id === second.id && rows.length === 1,
      row: { entityType: row.entityType, externalId: row.externalId, title: row.title, status: row.status, data: row.data, scopeKind: row.scopeKind },
    };
  }],
  ["companies", "companies.list companies.get", async (ctx, { company }) => {
    const list = await ctx.companies.list({});
    const one = await ctx.companies.get(company);
    return { ids: list.map((each) => each.id), one: one?.id, nobody: await ctx.companies.get("nobody-knows-this").catch((error) => error.code) };
  }],
  ["projects", "projects.list projects.get", async (ctx, { company }) => {
    const list = await ctx.projects.list({ companyId: company });
    return { ids: list.map((each) => each.id), one: (await ctx.projects.get(list[0].id, company))?.id };
  }],
  ["workspaces", "projects.listWorkspaces projects.getPrimaryWorkspace", async (ctx, { company }) => {
    const [project] = await ctx.projects.list({ companyId: company });
    const all = await ctx.projects.listWorkspaces(project.id, company);
    const primary = await ctx.projects.getPrimaryWorkspace(project.id, company);
    return { isList: Array.isArray(all), primary: primary === null || typeof primary.path === "string" };
  }],
  ["agents", "agents.list agents.get", async (ctx, { company }) => {
    const list = await ctx.agents.list({ companyId: company });
    return { ids: list.map((each) => each.id), one: (await ctx.agents.get(list[0].id, company))?.id };
  }],
  ["http.fetch", "http.fetch", async (ctx, { url, place }) => {
    const response = await ctx.http.fetch(`${url}/echo?place=${place}`, { method: "POST", headers: { "x-probe": place }, body: "ü" });
    return { status: response.status, header: response.headers.get("x-answer"), body: await response.json() };
  }],
  ["http.fetch to where it may not", "http.fetch", (ctx) => ctx.http.fetch("http://127.0.0.1:9/")],
  ["secrets.resolve", "secrets.resolve", (ctx, { company }) =>
    ctx.secrets.resolve({ type: "secret_ref", secretId: "probe-secret" }, { companyId: company, configPath: "token" })],
  ["activity.log", "activity.log", async (ctx, { company, place }) => {
    await ctx.activity.log({ companyId: company, message: `probed from ${place}`, metadata: { place } });
    return "done";
  }],
  ["metrics.write", "metrics.write", async (ctx, { place }) => {
    await ctx.metrics.write("probe_count", 1, { place });
    return "done";
  }],
  ["telemetry.track", "telemetry.track", async (ctx, { place }) => {
    await ctx.telemetry.track("probed", { place });
    return "done";
  }],
  ["logger", "logger.info", (ctx, { place }) => {
    ctx.logger.info(`logged from ${place}`, { place });
    return "done";
  }],
  ["streams", "streams.open streams.emit streams.close", (ctx, { company, place }) => {
    ctx.streams.open(`probe-${place}`, company);
    ctx.streams.emit(`probe-${place}`, { place });
    ctx.streams.close(`probe-${place}`);
    return "done";
  }],
  ["events.emit", "events.emit", async (ctx, { company, place }) => {
    await ctx.events.emit("probed", company, { place });
    return "done";
  }],
  ["localFolders", "localFolders.writeTextAtomic localFolders.readText localFolders.list", async (ctx, { company, place }) => {
    const name = `probe-${place}.txt`;
    const declared = ctx.localFolders.declarations().map((folder) => folder.folderKey);
    await ctx.localFolders.writeTextAtomic(company, "files", name, `from ${place}`);
    const text = await ctx.localFolders.readText(company, "files", name);
    const listing = await ctx.localFolders.list(company, "files");
    const outside = await ctx.localFolders.readText(company, "files", "../outside.txt").then(() => "read", () => "refused");
    if (ctx.localFolders.deleteFile) await ctx.localFolders.deleteFile(company, "files", name);
    return { declared, text, listed: listing.entries.some((entry) => entry.path === name), outside };
  }],
  ["db", "db.query db.execute", async (ctx, { place }) => {
    const table = `${ctx.db.namespace}.probes`;
    await ctx.db.execute(`DELETE FROM ${table} WHERE place = $1`, [place]);
    const done = await ctx.db.execute(`INSERT INTO ${table} (place, n) VALUES ($1, $2)`, [place, 7]);
    const rows = await ctx.db.query(`SELECT place, n FROM ${table} WHERE place = $1`, [place]);
    return { rowCount: done.rowCount, rows };
  }],
];

// What belongs to Paperclip itself, and is only there with an upstream.
export const elsewhere = [
  ["issues.list", "issues.list", (ctx, { company }) => ctx.issues.list({ companyId: company })],
  ["issues.get", "issues.get", (ctx, { company }) => ctx.issues.get("i", company)],
  ["issues.create", "issues.create", (ctx, { company }) => ctx.issues.create({ companyId: company, title: "t" })],
  ["goals.list", "goals.list", (ctx, { company }) => ctx.goals.list({ companyId: company })],
  ["agents.pause", "agents.pause", (ctx, { company }) => ctx.agents.pause("a", company)],
  ["approvals.list", "approvals.list", (ctx, { company }) => ctx.approvals.list({ companyId: company })],
  ["access.members.list", "access.members.list", (ctx, { company }) => ctx.access.members.list({ companyId: company })],
];

/** Whether this SDK has the functions that a probe calls, e.g. "state.get". */
const has = (ctx, functions) => functions.split(" ").every((name) => {
  const [group, ...rest] = name.split(".");
  return typeof rest.reduce((part, each) => part?.[each], ctx[group]) === "function";
});

/** Runs all of them, one after the other: name → {value}, {error, code}, or "absent". */
export async function probeAll(ctx, env) {
  const report = {};
  for (const [name, functions, probe] of [...probes, ...elsewhere]) {
    if (!has(ctx, functions)) {
      report[name] = "absent";
      continue;
    }
    try {
      report[name] = { value: raw(await probe(ctx, env)) };
    } catch (error) {
      report[name] = { error: error.message, code: error.code ?? null };
    }
  }
  return report;
}
