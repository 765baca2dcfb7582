import { open, mkdir, readFile, rename } from "node:fs/promises";
import path from "node:path";

/**
 * Notes in one JSON file. A change is done when it is on disk: the file is replaced as a whole, so that a crash leaves
 * the old or the new one. Changes made while a save is under way share the next save.
 */
export class NoteStore {
  #file;
  #notes = [];
  #nextId = 1;
  #saving = Promise.resolve();
  #nextSave = null;

  constructor(file) {
    this.#file = file;
  }

  /** Reads the file, which need not exist yet. */
  static async open(directory) {
    await mkdir(directory, { recursive: true });
    const store = new NoteStore(path.join(directory, "notes.json"));
    let text;
    try {
      text = await readFile(store.#file, "utf8");
    } catch (error) {
      if (error.code === "ENOENT") return store;
      throw error;
    }
    try {
      const { notes, nextId } = JSON.parse(text);
      if (!Array.isArray(notes) || !Number.isInteger(nextId)) throw new Error("it holds no notes");
      store.#notes = notes;
      store.#nextId = nextId;
    } catch (error) {
      throw new Error(`${store.#file} is damaged (${error.message}); mend it or move it away`);
    }
    return store;
  }

  async add({ title, body, priority, tags }) {
    const note = { id: this.#nextId++, title, body, priority, tags, createdAt: new Date().toISOString() };
    this.#notes.push(note);
    try {
      await this.#save();
    } catch (error) {
      this.#notes = this.#notes.filter((other) => other !== note);
      throw error;
    }
    return note;
  }

  /** Removes a note and returns it; undefined where there is none with this id. */
  async remove(id) {
    const note = this.#notes.find((other) => other.id === id);
    if (!note) return undefined;
    this.#notes = this.#notes.filter((other) => other !== note);
    try {
      await this.#save();
    } catch (error) {
      this.#notes = [...this.#notes, note].sort((a, b) => a.id - b.id);
      throw error;
    }
    return note;
  }

  /** Notes that have all words and all tags, the newest first. */
  search(query, tags) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const matches = (note) => {
      const text = `${note.title}\n${note.body}`.toLowerCase();
      return words.every((word) => text.includes(word)) && tags.every((tag) => note.tags.includes(tag));
    };
    return this.#notes.filter(matches).reverse();
  }

  #save() {
    this.#nextSave ??= this.#saving
      .catch(() => {}) // told to whoever waited for that save
      .then(() => {
        this.#saving = this.#nextSave;
        this.#nextSave = null;
        return this.#write();
      });
    return this.#nextSave;
  }

  async #write() {
    const part = `${this.#file}.part`;
    const handle = await open(part, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify({ nextId: this.#nextId, notes: this.#notes }, null, 1));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, this.#file);
  }
}
