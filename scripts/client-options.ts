/**
 * TypeScript for the options of a step, made from their schemas, so that the client's types say what the service
 * takes: each option with its type, its range and its description. Pure text out; write-client.ts does the writing.
 */

import { STEP_OPTIONS } from "../src/sampling/step-options.ts";
import { type JsonSchema, jsonSchemaOf, propertiesOf } from "../src/schemas/options.ts";

const OPENING = `/**
 * The options of a step, generated from their schemas by \`npm run generate\`: change those, not this file.
 * The service checks every one of them and refuses what it does not know.
 */

/** Options of one step, as on the wire. All are optional. */
export interface StepRequestOptions {
`;

/** src/client/options.ts. */
export function clientOptions(): string {
  const fields = Object.entries(propertiesOf(jsonSchemaOf(STEP_OPTIONS)));
  return `${OPENING}${fields.map(([name, schema]) => field(name, schema)).join("")}}\n`;
}

function field(name: string, schema: JsonSchema): string {
  const facts = [schema["description"], rangeOf(schema), defaultOf(schema)].filter(
    (part) => part !== undefined,
  );
  return `  /** ${facts.join(" ").replaceAll("*/", "* /")} */\n  readonly ${name}?: ${typeOf(schema)};\n`;
}

function rangeOf(schema: JsonSchema): string | undefined {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Record<
    string,
    number | undefined
  >;
  const low = minimum ?? exclusiveMinimum;
  const high = maximum ?? exclusiveMaximum;
  if (low === undefined || schema["type"] === "array") return undefined;
  if (high === undefined || high === Number.MAX_SAFE_INTEGER)
    return `${exclusiveMinimum === undefined ? "At least" : "Above"} ${low}.`;
  return `In ${exclusiveMinimum === undefined ? "[" : "("}${low}, ${high}${exclusiveMaximum === undefined ? "]" : ")"}.`;
}

function defaultOf(schema: JsonSchema): string | undefined {
  return schema["default"] === undefined ? undefined : `Default ${JSON.stringify(schema["default"])}.`;
}

/** The TypeScript type of what a schema takes. */
function typeOf(schema: JsonSchema): string {
  const { type, anyOf, items, prefixItems } = schema as {
    readonly type?: string | readonly string[];
    readonly anyOf?: readonly JsonSchema[];
    readonly items?: JsonSchema | false;
    readonly prefixItems?: readonly JsonSchema[];
  };
  if (schema["const"] !== undefined) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" | ");
  if (Array.isArray(type)) return type.map((each) => typeOf({ type: each })).join(" | ");
  if (prefixItems !== undefined) return `readonly [${prefixItems.map(typeOf).join(", ")}]`;
  if (type === "array") return arrayOf(items === false || items === undefined ? "unknown" : typeOf(items));
  if (type === "object") return objectOf(schema);
  if (type === "integer") return "number";
  return String(type ?? "unknown");
}

function arrayOf(element: string): string {
  return /^readonly | \| /.test(element) && !element.startsWith("{")
    ? `readonly (${element})[]`
    : `readonly ${element}[]`;
}

function objectOf(schema: JsonSchema): string {
  const required = new Set((schema["required"] ?? []) as readonly string[]); // JSON Schema says so
  const fields = Object.entries(propertiesOf(schema)).map(
    ([name, each]) => `readonly ${name}${required.has(name) ? "" : "?"}: ${typeOf(each)}`,
  );
  if (fields.length > 0 && schema["additionalProperties"] === false) return `{ ${fields.join("; ")} }`;
  if (fields.length > 0) return `{ ${fields.join("; ")}; readonly [name: string]: unknown }`;
  const values = schema["additionalProperties"] as JsonSchema | undefined;
  return `Readonly<Record<string, ${values === undefined || Object.keys(values).length === 0 ? "unknown" : typeOf(values)}>>`;
}
