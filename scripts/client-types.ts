/**
 * TypeScript types of the client's requests and replies, generated from the schemas: each field with its type, its
 * range and its description. It only returns text; write-docs.ts writes the files.
 */
import { z } from "zod";
import { DTYPES } from "../src/kernels/kernel.ts";
import { COMPARE_FIELDS } from "../src/sampling/compare/options.ts";
import { STEP_OPTIONS } from "../src/sampling/options/step-options.ts";
import { VERIFY_OPTIONS } from "../src/sampling/verify/options.ts";
import {
  BASELINE_OPTIONS,
  CALIBRATE_OPTIONS,
  DIAGNOSE_OPTIONS,
  PROBABILITIES_OPTIONS,
  SCORE_OPTIONS,
} from "../src/schemas/analysis.ts";
import { ANALYSIS_REPLIES } from "../src/schemas/analysis-replies.ts";
import { COMMON_REPLY, COMMON_REQUEST } from "../src/schemas/common-tokens.ts";
import { COMPARE_REPLY } from "../src/schemas/compare.ts";
import { GRAMMAR_REPLY } from "../src/schemas/grammar.ts";
import { type JsonSchema, jsonSchemaOf, propertiesOf } from "../src/schemas/options.ts";

const ANALYSIS_OPTIONS = {
  ProbabilitiesOptions: PROBABILITIES_OPTIONS,
  ScoreOptions: SCORE_OPTIONS,
  DiagnoseOptions: DIAGNOSE_OPTIONS,
  BaselineOptions: BASELINE_OPTIONS,
  CalibrateOptions: CALIBRATE_OPTIONS,
  CompareFields: z.strictObject(COMPARE_FIELDS),
  CommonTokensOptions: COMMON_REQUEST,
};

/** src/client/options.ts. */
export function clientOptions(): string {
  const dtypes = Object.entries(DTYPES).map(([name, { bytes }]) => `${name}: ${bytes}`);
  return `${opening("The options of a step, and the element types of rows")}
/** Bytes of one element, by the element type of a dense row. */
export const DTYPE_BYTES = { ${dtypes.join(", ")} } as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** Options of one step, as on the wire. All are optional. */
${optionsInterface("StepRequestOptions", STEP_OPTIONS)}
/** The options of a draft, as on the wire. */
${optionsInterface("VerifyFields", VERIFY_OPTIONS)}`;
}

/** src/client/analysis-types.ts. */
export function clientAnalysisTypes(): string {
  const options = Object.entries(ANALYSIS_OPTIONS).map(([name, schema]) => optionsInterface(name, schema));
  const replies = Object.entries({
    ...ANALYSIS_REPLIES,
    CompareReply: COMPARE_REPLY,
    GrammarReply: GRAMMAR_REPLY,
    CommonTokensReply: COMMON_REPLY,
  }).map(([name, schema]) => replyType(name, schema));
  return `${opening("What the calls that draw no token take besides rows, and what they reply")}
${[...options, ...replies].join("\n")}`;
}

function opening(subject: string): string {
  return `/**
 * ${subject}, generated from the schemas by \`npm run generate\`:
 * change those, not this file. The service checks every field and refuses what it does not know.
 */
`;
}

function optionsInterface(name: string, schema: z.ZodType): string {
  const json = jsonSchemaOf(schema);
  const required = requiredOf(json);
  const fields = Object.entries(propertiesOf(json)).map(([each, of]) => field(each, of, required.has(each)));
  return `export interface ${name} {\n${fields.join("")}}\n`;
}

function replyType(name: string, schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as JsonSchema; // plain JSON
  const { description } = json;
  const said = typeof description === "string" ? `/** ${description} */\n` : "";
  return `${said}export type ${name} = ${typeOf(json)};\n`;
}

/** The schema's facts about a field: its description, its range and its default. */
export function factsOf(schema: JsonSchema): string {
  const facts = [schema["description"], rangeOf(schema), defaultOf(schema)];
  return facts.filter((part) => part !== undefined).join(" ");
}

function field(name: string, schema: JsonSchema, required: boolean): string {
  return `  /** ${factsOf(schema).replaceAll("*/", "* /")} */\n  readonly ${name}${required ? "" : "?"}: ${typeOf(schema)};\n`;
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

/** The TypeScript type of the values that a schema accepts. */
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
  if (Array.isArray(type)) return type.map((each) => typeOf({ ...schema, type: each })).join(" | ");
  if (prefixItems !== undefined) return `readonly [${prefixItems.map(typeOf).join(", ")}]`;
  if (type === "array") return items === false || items === undefined ? "readonly unknown[]" : arrayOf(items);
  if (type === "object") return objectOf(schema);
  if (type === "integer") return "number";
  return String(type ?? "unknown");
}

function arrayOf(items: JsonSchema): string {
  const { type, anyOf, enum: values } = items;
  const compound = anyOf !== undefined || values !== undefined || type === "array" || Array.isArray(type);
  return compound ? `readonly (${typeOf(items)})[]` : `readonly ${typeOf(items)}[]`;
}

function objectOf(schema: JsonSchema): string {
  const required = requiredOf(schema);
  const fields = Object.entries(propertiesOf(schema)).map(
    ([name, each]) => `readonly ${name}${required.has(name) ? "" : "?"}: ${typeOf(each)}`,
  );
  if (fields.length > 0 && schema["additionalProperties"] === false) return `{ ${fields.join("; ")} }`;
  if (fields.length > 0) return `{ ${fields.join("; ")}; readonly [name: string]: unknown }`;
  const values = schema["additionalProperties"] as JsonSchema | undefined;
  return `Readonly<Record<string, ${values === undefined || Object.keys(values).length === 0 ? "unknown" : typeOf(values)}>>`;
}

function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set((schema["required"] ?? []) as readonly string[]); // JSON Schema says so
}
