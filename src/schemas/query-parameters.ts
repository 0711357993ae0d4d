/** How options are written in a query string, in OpenAPI's words: scalars and lists of scalars plainly, all else as JSON. */
import type { JsonSchema } from "./options.ts";

interface Parameter {
  readonly in: string;
  readonly schema?: JsonSchema;
  readonly style?: string;
  readonly explode?: boolean;
}

interface Operation {
  parameters?: readonly Parameter[];
}

type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

/** The plugin that collects the routes knows one style for all options of a route. */
export function withJsonParameters<Document extends { readonly paths?: object }>(
  document: Document,
): Document {
  for (const operations of Object.values((document.paths ?? {}) as Paths))
    for (const operation of Object.values(operations))
      if (operation.parameters !== undefined) operation.parameters = operation.parameters.map(asJson);
  return document;
}

function asJson(parameter: Parameter): Parameter {
  const { schema, style: _, explode: __, ...rest } = parameter;
  if (parameter.in !== "query" || schema === undefined || isScalar(schema) || isList(schema))
    return parameter;
  return { ...rest, content: { "application/json": { schema } } } as Parameter; // a schema or a content
}

function isScalar({ type, enum: words, const: word, anyOf }: JsonSchema): boolean {
  if (Array.isArray(anyOf)) return anyOf.every(isScalar);
  const types = [type ?? []].flat();
  const are_scalars = types.length > 0 && types.every((each) => each !== "object" && each !== "array");
  return words !== undefined || word !== undefined || are_scalars;
}

function isList({ type, items }: JsonSchema): boolean {
  return type === "array" && isScalar((items ?? {}) as JsonSchema); // an array of anything has none
}
