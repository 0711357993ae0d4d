/** dry: lowers the scores of tokens that would continue a run of tokens that occurred before. */
import * as z from "zod";
import { exp, ln } from "../../kernels/float64.ts";
import { ListedBreakers } from "../history/sequence-breakers.ts";
import { finite, oneOf, whole } from "../options/fields.ts";
import { SEQUENCE, tokenSequences } from "../options/sequence-fields.ts";
import { lastOf, type Stage } from "../stage.ts";

/** Longest breaker, in tokens. llama.cpp cuts its breakers to a first token and 20 more. */
const BREAKER_LENGTH_MAX = 32;

/** ln of the largest float32: penalties stop growing there, as llama.cpp's do. */
const LN_FLOAT32_MAX = 88.7228391;

/**
 * Work per token of the history: the search for repeats with a penalty for each in the worst case, and the search for breakers
 * of one token.
 */
const REPEAT_WORK = 64;
const BREAKER_WORK = 12;

const options = z.strictObject({
  stage: z.literal("dry"),
  dry_multiplier: finite({ min: 0, max: 100 }).describe(
    "Penalty for continuing a run of exactly dry_allowed_length tokens. 0 is off. Usual: 0.8.",
  ),
  dry_base: finite({ min: 1, max: 100 })
    .default(1.75)
    .describe("Factor by which the penalty grows with every further token of the run."),
  dry_allowed_length: whole({ min: 0, max: 1_000_000 })
    .default(2)
    .describe("Shortest run that is penalised, in tokens before the new one."),
  dry_penalty_last_n: whole({ min: -1 })
    .default(-1)
    .describe(
      "Only the last n tokens of the history count; -1: all of them, 0: none, which switches it off.",
    ),
  dry_sequence_breakers: tokenSequences(BREAKER_LENGTH_MAX)
    .transform((sequences) => new ListedBreakers(sequences))
    .meta({ type: "array", items: SEQUENCE })
    .optional()
    .describe(
      'Sequences at which a run stops, such as the tokens of a line break; a text, such as "\\n", is found wherever it begins and ends in tokens. Default none.',
    ),
  dry_breaker_rule: oneOf(["spare", "cut"])
    .default("spare")
    .describe(
      "Treatment of breakers: `spare`, a token that is a breaker by itself is never penalised (llama.cpp); `cut`, it is treated like any token, and a run must have more than dry_allowed_length tokens after a breaker (koboldcpp).",
    ),
});

export const dry: Stage<z.infer<typeof options>> = {
  name: "dry",
  summary:
    "Don't repeat yourself: the longer the run that a token would continue, the more is taken off its score.",
  formula:
    "sᵢ ← sᵢ − multiplier · base^(nᵢ − allowed_length), for nᵢ ≥ allowed_length, the longest run that i continues",
  source: {
    title: "p-e-w, DRY: a modern repetition penalty, 2024; host rule: llama.cpp",
    url: "https://github.com/oobabooga/textgen/pull/5677",
  },
  options,
  example: { dry_multiplier: 0.8 },
  trigger: "dry_multiplier",
  keepsArgmax: false,
  looksBack: true,
  isNeutral: ({ dry_multiplier, dry_penalty_last_n }) => dry_multiplier === 0 || dry_penalty_last_n === 0,
  historyWork({ dry_penalty_last_n, dry_sequence_breakers }, length) {
    const breaking = BREAKER_WORK * (dry_sequence_breakers?.work ?? 0);
    return (REPEAT_WORK + breaking) * lastOf(dry_penalty_last_n, length);
  },
  apply(candidates, options, context) {
    const { dry_allowed_length, dry_breaker_rule: rule } = options;
    const breakers = options.dry_sequence_breakers?.in(context, "/dry_sequence_breakers");
    const first = context.firstOf(options.dry_penalty_last_n, "history");
    const end = context.history.length;
    const length_max = breakers?.tokensSince(context.history, first, end) ?? end - first;
    if (rule === "cut" && length_max <= dry_allowed_length) return;
    const { token_ids, lengths, count } = context.repeatsSince(first, dry_allowed_length, length_max);
    for (let i = 0; i < count; i++) {
      const id = token_ids[i]!;
      if (rule === "spare" && breakers?.has(id)) continue;
      candidates.setScore(id, candidates.scoreOf(id) - penalty(options, lengths[i]! - dry_allowed_length));
    }
  },
};

function penalty(
  { dry_multiplier, dry_base }: { readonly dry_multiplier: number; readonly dry_base: number },
  excess: number,
): number {
  const growth = ln(dry_base);
  const excess_max = dry_base > 1.000001 ? Math.floor(LN_FLOAT32_MAX / growth) : excess;
  return dry_multiplier * exp(Math.min(excess, excess_max) * growth);
}
