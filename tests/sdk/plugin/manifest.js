const tool = (name, description, properties = {}) => ({
  name,
  displayName: name,
  description,
  parametersSchema: { type: "object", properties },
});

export default {
  id: "collet.sdk-probe",
  apiVersion: 1,
  version: "1.0.0",
  displayName: "SDK probe",
  description: "Asks for every service of its host, from everywhere.",
  author: "Collet",
  categories: ["automation"],
  capabilities: [
    "agent.tools.register", "companies.read", "projects.read", "project.workspaces.read", "agents.read", "agents.pause", "issues.read",
    "issues.create", "goals.read", "activity.log.write", "metrics.write", "plugin.state.read", "plugin.state.write", "events.subscribe",
    "events.emit", "http.outbound", "secrets.read-ref", "jobs.schedule", "webhooks.receive",
    "telemetry.track", "approvals.read", "access.members.read", "local.folders",
    "database.namespace.migrate", "database.namespace.read", "database.namespace.write",
  ],
  entrypoints: { worker: "./worker.js" },
  instanceConfigSchema: {
    type: "object",
    properties: { greeting: { type: "string" }, token: { format: "secret-ref" } },
  },
  localFolders: [{ folderKey: "files", displayName: "Files", description: "Where probes are written", access: "readWrite" }],
  database: { migrationsDir: "migrations" },
  jobs: [{ jobKey: "nightly", displayName: "Nightly", schedule: "0 3 * * *" }],
  webhooks: [{ endpointKey: "hook", displayName: "Hook" }],
  tools: [
    tool("probe", "Asks for everything from inside of a call."),
    tool("report", "What was found from a place.", { place: { enum: ["setup", "timer", "event", "config", "job", "webhook"] } }),
    tool("emit", "Emits the event that the probe of events waits for."),
  ],
};
