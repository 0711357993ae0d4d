/** The request and reply bodies of POST /v1/watermark/detect. */
import * as z from "zod";
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { Text } from "../sampling/draw/watermark/detect.ts";
import { WATERMARKS } from "../sampling/draw/watermark/index.ts";
import { parseTest, type TestChoice, testSchemaOf } from "../sampling/draw/watermark/test-options.ts";
import { flag, oneOf, optionalEach, tokenIds, whole } from "../sampling/options/fields.ts";
import { parseWith } from "../sampling/options/parse.ts";

const TOKEN_IDS = tokenIds().describe("Token ids of a text. A prompt, if any, comes first.");

const PROMPT_LENGTH = whole({ min: 0 }).describe(
  "Number of leading ids that are the prompt, which is not marked. Default 0.",
);

const TEXT = z.strictObject({ token_ids: TOKEN_IDS, prompt_length: PROMPT_LENGTH.optional() });

const TEXT_FIELDS = {
  token_ids: { type: "array", items: { type: "integer", minimum: 0 } },
  prompt_length: { type: "integer", minimum: 0 },
};

const ASKED = optionalEach({
  token_ids: TOKEN_IDS.describe("One text. Excludes `texts`."),
  prompt_length: PROMPT_LENGTH,
  texts: z
    .custom<readonly unknown[]>()
    .meta({ type: "array", items: { type: "object", required: ["token_ids"], properties: TEXT_FIELDS } })
    .describe("Many texts, each with its `token_ids` and an optional `prompt_length`."),
  vocab_size: whole({ min: 1 }).describe("Size of the vocabulary; ids must be below it."),
  values: flag().describe(
    "Report the value of each token, null for tokens that do not count. Default false.",
  ),
  repeats: oneOf(["once", "each"]).describe(
    "Count a repeated context (for green_list: with its token) once, as p-values require, or each time. Default once.",
  ),
});

const ASKED_OPTIONS = z.strictObject(ASKED);

/** The fields of all schemes together. */
const TEST_FIELDS: Record<string, z.ZodType> = {};
for (const scheme of WATERMARKS)
  for (const [name, schema] of Object.entries(testSchemaOf(scheme).shape))
    TEST_FIELDS[name] ??= schema as z.ZodType; // the fields are zod's classic schemas

export const DETECT_REQUEST = z
  .strictObject({
    ...ASKED,
    ...optionalEach(TEST_FIELDS),
    scheme: z.enum(WATERMARKS.map(({ name }) => name) as [string, ...string[]]), // there is at least one
    key: TEST_FIELDS["key"] as z.ZodType, // every scheme has a key
  })
  .describe("Texts as token ids, and the watermark to detect.");

const DETECTION = z.strictObject({
  score: z.number().describe("The score that the scheme's test sums."),
  p_value: z
    .number()
    .describe(
      "Probability that a text without this watermark scores at least as high under a random key. The rate of one fixed key can differ.",
    ),
  p_value_two_moments: z
    .number()
    .optional()
    .describe(
      "For dual_key_gumbel: computed from a Gamma distribution with the score's mean and variance, as vLLM has it; too small by 1.1 to 1.8 times at 1e-4.",
    ),
  z_score: z.number().optional().describe("Normal score of green_list and synthid."),
  tokens_counted: z.int().describe("Number of scored tokens: those after the prompt, without repeats."),
  values: z.array(z.number().nullable()).optional().describe("Value of each token; with `values`."),
});

export const DETECT_REPLY = z
  .strictObject({ ...DETECTION.partial().shape, results: z.array(DETECTION).optional() })
  .describe("The result of one text, or `results` in the order of `texts`.");

export interface DetectOptions extends TestChoice {
  readonly texts: readonly Text[];
  /** true when the request had a single text and no list */
  readonly single: boolean;
  readonly vocab_size: number | undefined;
  readonly values: boolean;
  readonly repeats: "once" | "each";
}

export interface DetectLimits {
  readonly analysis_rows_max: number;
  readonly history_length_max: number;
}

export function parseDetect(fields: unknown, limits: DetectLimits): DetectOptions {
  if (!isRecord(fields))
    throw new Problem("invalid_option", `the body must be a JSON object, got ${show(fields)}`);
  const own = Object.fromEntries(Object.entries(fields).filter(([name]) => name in ASKED));
  const rest = Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in ASKED)));
  const choice = parseTest(rest);
  const { texts, token_ids, prompt_length, vocab_size, values, repeats } = parseWith(ASKED_OPTIONS, own, "");
  const single = texts === undefined;
  if (single === (token_ids === undefined))
    throw new Problem(
      "option_conflict",
      `one of token_ids and texts must be given, got ${single ? "none" : "both"}`,
    );
  if (!single && prompt_length !== undefined)
    throw new Problem("option_conflict", "each of texts has its own prompt_length", "/prompt_length");
  const checked = single
    ? [checkedText({ token_ids, prompt_length }, "", vocab_size, limits)]
    : listOf(texts, limits).map((text, i) => checkedText(text, `/texts/${i}`, vocab_size, limits));
  return {
    ...choice,
    texts: checked,
    single,
    vocab_size,
    values: values ?? false,
    repeats: repeats ?? "once",
  };
}

function listOf(texts: unknown, { analysis_rows_max }: DetectLimits): readonly unknown[] {
  if (!Array.isArray(texts) || texts.length === 0)
    throw new Problem(
      "invalid_option",
      `texts must be an array of at least one text, got ${show(texts)}`,
      "/texts",
    );
  if (texts.length <= analysis_rows_max) return texts;
  throw new Problem(
    "limit_exceeded",
    `texts may hold at most ${analysis_rows_max} (analysis_rows_max), got ${texts.length}`,
    "/texts",
  );
}

function checkedText(
  value: unknown,
  pointer: string,
  vocab_size: number | undefined,
  { history_length_max }: DetectLimits,
): Text {
  if (!isRecord(value))
    throw new Problem(
      "invalid_option",
      `a text must be an object with token_ids, got ${show(value)}`,
      pointer,
    );
  const { token_ids, prompt_length = 0 } = parseWith(TEXT, value, pointer);
  const { length } = token_ids;
  if (length > history_length_max)
    throw new Problem(
      "limit_exceeded",
      `a text may have at most ${history_length_max} token ids (history_length_max), got ${length}`,
      `${pointer}/token_ids`,
    );
  if (prompt_length > length)
    throw new Problem(
      "invalid_option",
      `prompt_length must be at most the length of the text, ${length}, got ${prompt_length}`,
      `${pointer}/prompt_length`,
    );
  const beyond = vocab_size === undefined ? -1 : token_ids.findIndex((id) => id >= vocab_size);
  if (beyond >= 0)
    throw new Problem(
      "token_id_out_of_range",
      `token ids must be below ${vocab_size}, got ${token_ids[beyond]}`,
      `${pointer}/token_ids/${beyond}`,
    );
  return { token_ids, prompt_length };
}
