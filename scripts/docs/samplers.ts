/**
 * Markdown about the samplers, made from the stage objects: docs/samplers.md. It takes and returns text; write-docs.ts
 * reads and writes the files.
 */
import type { z } from "zod";
import { cell, code, table } from "../../evidence/markdown.ts";
import type { Stage } from "../../src/sampling/stage.ts";
import type { Stop } from "../../src/sampling/stops/stop.ts";
import { jsonSchemaOf, propertiesOf } from "../../src/schemas/options.ts";

/** The part of a JSON Schema property that the option tables show. */
export interface OptionSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: OptionSchema;
  readonly anyOf?: readonly OptionSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** docs/samplers.md. */
export function samplersPage(stages: readonly Stage[], stops: readonly Stop[]): string {
  const opening = [
    "# Samplers",
    "",
    "This page lists every stage of a chain, in the order in which they run (`GET /v1/samplers` has the same as data). All are",
    "off by default. An option switches its stage on:",
    "",
    "```json",
    '{ "logits": [1.0, 2.5, -0.3, 2.4], "temperature": 0.8, "top_p": 0.9, "seed": 7 }',
    "```",
    "",
    "The page is generated from the stages by `npm run generate`; change them, not the page.",
    "",
    "sᵢ is the score of token i, pᵢ its probability: the softmax over the tokens still in play. Equal scores rank by",
    "token id, the lower first. At least one token always stays. A stage whose options would change nothing is",
    "skipped.",
    "",
  ];
  return `${[...opening, ...stages.map(stageSection), ...stopsSection(stops)].join("\n").trimEnd()}\n`;
}

function stopsSection(stops: readonly Stop[]): string[] {
  const rows = stops.map(({ name, finish_reason, summary, example, source }) => [
    `\`${name}\``,
    cell(summary),
    `\`"${finish_reason}"\``,
    code(JSON.stringify({ stop: { [name]: example } })),
    `[${cell(source.title)}](${source.url})`,
  ]);
  return [
    "## stop",
    "",
    "A stop decides when a text ends. It is not a stage: it runs after the draw, on the tokens after `prompt_length` and the rows",
    "so far, and changes no token. The reply's `finish_reason` is that of the first stop in this table that applies, or null. Stops",
    "that read rows have a `state`, which is passed from step to step; a stream stores it.",
    "",
    table(["in `stop`", "applies when", "`finish_reason`", "for example", "source"], rows),
    "",
    ...stops.flatMap(({ name, options }) => fieldsOf(name, options)),
  ];
}

/** The fields of a stop that has several options. */
function fieldsOf(name: string, options: z.ZodType): string[] {
  const properties = fieldsIn(options);
  return properties.length === 0 ? [] : [`Of \`${name}\`:`, "", fieldTable(properties), ""];
}

function stageSection(stage: Stage): string {
  return [
    `## ${stage.name}`,
    "",
    stage.summary,
    "",
    `    ${stage.formula}`,
    "",
    optionTable(stage),
    "",
    `In a chain: \`${JSON.stringify({ stage: stage.name, ...stage.example })}\`. In the short form it is switched on by \`${stage.trigger ?? stage.name}\`. ${argmaxSentence(stage)}`,
    "",
    `Source: [${stage.source.title}](${stage.source.url}).`,
    "",
  ].join("\n");
}

function argmaxSentence(stage: Stage): string {
  return stage.keepsArgmax
    ? "The most likely token is the same before and after, so greedy decoding may skip it."
    : "It can change which token is the most likely.";
}

/** A table of options without the option that names the kind. */
export function optionTable(stage: { readonly options: z.ZodType }, tag = "stage"): string {
  return fieldTable(fieldsIn(stage.options).filter(([name]) => name !== tag));
}

/** The fields in the notation of a request. OptionSchema names the properties that are used. */
function fieldsIn(options: z.ZodType) {
  return Object.entries<OptionSchema>(propertiesOf(jsonSchemaOf(options)));
}

function fieldTable(properties: readonly (readonly [string, OptionSchema])[]): string {
  const rows = properties.map(([name, option]) => [
    `\`${name}\``,
    cell(valuesOf(option)),
    option.default === undefined ? "" : code(JSON.stringify(option.default)),
    cell(option.description ?? ""),
  ]);
  return table(["option", "values", "default", "meaning"], rows);
}

/** The values of an option, in words: `number in (0, 1]`, `integer ≥ 0`, `"cut"` or `"keep"`. */
export function valuesOf(option: OptionSchema): string {
  if (option.enum !== undefined) return option.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (option.anyOf !== undefined) return option.anyOf.map(valuesOf).join(" or ");
  if (Array.isArray(option.type))
    return option.type.map((type) => valuesOf({ ...option, type })).join(" or ");
  if (option.type === "array")
    return option.items === undefined ? "array" : `array of ${bracketed(valuesOf(option.items))}`;
  const is_ranged = option.type === "integer" || option.type === "number";
  return `${option.type ?? "any"}${is_ranged ? rangeOf(option) : ""}`;
}

/** Several values in brackets, for use inside a sentence. */
function bracketed(values: string): string {
  return values.includes(" or ") ? `(${values})` : values;
}

function rangeOf(option: OptionSchema): string {
  const { exclusiveMinimum: above, exclusiveMaximum: below } = option;
  // z.int() declares the safe-integer bounds, which tell a reader nothing.
  const min = option.minimum === Number.MIN_SAFE_INTEGER ? undefined : option.minimum;
  const max = option.maximum === Number.MAX_SAFE_INTEGER ? undefined : option.maximum;
  const low = above ?? min;
  const high = below ?? max;
  if (low === undefined && high === undefined) return "";
  if (high === undefined) return ` ${above === undefined ? "≥" : ">"} ${low}`;
  if (low === undefined) return ` ${below === undefined ? "≤" : "<"} ${high}`;
  return ` in ${above === undefined ? "[" : "("}${low}, ${high}${below === undefined ? "]" : ")"}`;
}
