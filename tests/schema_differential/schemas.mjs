import * as pools from "./pools.mjs";

const METASCHEMAS = {
  7: "http://json-schema.org/draft-07/schema#",
  "2019-09": "https://json-schema.org/draft/2019-09/schema",
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
};
const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"];

/**
 * Makes one valid schema of a draft. Subschemas that reach the same value only ever refer to later definitions, so that
 * none runs for ever. `$dynamicRef` leads to the root: ajv does not look for an anchor that it has not passed.
 */
export class SchemaMaker {
  constructor(dice, draft, formats) {
    this.dice = dice;
    this.draft = draft;
    this.formats = formats;
    this.definitions = draft === "7" ? "definitions" : dice.chance(0.9) ? "$defs" : "definitions";
    this.count = dice.between(0, 4);
  }

  make() {
    const dice = this.dice;
    this.references = [];
    const bodies = [];
    // The kinds of names that definitions have are fixed before their bodies refer to them.
    this.kinds = Array.from({ length: this.count }, () => dice.pick(["pointer", "pointer", "anchor", "id", "escaped", "dynamic"]));
    for (let i = 0; i < this.count; i++) bodies.push(this.#definition(i));
    let root = this.subschema(dice.between(1, 3), -1);
    if (typeof root !== "object") root = { allOf: [root] };
    if (this.draft === "7" && "$ref" in root) root = { allOf: [root] }; // its siblings would not count
    if (this.count > 0) root[this.definitions] = Object.fromEntries(bodies.map((body, i) => [this.#key(i), body]));
    if (dice.chance(0.3)) root.$schema = METASCHEMAS[this.draft];
    if (dice.chance(0.3) || this.kinds.includes("id")) root.$id = "http://example.org/root";
    if (this.draft === "2019-09" && this.recursive) root.$recursiveAnchor = dice.chance(0.7);
    if (this.draft === "2020-12" && this.recursive) root.$dynamicAnchor = "node";
    return root;
  }

  #key(i) {
    return this.kinds[i] === "escaped" ? `a/b~${i}%` : `d${i}`;
  }

  #definition(i) {
    const body = this.subschema(this.dice.between(0, 2), i);
    const kind = this.kinds[i];
    if (typeof body !== "object" || (this.draft === "7" && "$ref" in body)) {
      return kind === "pointer" || kind === "escaped" ? body : this.#named({ allOf: [body] }, i);
    }
    return this.#named(body, i);
  }

  #named(body, i) {
    switch (this.kinds[i]) {
      case "anchor":
        if (this.draft === "7") body.$id = `#n${i}`;
        else body.$anchor = `n${i}`;
        break;
      case "id":
        body.$id = `other${i}`;
        // The root is always the outermost resource, so what this means is never looked for first.
        if (this.draft === "2020-12" && this.dice.chance(0.3)) body.$dynamicAnchor = "node";
        break;
      case "dynamic":
        if (this.draft === "2020-12") body.$dynamicAnchor = `n${i}`;
        else if (this.draft === "2019-09") body.$anchor = `n${i}`;
        else body.$id = `#n${i}`;
        break;
    }
    return body;
  }

  /** A reference that `level` may use: to later definitions in place, to all and the root below a value. */
  #reference(level) {
    const dice = this.dice;
    const targets = [];
    for (let i = level.below ? 0 : level.definition + 1; i < this.count; i++) targets.push(i);
    if (level.below && dice.chance(0.3)) targets.push("root");
    if (targets.length === 0) return null;
    const target = dice.pick(targets);
    const root = "http://example.org/root";
    const inside = level.resource === undefined ? "" : root; // pointers start at the nearest $id
    if (target === "root") {
      if (this.draft !== "7" && level.resource === undefined && dice.chance(0.5)) {
        this.recursive = true;
        return this.draft === "2019-09" ? { $recursiveRef: "#" } : { $dynamicRef: "#node" };
      }
      return { $ref: `${inside}#` };
    }
    switch (this.kinds[target]) {
      case "anchor":
        return { $ref: `${inside}#n${target}` };
      case "id":
        return { $ref: dice.chance(0.5) ? `other${target}` : `http://example.org/other${target}` };
      case "dynamic":
        return { $ref: `${inside}#n${target}` };
      case "escaped":
        return { $ref: `${inside}#/${this.definitions}/a~1b~0${target}%25` };
      default:
        return { $ref: `${inside}#/${this.definitions}/d${target}` };
    }
  }

  /** `definition` is that which the schema stands in, -1 for the root. */
  subschema(depth, definition) {
    return this.#schema(depth, { definition, below: false, resource: definition >= 0 && this.kinds[definition] === "id" ? definition : undefined });
  }

  #schema(depth, level) {
    const dice = this.dice;
    if (dice.chance(0.06)) return dice.chance(0.7);
    if (dice.chance(0.12)) {
      const reference = this.#reference(level);
      if (reference) {
        if (dice.chance(0.6) || depth <= 0) return reference;
        return { ...this.#assertions(depth - 1, level), ...reference };
      }
    }
    const schema = this.#assertions(depth, level);
    const combined = depth > 0 && dice.chance(0.4);
    if (combined) Object.assign(schema, this.#combination(depth - 1, level));
    if (this.draft !== "7" && depth > 0 && dice.chance(combined ? 0.35 : 0.1)) Object.assign(schema, this.#unevaluated(depth - 1, level));
    if (dice.chance(0.05)) Object.assign(schema, this.#annotation());
    return schema;
  }

  #below(depth, level) {
    return this.#schema(depth, { ...level, below: true });
  }

  #assertions(depth, level) {
    const dice = this.dice;
    if (dice.chance(0.08)) return { enum: this.#values(dice.between(1, 5)) };
    if (dice.chance(0.06)) return { const: this.value(2) };
    const type = depth > 0 && dice.chance(0.6) ? dice.pick(["array", "object", "object"]) : dice.pick(TYPES);
    const schema = {};
    if (dice.chance(0.8)) schema.type = dice.chance(0.85) ? type : [...new Set([type, ...dice.some(TYPES, dice.between(1, 2))])];
    switch (type) {
      case "integer":
      case "number": this.#number(schema); break;
      case "string": this.#string(schema); break;
      case "array": this.#array(schema, depth, level); break;
      case "object": this.#object(schema, depth, level); break;
    }
    return schema;
  }

  #values(count) {
    const seen = new Map();
    while (seen.size < count) {
      const value = this.value(2);
      seen.set(canonical(value), value);
    }
    return [...seen.values()];
  }

  /** Any JSON value. */
  value(depth) {
    const dice = this.dice;
    switch (dice.between(0, depth > 0 ? 8 : 5)) {
      case 0: return null;
      case 1: return dice.chance(0.5);
      case 2:
      case 3: return dice.pick(pools.numbers);
      case 4:
      case 5: return dice.pick(pools.strings);
      case 6: return Array.from({ length: dice.between(0, 3) }, () => this.value(depth - 1));
      default: return Object.fromEntries(dice.some(pools.names, dice.between(0, 3)).map((name) => [name, this.value(depth - 1)]));
    }
  }

  #number(schema) {
    const dice = this.dice;
    if (dice.chance(0.3)) schema.minimum = dice.pick(pools.numbers);
    if (dice.chance(0.2)) schema.maximum = dice.pick(pools.numbers);
    if (dice.chance(0.15)) schema.exclusiveMinimum = dice.pick(pools.numbers);
    if (dice.chance(0.15)) schema.exclusiveMaximum = dice.pick(pools.numbers);
    if (dice.chance(0.25)) schema.multipleOf = dice.pick(pools.divisors);
  }

  #string(schema) {
    const dice = this.dice;
    if (dice.chance(0.3)) schema.minLength = dice.between(0, 4);
    if (dice.chance(0.3)) schema.maxLength = dice.between(0, 6);
    if (dice.chance(0.4)) schema.pattern = dice.pick(pools.patterns).source;
    if (dice.chance(this.formats ? 0.6 : 0.1)) schema.format = dice.pick(Object.keys(pools.formats));
    if (dice.chance(0.03)) schema.contentMediaType = "application/json";
    if (dice.chance(0.03)) schema.contentEncoding = "base64";
  }

  #array(schema, depth, level) {
    const dice = this.dice;
    const some = () => Array.from({ length: dice.between(1, 3) }, () => this.#below(depth - 1, level));
    if (dice.chance(0.35)) {
      if (this.draft === "2020-12") schema.prefixItems = some();
      else schema.items = some();
      if (dice.chance(0.5)) schema[this.draft === "2020-12" ? "items" : "additionalItems"] = this.#below(depth - 1, level);
    } else if (dice.chance(0.6)) {
      schema.items = this.#below(depth - 1, level);
      if (this.draft !== "2020-12" && dice.chance(0.1)) schema.additionalItems = this.#below(depth - 1, level);
    }
    if (dice.chance(0.2)) schema.minItems = dice.between(0, 3);
    if (dice.chance(0.2)) schema.maxItems = dice.between(0, 5);
    if (dice.chance(0.2)) schema.uniqueItems = dice.chance(0.85);
    if (dice.chance(0.25)) schema.contains = this.#below(depth - 1, level);
    if (this.draft !== "7") {
      const bounds = "contains" in schema ? 0.4 : 0.03;
      if (dice.chance(bounds)) schema.minContains = dice.between(0, 2);
      if (dice.chance(bounds)) schema.maxContains = dice.between("minContains" in schema ? schema.minContains : 1, 3);
    }
  }

  #object(schema, depth, level) {
    const dice = this.dice;
    const map = (keys) => Object.fromEntries(keys.map((key) => [key, this.#below(depth - 1, level)]));
    const names = dice.some(pools.names, dice.between(1, 5));
    if (dice.chance(0.75)) schema.properties = map(names);
    if (dice.chance(0.45)) schema.required = dice.some(dice.chance(0.8) ? names : pools.names, dice.between(0, 3));
    if (dice.chance(0.2)) schema.patternProperties = map(dice.some(pools.patterns, dice.between(1, 2)).map((pattern) => pattern.source));
    if (dice.chance(0.3)) schema.additionalProperties = dice.chance(0.5) ? false : this.#below(depth - 1, level);
    if (dice.chance(0.1)) schema.propertyNames = dice.chance(0.5) ? { pattern: dice.pick(pools.patterns).source } : this.#schema(0, { ...level, below: false });
    if (dice.chance(0.12)) schema.minProperties = dice.between(0, 3);
    if (dice.chance(0.12)) schema.maxProperties = dice.between(1, 5);
    const lists = () => Object.fromEntries(dice.some(names, dice.between(1, 2)).map((name) => [name, dice.some(names, dice.between(0, 2))]));
    const schemas = () => Object.fromEntries(dice.some(names, dice.between(1, 2)).map((name) => [name, this.#schema(depth - 1, level)]));
    if (this.draft === "7") {
      if (dice.chance(0.15)) schema.dependencies = { ...lists(), ...schemas() };
    } else {
      if (dice.chance(0.12)) schema.dependentRequired = lists();
      if (dice.chance(0.12)) schema.dependentSchemas = schemas();
    }
  }

  #combination(depth, level) {
    const dice = this.dice;
    const some = () => Array.from({ length: dice.between(1, 3) }, () => this.#schema(depth, level));
    switch (dice.between(0, 5)) {
      case 0: return { allOf: some() };
      case 1: return { anyOf: some() };
      case 2: return { oneOf: some() };
      case 3: return { not: this.#schema(depth, level) };
      case 4: return this.#discriminated(depth, level);
      default: {
        const schema = { if: this.#schema(depth, level) };
        if (dice.chance(0.8)) schema.then = this.#schema(depth, level);
        if (dice.chance(0.6)) schema.else = this.#schema(depth, level);
        return schema;
      }
    }
  }

  /** Branches that one property tells apart, or nearly so. */
  #discriminated(depth, level) {
    const dice = this.dice;
    const branches = dice.some(pools.strings, dice.between(2, 4)).map((value) => {
      const branch = this.#object2(depth, level);
      branch.properties = { ...branch.properties, kind: dice.chance(0.8) ? { const: value } : { enum: [value, dice.pick(["other", 1])] } };
      branch.required = [...new Set(["kind", ...(branch.required ?? [])])];
      if (dice.chance(0.9)) branch.type = "object";
      return branch;
    });
    return { [dice.pick(["oneOf", "oneOf", "anyOf"])]: branches };
  }

  #object2(depth, level) {
    const schema = {};
    this.#object(schema, depth, level);
    return schema;
  }

  #unevaluated(depth, level) {
    const dice = this.dice;
    const value = dice.chance(0.6) ? false : this.#below(depth, level);
    return { [dice.pick(["unevaluatedProperties", "unevaluatedItems"])]: value };
  }

  #annotation() {
    const dice = this.dice;
    return dice.pick([{ title: "t" }, { description: "d" }, { default: this.value(1) }, { examples: [1] }, { readOnly: true }, { writeOnly: false },
      { $comment: "c" }, { "x-own": { type: 3 } }]);
  }
}

/** A text that equal values share. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value === 0 ? 0 : value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}
