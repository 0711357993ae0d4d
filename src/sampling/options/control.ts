/** The options of a step that are not options of its stages: the sequence, the draw, and the report. */
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

/** The draw and the report; the options of the stages come from the stage objects. */
export const CONTROL = {
  preset: z
    .string()
    .describe(`Stage order, defaults and rules of a host: ${PRESETS.map(({ name }) => name).join(", ")}.`)
    .meta({ enum: PRESETS.map(({ name }) => name) }),
  variant: z
    .string()
    .describe(
      `Variant of the preset, for hosts with several code paths: ${VARIANTS.map(({ preset, name }) => `${name} (${preset})`).join(", ")}. Default the preset's first.`,
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
      `Rule that combines the rows of several sources into one before the chain: {"rule": "guidance", "guidance_scale": 1.5}. Rules: ${RULES.map(({ name }) => name).join(", ")}.`,
    )
    .meta({
      type: "object",
      required: ["rule"],
      properties: { rule: { enum: RULES.map(({ name }) => name) } },
    }),
  sources: SOURCES.describe("Options of each combined source, in the order of the rows."),
  vocab_size: whole({ min: 1 }).describe(
    "Size of the real vocabulary when rows are padded: ids from it on are never drawn.",
  ),
  vocabulary: z
    .string()
    .describe(
      "Vocabulary of the token ids: a name from GET /v1/vocabularies. Replies then contain texts. Default the service's, if it has one.",
    ),
  history: contextIds().describe(
    "Token ids so far, prompt first. Penalties look at them. Ids without a logit in the row, such as an image's, and -1 for a token without an id are context: they count in lengths and match nothing.",
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
      "Seed of the randomness, 64 bits, as an integer or a decimal string. Without one a random seed is used and returned.",
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
    "How many tokens to draw from this row; reported in `draws`. Default: 1 draw, without `draws` in the reply.",
  ),
  replacement: flag().describe(
    "Whether the n draws may repeat a token. Default true; false draws without replacement, as Gumbel top-k does.",
  ),
  draw: DRAW_OPTION,
  watermark: WATERMARK_OPTION,
  unmarked: flag().describe(
    "Draw without the server's default watermark (WATERMARK_DEFAULT), if the API key is allowed to. Default false.",
  ),
  trace: z
    .union([z.boolean(), z.literal("timed")], rule('must be true, false or "timed"'))
    .describe(
      "Report what each stage did. `timed` adds microseconds, which vary between calls. Default false.",
    ),
  kept_token_ids: flag().describe("Report the ids of all tokens that the chain kept. Default false."),
  kept_max: whole({ min: 1 }).describe(
    "Maximum number of kept_token_ids to report, at least n: the drawn tokens first, then the most likely of the others. With more kept tokens the reply has kept_truncated.",
  ),
  kept_mode: oneOf(KEPT_MODES).describe(
    "What happens when the chain keeps more than kept_max tokens: `bounded` (default) reports some of them, `exact` is an error. (SGLang's modes of a sampling mask.)",
  ),
  logprobs: flag("how many are reported, top_logprobs says").describe(
    "Report logprob, processed_logprob, rank and kept_mass. Default false.",
  ),
  top_logprobs: whole({ min: 0 }).describe(
    "Report the n most likely tokens with their log-probabilities. Default 0.",
  ),
  logprobs_mode: oneOf(LOGPROBS_MODES).describe(
    "What top_logprobs and named_logprobs report: `raw` (default but with the preset sglang), ln softmax of the logits as sent (of several sources, the first), or `processed`, after every stage. With `combined` it is that of the combined row, with `before_temperature` (SGLang at temperature 0, and vLLM's processed_logprobs there) and `behind_temperature` (SGLang) that of the scores where temperature finds and leaves them, and so are logprob, rank and kept_mass.",
  ),
  rank_ties: oneOf(["by_id", "counted"]).describe(
    "The rank of a token among equal ones: `by_id` (default except with the preset vllm), equal tokens with lower ids rank before it; `counted`, all equal tokens do (vLLM).",
  ),
  logprob_token_ids: tokenIds().describe("Report the log-probabilities of these tokens as named_logprobs."),
  uncertainty: flag().describe(
    "Report entropy, varentropy, margin and confidence, of the row as sent and of the distribution after the chain. Default false.",
  ),
  confidence_top_k: whole({ min: 1, max: SELECTION_MAX }).describe(
    `Number of most likely tokens over which confidence is the mean. Default ${CONFIDENCE_TOP_K}.`,
  ),
  stop: STOP_OPTIONS.describe(
    "Conditions that end the text. The reply names the one that applies as `finish_reason`, or null. The service stops nothing by itself.",
  ),
  receipt: flag().describe("Report hashes of the row and of the options, for audits. Default false."),
  require_exact: flag().describe(
    "For sparse rows: fail with need_more_tokens unless the reply is proven exact. Default false.",
  ),
} as const;
