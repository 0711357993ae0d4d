/**
 * Options that several requests take alike are one schema of the OpenAPI document, to which each refers: a step, a batch
 * and a comparison take the same eighty, whose words would make up a quarter of the document.
 */
import type { JsonSchema } from "../options.ts";

/** Shorter than this in JSON an option is not worth a schema of its own. */
const LENGTH_MIN = 80;

type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schemas with what these of them share said once. */
export function withSharedOptions(schemas: Schemas, names: readonly string[]): Record<string, JsonSchema> {
  const [first, ...others] = names.map((name) => propertiesOf(schemas[name]));
  const shared = Object.entries(first ?? {}).filter(([option, schema]) => {
    const text = JSON.stringify(schema);
    return text.length >= LENGTH_MIN && others.every((each) => JSON.stringify(each[option]) === text);
  });
  const references = Object.fromEntries(
    shared.map(([option]) => [option, { $ref: `#/components/schemas/${componentOf(option)}` }]),
  );
  const referring = names.map((name) => {
    const schema = schemas[name] ?? {};
    const properties = Object.entries(propertiesOf(schema)).map(([option, own]) => [
      option,
      references[option] ?? own,
    ]);
    return [name, { ...schema, properties: Object.fromEntries(properties) }];
  });
  return {
    ...schemas,
    ...Object.fromEntries(referring),
    ...Object.fromEntries(shared.map(([option, schema]) => [componentOf(option), schema])),
  };
}

function componentOf(option: string): string {
  return `Option_${option}`;
}

function propertiesOf(schema: JsonSchema | undefined): Schemas {
  return (schema?.["properties"] ?? {}) as Schemas; // an object schema has them
}
