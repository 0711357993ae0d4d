/** The options of a step beside those of its stages: what it is about, how its token is drawn, and what is reported. */
import * as z from "zod";
import { show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { SELECTION_MAX } from "../../kernels/kernel.ts";
import { RULES } from "../combine/index.ts";
import { DRAW_OPTION, WATERMARK_OPTION } from "../draw/choice.ts";
import { PRESETS } from "../presets/index.ts";
import { VARIANTS } from "../presets/preset-choice.ts";
import { CONFIDENCE_TOP_K } from "../report/uncertainty.ts";
import { canonicalSeed } from "../rng.ts";
import { STOP_OPTIONS } from "../stops/index.ts";
import { SOURCES } from "./combination-options.ts";
import { namedValues } from "./counted-fields.ts";
import { contextIds, flag, oneOf, rule, tokenIds, whole } from "./fields.ts";
import { KEPT_MODES } from "./kept-mode.ts";
import { LOGPROBS_MODES } from "./logprobs-mode.ts";

const SEED_RULE = "must be an integer of 64 bits, as a number or a decimal string";

/** How a token is drawn, and what is reported; the options of the stages come from the stage objects. */
export const CONTROL = {
  preset: z
    .string()
    .describe(`Stage order, defaults and rules of a host: ${PRESETS.map(({ name }) => name).join(", ")}.`)
    .meta({ enum: PRESETS.map(({ name }) => name) }),
  variant: z
    .string()
    .describe(
      `Which of a preset's codes for the same step: ${VARIANTS.map(({ preset, name }) => `${name} (${preset})`).join(", ")}. Default the preset's first.`,
    )
    .meta({ enum: [...new Set(VARIANTS.map(({ name }) => name))] }),
  chain: z
    .array(z.unknown())
    .describe(
      'Stages in the order in which they run, instead of the short options: [{"stage": "top_k", "top_k": 40}, …].',
    )
    .meta({ items: { type: "object", required: ["stage"], properties: { stage: { type: "string" } } } }),
  combine: z
    .custom<Readonly<Record<string, unknown>>>(isRecord, rule("must be an object with a rule"))
    .describe(
      `How the rows of several sources become one before the chain: {"rule": "guidance", "guidance_scale": 1.5}. Rules: ${RULES.map(({ name }) => name).join(", ")}.`,
    )
    .meta({
      type: "object",
      required: ["rule"],
      properties: { rule: { enum: RULES.map(({ name }) => name) } },
    }),
  sources: SOURCES.describe("What is said of each source that is combined, in the order of the rows."),
  vocab_size: whole({ min: 1 }).describe(
    "Size of the real vocabulary when rows are padded: ids at or past it are never drawn.",
  ),
  vocabulary: z
    .string()
    .describe(
      "What token ids stand for: a name of GET /v1/vocabularies. Replies then tell texts. Default the service's, if it has one.",
    ),
  history: contextIds().describe(
    "Token ids so far, prompt first. Penalties look at them. An id that the row has no logit for, such as an image's, and -1 for a token without an id are context: they count in lengths and match nothing.",
  ),
  prompt_length: whole({ min: 0 }).describe(
    "How many ids of `history` are the prompt; the rest was generated. Default 0.",
  ),
  seed: z
    .union([z.string(), z.number()], rule(SEED_RULE))
    .transform((value, context) => {
      const seed = canonicalSeed(value);
      if (seed !== undefined) return seed;
      context.addIssue({
        code: "custom",
        message: `${SEED_RULE}, got ${show(value)}`,
      });
      return z.NEVER;
    })
    .describe(
      "Seed of the randomness, 64 bits, as an integer or a decimal string. Without one a seed is drawn and returned.",
    ),
  step: whole({ min: 0 }).describe(
    "Position of this step in its sequence; each has its own randomness. Default 0.",
  ),
  state: namedValues(z.unknown(), "stage name → state")
    .nullable()
    .describe(
      "The `state` of the previous step's reply, for samplers and stops that carry one (mirostat, adaptive_p, entropy). null or absent: a first step.",
    ),
  n: whole({ min: 1 }).describe(
    "How many tokens to draw from this row; reported in `draws`. Default 1, without `draws`.",
  ),
  replacement: flag().describe(
    "Whether the n draws may repeat a token. Default true; false draws as Gumbel top-k does.",
  ),
  draw: DRAW_OPTION,
  watermark: WATERMARK_OPTION,
  unmarked: flag().describe(
    "Leave out the mark that the server lays by default (WATERMARK_DEFAULT), where the key may. Default false.",
  ),
  trace: z
    .union([z.boolean(), z.literal("timed")], rule('must be true, false or "timed"'))
    .describe(
      "Report what each stage did. `timed` adds microseconds, which differ from call to call. Default false.",
    ),
  kept_token_ids: flag().describe("Report the ids of all tokens that were left to draw from. Default false."),
  kept_max: whole({ min: 1 }).describe(
    "Report at most so many kept_token_ids, and kept_truncated where there are more: the drawn tokens, and of the others the most likely. At least n.",
  ),
  kept_mode: oneOf(KEPT_MODES).describe(
    "What happens when more than kept_max tokens are left: `bounded` (default) reports some of them, `exact` is an error. (SGLang's modes of a sampling mask.)",
  ),
  logprobs: flag("how many are reported, top_logprobs says").describe(
    "Report logprob, processed_logprob, rank and kept_mass. Default false.",
  ),
  top_logprobs: whole({ min: 0 }).describe(
    "Report the n most likely tokens with their log-probabilities. Default 0.",
  ),
  logprobs_mode: oneOf(LOGPROBS_MODES).describe(
    "What top_logprobs and named_logprobs report: `raw` (default but with the preset sglang), ln softmax of the logits as they came (of several sources, the first), or `processed`, after every stage. With `combined` it is that of the combined row, with `before_temperature` (SGLang at temperature 0, and vLLM's processed_logprobs there) and `behind_temperature` (SGLang) that of the scores where temperature finds and leaves them, and so are logprob, rank and kept_mass.",
  ),
  rank_ties: oneOf(["by_id", "counted"]).describe(
    "The rank of a token that others equal: `by_id` (default but with the preset vllm), those with lower ids rank before it, or `counted`, all of them do (vLLM).",
  ),
  logprob_token_ids: tokenIds().describe("Report the log-probabilities of these tokens as named_logprobs."),
  uncertainty: flag().describe(
    "Report entropy, varentropy, margin and confidence, of the row as it came and of what was left to draw from. Default false.",
  ),
  confidence_top_k: whole({ min: 1, max: SELECTION_MAX }).describe(
    `How many of the most likely tokens confidence is the mean of. Default ${CONFIDENCE_TOP_K}.`,
  ),
  stop: STOP_OPTIONS.describe(
    "When the text is to end: the reply says by which of these, as `finish_reason`, or null. Nothing stops by itself.",
  ),
  receipt: flag().describe("Report hashes of the row and of the options, for audits. Default false."),
  require_exact: flag().describe(
    "For sparse rows: fail with need_more_tokens unless the answer is proven exact. Default false.",
  ),
} as const;
