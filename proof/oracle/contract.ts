/**
 * The published contract, openapi/openapi.json, as a judge of requests and replies: ajv compiles its schemas, which
 * shares no code with the service. What a schema cannot say (bytes, lengths, NaN) stands in logits.ts.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Schemas = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const document = JSON.parse(readFileSync(new URL("../../openapi/openapi.json", import.meta.url), "utf8")) as {
  readonly components: { readonly schemas: Schemas };
};
export const SCHEMAS: Schemas = document.components.schemas;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, "openapi");
const compiled = new Map<string, ValidateFunction>();

/** Why a value is not what the named schema says; undefined when it is. */
export function complaintOf(name: string, value: unknown): string | undefined {
  let validate = compiled.get(name);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
    compiled.set(name, validate);
  }
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return `${name}${first?.instancePath ?? ""} ${first?.message ?? "is wrong"}`;
}

/** Names of the stages. */
export const STAGE_NAMES = Object.keys(SCHEMAS)
  .filter((name) => name.startsWith("Stage_"))
  .map((name) => name.slice("Stage_".length));

/** Names of the fields that a schema of an object knows. */
export function fieldsOf(name: string): readonly string[] {
  return Object.keys(SCHEMAS[name]?.["properties"] ?? {});
}
