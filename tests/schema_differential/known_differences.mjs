// Where ajv 8.20 is known not to judge as the specification says: each with the reason, the smallest example, the schemas
// that it concerns, and what mends it: another keyword, or an equivalent schema. The test meets each of them, by its example
// at least, and expects no other difference.

/**
 * Whether ajv's verdict is none. For unevaluatedItems it decides while compiling what contains, a branch or another
 * unevaluatedItems evaluates: all items or none, whether the branch fits or not. {"oneOf": [{"items": {"type": "array"}},
 * {}], "unevaluatedItems": false} accepts ["a"]; in 2020-12 contains evaluates just the items that fit it (core, section
 * 10.3.1.3), before it none. What such schemas accept the official suite judges; here the two evaluators have to agree.
 */
export function isDoubtful(schema) {
  let unevaluated = 0;
  anywhere(schema, (part) => isSchema(part.unevaluatedItems) && ++unevaluated > 1);
  const conditional = (part) => ["contains", "oneOf", "anyOf", "if", "dependentSchemas"].some((name) => isSchema(part[name]));
  return unevaluated > 1 || (unevaluated === 1 && anywhere(schema, conditional));
}

/** Whether one of the objects inside `schema` passes. */
function anywhere(schema, passes) {
  if (Array.isArray(schema)) return schema.some((part) => anywhere(part, passes));
  if (schema === null || typeof schema !== "object") return false;
  return passes(schema) || Object.values(schema).some((part) => anywhere(part, passes));
}

/** [digits, exponent]: the exact decimal value of the shortest text that means this double. */
function decimal(number) {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(number));
  return [BigInt(sign + whole + fraction), Number(exponent) - fraction.length];
}

function isMultiple(number, divisor) {
  const [a, aExponent] = decimal(number), [b, bExponent] = decimal(divisor);
  const lowest = Math.min(aExponent, bExponent);
  return (a * 10n ** BigInt(aExponent - lowest)) % (b * 10n ** BigInt(bExponent - lowest)) === 0n;
}

/** The schema with every object inside changed, inner ones first. */
function everywhere(schema, change) {
  if (Array.isArray(schema)) return schema.map((part) => everywhere(part, change));
  if (schema === null || typeof schema !== "object") return schema;
  return change(Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, everywhere(part, change)])));
}

const and = (schema, more) => ({ ...schema, allOf: [...(schema.allOf ?? []), more] });

const isTuple = (part) => Array.isArray(part.prefixItems) || Array.isArray(part.items);
const isSchema = (value) => typeof value === "boolean" || (value !== null && typeof value === "object");
const asksForElements = (part) => isSchema(part.contains) && part.minContains !== 0;

const hasEmpty = (list) => Array.isArray(list) && list.includes("");
/** Names on which the property "" depends. Where that name is itself "", it is there. */
const emptyDependencies = (part) =>
  Object.entries({ ...part.dependentRequired, ...part.dependencies })
    .filter(([name, list]) => name !== "" && hasEmpty(list))
    .map(([name]) => name);
const HAS_EMPTY_NAME = { not: { type: "object", propertyNames: { not: { const: "" } } } };

export const knownDifferences = [
  {
    name: "multipleOf is judged by a division of doubles",
    example: { draft: "7", schema: { multipleOf: 0.1 }, text: "0.3" },
    // 0.3 / 0.1 is 2.9999999999999996, and 1e20 / 3 has no fraction as a double. Validation, section 6.2.1, speaks of numbers.
    concerns: (schema) => anywhere(schema, (part) => "multipleOf" in part),
    apply: (ajv) => {
      ajv.removeKeyword("multipleOf");
      ajv.addKeyword({
        keyword: "multipleOf",
        type: "number",
        schemaType: "number",
        compile: (divisor) => (number) => isMultiple(number, divisor),
      });
    },
  },
  {
    name: "an array shorter than prefixItems skips the keywords that follow",
    example: { draft: "2020-12", schema: { prefixItems: [{ type: "null" }], contains: { const: 1 } }, text: "[]" },
    // `if (valid0)` in the generated code asks for a variable that only an element sets. {"prefixItems": [{"type": "null"}],
    // "uniqueItems": true, "contains": {"const": 1}} accepts [].
    concerns: (schema) => anywhere(schema, isTuple),
    rewrite: (schema) => everywhere(schema, (part) => {
      if (!isTuple(part)) return part;
      const { prefixItems, items, additionalItems, ...rest } = part;
      return and(rest, JSON.parse(JSON.stringify({ prefixItems, items, additionalItems })));
    }),
  },
  {
    name: "contains keeps an older verdict for an empty array",
    example: { draft: "2020-12", schema: { items: { contains: { const: 1 } } }, text: "[[1],[]]" },
    // The generated variable is set for each element only: an empty array has what the array before it left there.
    // {"items": {"contains": {"const": 1}}} accepts [[1], []].
    concerns: (schema) => anywhere(schema, asksForElements),
    rewrite: (schema) => everywhere(schema, (part) => (asksForElements(part) ? and(part, { minItems: 1 }) : part)),
  },
  {
    name: "a property with the empty name is never missing",
    example: { draft: "7", schema: { required: [""] }, text: "{}" },
    // The generated code takes the missing property's name for a condition, and "" is none.
    concerns: (schema) => anywhere(schema, (part) => hasEmpty(part.required) || emptyDependencies(part).length > 0),
    rewrite: (schema) => everywhere(schema, (part) => {
      let { required, ...rest } = part;
      if (hasEmpty(required)) rest = and({ ...rest, required: required.filter((name) => name !== "") }, HAS_EMPTY_NAME);
      else if (required) rest.required = required;
      for (const name of emptyDependencies(part)) rest = and(rest, { if: { required: [name] }, then: HAS_EMPTY_NAME });
      return rest;
    }),
  },
  {
    name: "if evaluates where it fails, and nothing where it stands alone",
    example: { draft: "2019-09", schema: { if: { properties: { a: true } }, unevaluatedProperties: false }, text: '{"a":1}' },
    // Without then and else the generated code leaves it out; with them what it evaluates counts whether it fits or not.
    // "Annotations are collected from this subschema in the usual way, including when the keyword is present without either
    // then or else" (core, section 10.2.2.1), so from one that fits alone.
    concerns: (schema) => anywhere(schema, (part) => isSchema(part.if)) &&
      anywhere(schema, (part) => isSchema(part.unevaluatedProperties) || isSchema(part.unevaluatedItems)),
    rewrite: (schema) => everywhere(schema, (part) => {
      if (!isSchema(part.if)) return part;
      const { if: condition, then = true, else: otherwise = true, ...rest } = part;
      return and(rest, { anyOf: [{ allOf: [condition, then] }, { allOf: [{ not: condition }, otherwise] }] });
    }),
  },
  {
    name: "dependentSchemas makes ajv forget what properties evaluated",
    example: {
      draft: "2020-12",
      schema: { properties: { a: true }, dependentSchemas: { b: { properties: { b: true } } }, unevaluatedProperties: false },
      text: '{"a":1}',
    },
    // Where the dependency's schema evaluates properties, the generated code counts those alone, met or not.
    concerns: (schema) => anywhere(schema, (part) => isSchema(part.dependentSchemas)) &&
      anywhere(schema, (part) => isSchema(part.unevaluatedProperties)),
    rewrite: (schema) => everywhere(schema, (part) => {
      if (!isSchema(part.dependentSchemas)) return part;
      const { dependentSchemas, ...rest } = part;
      return Object.entries(dependentSchemas).reduce((all, [name, dependent]) => {
        const met = { type: "object", ...(name === "" ? HAS_EMPTY_NAME : { required: [name] }) };
        return and(all, { anyOf: [{ not: met }, { ...met, allOf: [dependent] }] });
      }, rest);
    }),
  },
];
