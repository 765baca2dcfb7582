import * as pools from "./pools.mjs";

/** Makes instances that try to fit a schema, and break something now and then. */
export class InstanceMaker {
  constructor(dice, root) {
    this.dice = dice;
    this.root = root;
    this.named = new Map(); // the last part of a reference → schema
    const definitions = root.$defs ?? root.definitions ?? {};
    for (const [key, body] of Object.entries(definitions)) {
      this.named.set(key.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("%", "%25"), body);
      if (typeof body !== "object") continue;
      if (body.$id) this.named.set(body.$id.replace(/^#/, ""), body);
      for (const name of [body.$anchor, body.$dynamicAnchor]) if (name) this.named.set(name, body);
    }
  }

  make() {
    const dice = this.dice;
    if (dice.chance(0.1)) return this.#anything(3);
    let value = this.#fitting(this.root, 5);
    for (let times = dice.pick([0, 0, 0, 1, 2]); times > 0; times--) value = this.#broken(value);
    return value;
  }

  #target(reference) {
    if (reference === "#" || reference.endsWith("root#")) return this.root;
    return this.named.get(reference.slice(Math.max(reference.lastIndexOf("/"), reference.lastIndexOf("#")) + 1)) ?? true;
  }

  #anything(depth) {
    const dice = this.dice;
    switch (dice.between(0, depth > 0 ? 9 : 5)) {
      case 0: return null;
      case 1: return dice.chance(0.5);
      case 2:
      case 3: return dice.pick(pools.numbers);
      case 4:
      case 5: return dice.pick(pools.strings);
      case 6:
      case 7: return Array.from({ length: dice.between(0, 4) }, () => this.#anything(depth - 1));
      default: return Object.fromEntries(dice.some([...pools.names, "kind"], dice.between(0, 4)).map((name) => [name, this.#anything(depth - 1)]));
    }
  }

  #fitting(schema, depth) {
    const dice = this.dice;
    if (typeof schema !== "object" || depth <= 0) return this.#anything(Math.min(depth, 1));
    if ("const" in schema) return structuredClone(schema.const);
    if ("enum" in schema) return structuredClone(dice.pick(schema.enum));
    const parts = [];
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      if (schema[keyword]) parts.push(this.#target(schema[keyword]));
    }
    if (schema.allOf) parts.push(...schema.allOf);
    if (schema.anyOf) parts.push(dice.pick(schema.anyOf));
    if (schema.oneOf) parts.push(dice.pick(schema.oneOf));
    if (schema.then && dice.chance(0.5)) parts.push(schema.if, schema.then);
    else if (schema.else) parts.push(schema.else);
    for (const map of [schema.dependentSchemas, schema.dependencies]) {
      for (const part of Object.values(map ?? {})) if (!Array.isArray(part) && dice.chance(0.5)) parts.push(part);
    }
    const type = this.#type(schema);
    let value = type === undefined && parts.length > 0 ? undefined : this.#ofType(type ?? this.#guess(schema), schema, depth);
    for (const part of parts) {
      const other = this.#fitting(part, depth - 1);
      value = isObject(value) && isObject(other) ? { ...value, ...other } : value === undefined || (type === undefined && dice.chance(0.5)) ? other : value;
    }
    return value;
  }

  #type(schema) {
    return Array.isArray(schema.type) ? this.dice.pick(schema.type) : schema.type;
  }

  #guess(schema) {
    const has = (...keywords) => keywords.some((keyword) => keyword in schema);
    if (has("properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames", "dependentRequired", "minProperties")) return "object";
    if (has("items", "prefixItems", "contains", "uniqueItems", "minItems", "unevaluatedItems")) return "array";
    if (has("pattern", "minLength", "maxLength", "format")) return "string";
    return this.dice.pick(["number", "string", "null", "boolean", "object", "array"]);
  }

  #ofType(type, schema, depth) {
    const dice = this.dice;
    switch (type) {
      case "null": return null;
      case "boolean": return dice.chance(0.5);
      case "integer":
      case "number": return this.#number(schema, type === "integer");
      case "string": return this.#string(schema);
      case "array": return this.#array(schema, depth);
      default: return this.#object(schema, depth);
    }
  }

  #number(schema, whole) {
    const dice = this.dice;
    const low = schema.minimum ?? schema.exclusiveMinimum, high = schema.maximum ?? schema.exclusiveMaximum;
    let number = dice.pick(pools.numbers);
    if (schema.multipleOf !== undefined && dice.chance(0.8)) number = Number((schema.multipleOf * dice.between(-3, 12)).toPrecision(15));
    else if (low !== undefined && dice.chance(0.7)) number = low + dice.pick([0, 1, 1, 2, 0.5]);
    else if (high !== undefined && dice.chance(0.7)) number = high - dice.pick([0, 1, 1, 2, 0.5]);
    return whole && dice.chance(0.9) ? Math.round(number) : number;
  }

  #string(schema) {
    const dice = this.dice;
    if (schema.format && dice.chance(0.8)) {
      const format = pools.formats[schema.format];
      return dice.pick(dice.chance(0.6) ? format.fits : format.not);
    }
    const pattern = pools.patterns.find((one) => one.source === schema.pattern);
    if (pattern && dice.chance(0.9)) return dice.pick(pattern.fits);
    let text = dice.pick(pools.strings);
    while ([...text].length < (schema.minLength ?? 0)) text += dice.pick(["a", "b", "😀"]);
    return [...text].slice(0, schema.maxLength ?? Infinity).join("");
  }

  #array(schema, depth) {
    const dice = this.dice;
    const prefix = schema.prefixItems ?? (Array.isArray(schema.items) ? schema.items : []);
    const rest = schema.prefixItems ? schema.items : Array.isArray(schema.items) ? schema.additionalItems : schema.items;
    const length = Math.min(Math.max(dice.between(0, 4), schema.minItems ?? 0), schema.maxItems ?? 9);
    const items = [];
    for (let i = 0; i < length; i++) {
      const of = prefix[i] ?? (schema.contains !== undefined && dice.chance(0.4) ? schema.contains : rest ?? schema.unevaluatedItems ?? true);
      if (of === false && dice.chance(0.9)) break;
      items.push(this.#fitting(of, depth - 1));
    }
    return items;
  }

  #object(schema, depth) {
    const dice = this.dice;
    const value = {};
    const add = (name) => {
      const of = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : schema.additionalProperties ?? schema.unevaluatedProperties ?? true;
      if (of === false && dice.chance(0.9)) return;
      value[name] = this.#fitting(of, depth - 1);
    };
    for (const name of schema.required ?? []) add(name);
    for (const name of Object.keys(schema.properties ?? {})) if (!Object.hasOwn(value, name) && dice.chance(0.6)) add(name);
    for (const [source, of] of Object.entries(schema.patternProperties ?? {})) {
      const pattern = pools.patterns.find((one) => one.source === source);
      if (pattern && dice.chance(0.6)) value[dice.pick(pattern.fits)] = this.#fitting(of, depth - 1);
    }
    if (dice.chance(0.2)) add(dice.pick(pools.names));
    for (const map of [schema.dependentRequired, schema.dependencies]) {
      for (const [name, names] of Object.entries(map ?? {})) {
        if (Array.isArray(names) && Object.hasOwn(value, name) && dice.chance(0.7)) names.forEach(add);
      }
    }
    return value;
  }

  /** The value with one part changed. */
  #broken(value) {
    const dice = this.dice;
    if (Array.isArray(value) && value.length > 0 && dice.chance(0.8)) {
      const copy = [...value], at = dice.between(0, copy.length - 1);
      switch (dice.between(0, 4)) {
        case 0: copy.splice(at, 1); break;
        case 1: copy.push(structuredClone(dice.pick(copy))); break;
        case 2: copy.splice(at, 0, this.#anything(1)); break;
        default: copy[at] = this.#broken(copy[at]);
      }
      return copy;
    }
    if (isObject(value) && Object.keys(value).length > 0 && dice.chance(0.8)) {
      const copy = { ...value }, name = dice.pick(Object.keys(copy));
      switch (dice.between(0, 4)) {
        case 0: delete copy[name]; break;
        case 1: copy[dice.pick(pools.names)] = this.#anything(1); break;
        default: copy[name] = this.#broken(copy[name]);
      }
      return copy;
    }
    if (typeof value === "number" && dice.chance(0.6)) return dice.pick([value + 1, value - 1, value + 0.5, -value, value * 10]);
    if (typeof value === "string" && dice.chance(0.6)) return dice.pick([value + "a", value.slice(1), value.toUpperCase(), "", value + value]);
    return this.#anything(1);
  }
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
