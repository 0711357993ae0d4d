/**
 * Adapts zod's JSON Schema to the OpenAPI document, for readers that misread some keywords: client generators
 * make a property with a `default` a required one, and Swagger UI fails on `items: false`.
 */
import * as z from "zod";
import type { JsonSchema } from "../options.ts";

type Node = Record<string, unknown>;

/**
 * Bounds that zod gives every whole number. They are dropped, because they only say that it is one, and generated examples
 * would show them.
 */
const SAFE: ReadonlySet<unknown> = new Set([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]);

const CONVERT = {
  input: { io: "input", unrepresentable: "any", override: ({ jsonSchema }) => tell(jsonSchema as Node) },
  output: {
    io: "output",
    unrepresentable: "any",
    override: ({ jsonSchema }) => tell(jsonSchema as Node),
  },
} as const satisfies Record<string, z.core.ToJSONSchemaParams>;

/** JSON Schema of a request or of a reply, for the document. */
export function toldSchemaOf(schema: z.ZodType, io: keyof typeof CONVERT = "input"): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, CONVERT[io]);
  return withoutSafeBounds(rest);
}

/** The same for schemas that reference each other by name. */
export function toldComponentsOf(
  schemas: Readonly<Record<string, z.ZodType>>,
  io: keyof typeof CONVERT,
): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const uri = (id: string) => `#/components/schemas/${id}`;
  const result = z.toJSONSchema(registry, { ...CONVERT[io], uri });
  return Object.fromEntries(
    Object.entries(result.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [
      id,
      withoutSafeBounds(schema),
    ]),
  );
}

/** A default moves into the description; a tuple has an exact length and no keyword for further items. */
function tell(schema: Node): void {
  const { default: standard, description, prefixItems } = schema;
  if (standard !== undefined) {
    delete schema["default"];
    schema["description"] = [description, `Default ${JSON.stringify(standard)}.`].filter(Boolean).join(" ");
  }
  if (Array.isArray(prefixItems) && schema["items"] === false) {
    const [first, ...others] = prefixItems.map((each) => JSON.stringify(each));
    delete schema["items"];
    if (others.every((each) => each === first)) {
      delete schema["prefixItems"];
      schema["items"] = prefixItems[0];
    }
    schema["minItems"] = prefixItems.length;
    schema["maxItems"] = prefixItems.length;
  }
}

/** Adapts every nested schema too, because zod inlines shared ones after they were adapted. */
function withoutSafeBounds(schema: JsonSchema): JsonSchema {
  const isBound = (name: string, value: unknown) => /^(?:min|max)imum$/.test(name) && SAFE.has(value);
  return JSON.parse(JSON.stringify(schema), (name, value) => (isBound(name, value) ? undefined : value));
}
