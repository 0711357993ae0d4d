/**
 * Options that several requests take alike are one schema of the OpenAPI document, to which each refers: a step, a batch
 * and a comparison take the same eighty, whose words would make up a quarter of the document.
 */
import type { JsonSchema } from "../options.ts";

/** Options that CompareRequest has otherwise, or not at all: they are told in each request. */
const UNSHARED: ReadonlySet<string> = new Set(["preset", "variant", "chain", "state"]);

/** The schema that an option of a step has of its own in the document; undefined where it is told in its place. */
export function sharedOption(option: string, schema: JsonSchema): JsonSchema | undefined {
  if (UNSHARED.has(option) || JSON.stringify(schema).length < LENGTH_MIN) return undefined;
  return { $ref: `#/components/schemas/${componentOf(option)}` };
}

/** Shorter than this in JSON an option is not worth a schema of its own. */
const LENGTH_MIN = 80;

type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schemas with what these of them share said once, also where others say the same: a stage has the options of a step. */
export function withSharedOptions(schemas: Schemas, names: readonly string[]): Record<string, JsonSchema> {
  const [first, ...others] = names.map((name) => propertiesOf(schemas[name]));
  const shared = Object.entries(first ?? {}).filter(([option, schema]) => {
    const text = JSON.stringify(schema);
    return text.length >= LENGTH_MIN && others.every((each) => JSON.stringify(each[option]) === text);
  });
  const references = Object.fromEntries(
    shared.map(([option]) => [option, { $ref: `#/components/schemas/${componentOf(option)}` }]),
  );
  const alike = new Map(shared.map(([option, schema]) => [option, propertyText(schema)]));
  const referring = Object.entries(schemas).map(([name, schema]) => {
    const properties = Object.entries(propertiesOf(schema)).map(([option, own]) => [
      option,
      alike.get(option) === propertyText(own) ? references[option] : own,
    ]);
    return [
      name,
      properties.length === 0 ? schema : { ...schema, properties: Object.fromEntries(properties) },
    ];
  });
  return {
    ...Object.fromEntries(referring),
    ...Object.fromEntries(shared.map(([option, schema]) => [componentOf(option), schema])),
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
