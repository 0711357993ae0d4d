/**
 * Options that several requests share are one schema of the OpenAPI document, which each request references. A step, a
 * batch and a comparison share about eighty options, whose descriptions would make up a quarter of the document.
 */
import type { JsonSchema } from "../options.ts";

/** Options that differ between these requests: they stay in each of them. */
const UNSHARED: ReadonlySet<string> = new Set(["sources"]);

/** The separate schema of a step's option in the document; undefined when the option is described in place. */
export function sharedOption(option: string, schema: JsonSchema): JsonSchema | undefined {
  if (option === "combine") return { $ref: "#/components/schemas/Combination" };
  if (UNSHARED.has(option) || JSON.stringify(schema).length < LENGTH_MIN) return undefined;
  return { $ref: `#/components/schemas/${componentOf(option)}` };
}

/** An option shorter than this in JSON gets no separate schema. */
const LENGTH_MIN = 90;

type Schemas = Readonly<Record<string, JsonSchema>>;

/** The options that these requests have in common, as one schema that each of them includes. */
const SHARED = "StepOptions";

/**
 * The schemas with their common options in one place. A long option becomes a schema that all its uses reference, also
 * in stages.
 */
export function withSharedOptions(schemas: Schemas, names: readonly string[]): Record<string, JsonSchema> {
  const [first, ...others] = names.map((name) => propertiesOf(schemas[name]));
  const shared = Object.entries(first ?? {}).filter(([option, schema]) => {
    const text = propertyText(schema);
    return others.every((each) => each[option] !== undefined && propertyText(each[option]) === text);
  });
  const long = shared.filter(([, schema]) => JSON.stringify(schema).length >= LENGTH_MIN);
  const texts = new Map(long.map(([option, schema]) => [option, propertyText(schema)]));
  const told = (properties: readonly (readonly [string, JsonSchema])[]) =>
    Object.fromEntries(
      properties.map(([option, own]) => [
        option,
        texts.get(option) === propertyText(own)
          ? { $ref: `#/components/schemas/${componentOf(option)}` }
          : own,
      ]),
    );
  const is_shared = new Set(shared.map(([option]) => option));
  const referring = Object.entries(schemas).map(([name, schema]) => {
    const properties = Object.entries(propertiesOf(schema));
    if (properties.length === 0) return [name, schema];
    if (!names.includes(name)) return [name, { ...schema, properties: told(properties) }];
    const { additionalProperties: _, properties: _own, anyOf, ...rest } = schema;
    const own = Object.fromEntries(properties.filter(([option]) => !is_shared.has(option)));
    // Client generators replace an allOf of one reference by that reference and drop its siblings. They treat a neighbouring
    // anyOf as a union of types without fields.
    const told_here = { type: "object", properties: own, ...(anyOf !== undefined && { anyOf }) };
    const allOf = [{ $ref: `#/components/schemas/${SHARED}` }, told_here];
    return [name, { ...rest, allOf, unevaluatedProperties: false }];
  });
  const description = "Options of a step that several requests share.";
  return {
    ...Object.fromEntries(referring),
    [SHARED]: { description, type: "object", properties: told(shared) },
    ...Object.fromEntries(long.map(([option, schema]) => [componentOf(option), schema])),
  };
}

/** The JSON of a schema, independent of the order of its keywords. */
function propertyText(schema: JsonSchema): string {
  return JSON.stringify(Object.fromEntries(Object.entries(schema).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function componentOf(option: string): string {
  return `Option_${option}`;
}

function propertiesOf(schema: JsonSchema | undefined): Schemas {
  return (schema?.["properties"] ?? {}) as Schemas; // an object schema has properties
}
