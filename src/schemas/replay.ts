/** What POST /v1/replay takes and replies, for types and the OpenAPI document. */
import * as z from "zod";
import { CLAIM_FIELDS } from "../sampling/replay.ts";
import { PROBLEM } from "./replies.ts";
import { LOGITS } from "./row.ts";

export const REPLAY_REQUEST = z
  .looseObject({
    ...CLAIM_FIELDS,
    rows: z
      .array(z.looseObject({ ...CLAIM_FIELDS, logits: LOGITS.optional() }))
      .min(1)
      .describe("Steps as StepRequest has them, each with what was claimed of it."),
  })
  .describe("A batch whose rows also say what was claimed of them, each itself or all alike.");

const REPLAYED = z.strictObject({
  token_id: z.int().describe("The token that the step gives."),
  match: z.boolean(),
  agrees: z.boolean().describe("Whether the claimed token misses by no more than the tolerance."),
  margin: z
    .number()
    .nullable()
    .describe(
      "How far the randomness lies inside what the claimed token holds, negative when outside: of probabilities for inverse_cdf, of scores for Gumbel noise. null: it was not kept, or the watermark has no margin.",
    ),
  uniform: z.number().optional(),
  from: z.number().optional().describe("The claimed token holds the uniforms from here"),
  to: z.number().optional().describe("to here."),
  receipt_differs: z.array(z.string()).optional().describe("What of `claimed` does not hold."),
});

export const REPLAY_REPLY = z
  .strictObject({
    results: z.array(z.union([REPLAYED, PROBLEM])),
    totals: z.strictObject({
      rows: z.int(),
      matches: z.int(),
      agreeing: z.int(),
      mean_divergence: z
        .number()
        .describe("Mean of −margin over all rows, matches as 0, at most divergence_max each."),
    }),
  })
  .describe("What each claim comes to, and all of them.");
