/** Facts about the options of a step that are read from their schemas. */
import * as z from "zod";
import { STEP_OPTIONS } from "../sampling/options/step-options.ts";
import { STEP_TENSOR_FIELDS, TENSOR_FIELDS } from "./tensor.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Options that a query string may have, with the description of the tensor. */
export const QUERY_OPTIONS = z.strictObject({ ...TENSOR_FIELDS.shape, ...STEP_OPTIONS.shape });

/** The same for one step, whose row may be sparse. */
export const STEP_QUERY_OPTIONS = z.strictObject({ ...STEP_TENSOR_FIELDS.shape, ...STEP_OPTIONS.shape });

/** JSON Schema of the input of a schema. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

/** The properties of an object schema. */
export function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema["properties"] ?? {}) as Readonly<Record<string, JsonSchema>>; // zod's JSON Schema of an object has properties
}

/** Names of the options that are lists, which a query string may write as `1,2,3`. */
export const LIST_OPTIONS: ReadonlySet<string> = new Set(
  Object.entries(propertiesOf(jsonSchemaOf(QUERY_OPTIONS)))
    .filter(([, { type }]) => [type].flat().includes("array"))
    .map(([name]) => name),
);
