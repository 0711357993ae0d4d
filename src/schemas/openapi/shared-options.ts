/**
 * Options that several requests take alike are one schema of the OpenAPI document, to which each refers: a step, a batch
 * and a comparison take the same eighty, whose words would make up a quarter of the document.
 */
import type { JsonSchema } from "../options.ts";

/** Options that the rows of a batch have otherwise: they are told in each request. */
const UNSHARED: ReadonlySet<string> = new Set(["sources"]);

/** The schema that an option of a step has of its own in the document; undefined where it is told in its place. */
export function sharedOption(option: string, schema: JsonSchema): JsonSchema | undefined {
  if (option === "combine") return { $ref: "#/components/schemas/Combination" };
  if (UNSHARED.has(option) || JSON.stringify(schema).length < LENGTH_MIN) return undefined;
  return { $ref: `#/components/schemas/${componentOf(option)}` };
}

/** Shorter than this in JSON an option is not worth a schema of its own. */
const LENGTH_MIN = 90;

type Schemas = Readonly<Record<string, JsonSchema>>;

/** The options that these requests have alike, as one schema that each of them takes all of. */
const SHARED = "StepOptions";

/**
 * The schemas with what these of them share said once. A long option is a schema of its own, to which others refer that
 * say the same: a stage has the options of a step.
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
    // Generators take an allOf of one reference for that reference, and leave out what stands beside it; and an anyOf beside it for
    // a union of types without fields.
    const told_here = { type: "object", properties: own, ...(anyOf !== undefined && { anyOf }) };
    const allOf = [{ $ref: `#/components/schemas/${SHARED}` }, told_here];
    return [name, { ...rest, allOf, unevaluatedProperties: false }];
  });
  const description = "Options of a step, which several requests take alike.";
  return {
    ...Object.fromEntries(referring),
    [SHARED]: { description, type: "object", properties: told(shared) },
    ...Object.fromEntries(long.map(([option, schema]) => [componentOf(option), schema])),
  };
}

/** The JSON of a schema, whatever order its keywords came in. */
function propertyText(schema: JsonSchema): string {
  return JSON.stringify(Object.fromEntries(Object.entries(schema).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function componentOf(option: string): string {
  return `Option_${option}`;
}

function propertiesOf(schema: JsonSchema | undefined): Schemas {
  return (schema?.["properties"] ?? {}) as Schemas; // an object schema has them
}
