import { definePlugin, runWorker } from "@paperclipai/plugin-sdk";

import manifest from "./manifest.js";
import { NoteStore } from "./store.js";

const plugin = definePlugin({
  async setup(ctx) {
    const directory = process.env.COLLET_PLUGIN_DATA_DIR;
    if (!directory) {
      throw new Error("COLLET_PLUGIN_DATA_DIR is not set: this host gives no data folder; set it to a writable one");
    }
    const store = await NoteStore.open(directory);

    const tools = {
      async add({ title, body = "", priority = "normal", tags = [] }) {
        const note = await store.add({ title, body, priority, tags });
        return { content: `Note ${note.id} kept: ${note.title}`, data: note };
      },

      async search({ query = "", tags = [], limit = 10 }) {
        const found = store.search(query, tags);
        const notes = found.slice(0, limit);
        const lines = notes.map((note) => `${note.id}: ${note.title} (${[note.priority, ...note.tags].join(", ")})`);
        const content = [`${found.length} found${found.length > limit ? `, the newest ${limit}` : ""}`, ...lines].join("\n");
        return { content, data: { total: found.length, notes } };
      },

      async remove({ id }) {
        const note = await store.remove(id);
        if (!note) return { error: `There is no note ${id}; search lists the ids` };
        return { content: `Note ${id} removed: ${note.title}`, data: note };
      },
    };

    for (const declaration of manifest.tools) {
      ctx.tools.register(declaration.name, declaration, tools[declaration.name]);
    }
    ctx.logger.info("Notes are ready", { directory });
  },
});

export default plugin;
runWorker(plugin, import.meta.url);
