/** The draw rule and the watermark of a request, with their checked options. */
import * as z from "zod";
import { Problem, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { amongKnown } from "../../nearest.ts";
import { parseWith } from "../options/parse.ts";
import type { DrawChoice, DrawRule } from "./draw-rule.ts";
import { DRAW_RULES } from "./index.ts";
import { WATERMARKS } from "./watermark/index.ts";
import type { MarkChoice, WatermarkScheme } from "./watermark/scheme.ts";

/** The default rule. */
export const DEFAULT_DRAW: DrawChoice = {
  rule: DRAW_RULES[0] as DrawRule, // the first of the list is the default
  options: { rule: "inverse_cdf" },
};

export function parseDraw(value: unknown, pointer = "/draw"): DrawChoice {
  const rule = namedIn(DRAW_RULES, "rule", "draw rule", value, pointer);
  return { rule, options: parseWith(rule.options, value, pointer) };
}

export function parseWatermark(value: unknown, pointer = "/watermark"): MarkChoice {
  const scheme = requireScheme(value, pointer);
  return { scheme, options: parseWith(scheme.options, value, pointer) };
}

/** The scheme that an object names. */
export function requireScheme(value: unknown, pointer: string): WatermarkScheme {
  return namedIn(WATERMARKS, "scheme", "watermark scheme", value, pointer);
}

function namedIn<Item extends { readonly name: string }>(
  items: readonly Item[],
  tag: string,
  noun: string,
  value: unknown,
  pointer: string,
): Item {
  const names = items.map(({ name }) => name);
  if (!isRecord(value))
    throw new Problem(
      "invalid_option",
      `a ${noun} must be an object like {"${tag}": "${names[0]}"}, got ${show(value)}`,
      pointer,
    );
  const item = items.find(({ name }) => name === value[tag]);
  if (item !== undefined) return item;
  const sentence = `there is no ${noun} ${show(value[tag])}${amongKnown(value[tag], names)}`;
  throw new Problem("invalid_option", sentence, `${pointer}/${tag}`);
}

/** An option with one schema for all items: the fields of each item, under its name. */
function choiceOf(items: readonly (DrawRule | WatermarkScheme)[], tag: string) {
  const fields: Record<string, z.ZodType> = {};
  const required = Object.keys(items[0]?.options.shape ?? {}).filter((name) =>
    items.every(({ options }) => options.shape[name]?.safeParse(undefined).success === false),
  );
  for (const { options } of items)
    for (const [name, schema] of Object.entries(options.shape)) if (name !== tag) fields[name] ??= schema;
  // A default is described in words, because client generators would make the field required.
  const { $schema: _, ...schema } = z.toJSONSchema(
    z.strictObject({ [tag]: z.enum(items.map(({ name }) => name)), ...fields }),
    { io: "input", unrepresentable: "any", override: ({ jsonSchema }) => tell(jsonSchema) },
  );
  return z.custom<unknown>().meta({ ...schema, required });
}

/** The description gives a default; a bound that every whole number satisfies is left out. */
function tell(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.default === undefined) return;
  schema.description = `${schema.description ?? ""} Default ${JSON.stringify(schema.default)}.`.trim();
  delete schema.default;
}

/** The documented form of both options; `parseDraw` and `parseWatermark` check them. */
export const DRAW_OPTION = choiceOf(DRAW_RULES, "rule").describe(
  "How a token is drawn. Default inverse_cdf. GET /v1/samplers lists the rules.",
);

export const WATERMARK_OPTION = choiceOf(WATERMARKS, "scheme").describe(
  "Draws the token with a watermark that the owner of the key can detect. Needs history and prompt_length; not greedy, one draw. GET /v1/samplers lists the schemes.",
);
