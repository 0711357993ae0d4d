/** The request and reply bodies of POST /v1/replay, for types and the OpenAPI document. */
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
      .describe("Steps as StepRequest has them, each with its claimed result."),
  })
  .describe("A batch whose rows also have the claimed results, per row or shared.");

const REPLAYED = z.strictObject({
  token_id: z.int().describe("The token that the step draws."),
  match: z.boolean(),
  agrees: z.boolean().describe("True when the claimed token misses by at most the tolerance."),
  margin: z
    .number()
    .nullable()
    .describe(
      "Distance of the random number to the nearest end of the claimed token's interval, negative outside: in probability for inverse_cdf, in score for Gumbel noise. null when the token was not kept or the watermark has no margin.",
    ),
  uniform: z.number().optional(),
  from: z.number().optional().describe("Lower end of the claimed token's interval of uniforms"),
  to: z.number().optional().describe("to here."),
  receipt_differs: z
    .array(z.string())
    .optional()
    .describe("Fields of `claimed` that differ from the recomputed step."),
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
        .describe("Mean of −margin over all rows. A match counts 0, and each row at most divergence_max."),
    }),
  })
  .describe("The result for each claim and for all together.");
