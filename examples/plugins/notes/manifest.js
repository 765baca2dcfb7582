const tags = {
  type: "array",
  items: { type: "string", minLength: 1, maxLength: 50 },
  maxItems: 20,
  uniqueItems: true,
};
const note = {
  type: "object",
  properties: {
    id: { type: "integer" },
    title: { type: "string" },
    body: { type: "string" },
    priority: { enum: ["low", "normal", "high"] },
    tags: { type: "array", items: { type: "string" } },
    createdAt: { type: "string", format: "date-time" },
  },
  required: ["id", "title", "body", "priority", "tags", "createdAt"],
};

export default {
  id: "collet.notes",
  apiVersion: 1,
  version: "1.0.0",
  displayName: "Notes",
  description: "A notebook for agents: add notes, search them, remove them. They are kept on disk.",
  author: "Collet",
  categories: ["automation"],
  capabilities: ["agent.tools.register"],
  entrypoints: { worker: "./worker.js" },
  tools: [
    {
      name: "add",
      displayName: "Add a note",
      description: "Keeps a note and returns it with its id.",
      parametersSchema: {
        type: "object",
        properties: {
          title: { type: "string", minLength: 1, maxLength: 200 },
          body: { type: "string", maxLength: 100000, default: "" },
          priority: { type: "string", enum: ["low", "normal", "high"], default: "normal" },
          tags: { ...tags, description: "Words to find the note by", default: [] },
        },
        required: ["title"],
        additionalProperties: false,
      },
    },
    {
      name: "search",
      displayName: "Search notes",
      description: "Finds notes by words in title and body and by tags, the newest first. Without a query: all notes.",
      parametersSchema: {
        type: "object",
        properties: {
          query: { type: "string", description: "Words that must all occur, in any order; case does not matter", default: "" },
          tags: { ...tags, description: "Tags that the note must all have", default: [] },
          limit: { type: "integer", minimum: 1, maximum: 100, default: 10 },
        },
        additionalProperties: false,
      },
    },
    {
      name: "remove",
      displayName: "Remove a note",
      description: "Removes the note with this id for good.",
      parametersSchema: {
        type: "object",
        properties: { id: { type: "integer", minimum: 1 } },
        required: ["id"],
        additionalProperties: false,
      },
    },
  ],
  // What Collet reads beyond a Paperclip manifest; other hosts ignore it.
  collet: {
    instances: 1, // one process owns the file
    tools: {
      add: { outputSchema: note },
      search: {
        idempotent: true,
        outputSchema: {
          type: "object",
          properties: { total: { type: "integer" }, notes: { type: "array", items: note } },
          required: ["total", "notes"],
        },
      },
    },
  },
};
