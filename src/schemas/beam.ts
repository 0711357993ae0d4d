/** The request and reply bodies of POST /v1/beam and POST /v1/resample. */
import * as z from "zod";
import { BEAM_RULES } from "../sampling/beam/index.ts";
import { SEARCH } from "../sampling/beam/options.ts";
import { RESAMPLE_OPTIONS } from "../sampling/resample.ts";
import { STEP_REPLY } from "./replies.ts";
import { STEP_REQUEST } from "./requests.ts";

const RULES: readonly z.ZodType[] = BEAM_RULES.map(({ options }) => options);

export const BEAM_REQUEST = z
  .looseObject({
    beam: z.union(RULES).describe("The rule of the search, with its options."),
    search: SEARCH.nullable()
      .optional()
      .describe("The `search` of the last reply; absent or null in the first step."),
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe(
        "A row for each live beam, in their order; one row in the first step. A row's own options, its history for one, win over the shared ones.",
      ),
  })
  .describe(
    "One step of a beam search, and the options of the chains of its rows: any option of a stage, preset, chain, history, prompt_length, state, seed.",
  );

const SUMS = {
  score: z.number().describe("The score by which sequences are ranked."),
  logprob: z
    .number()
    .nullable()
    .describe("Sum of ln p of the tokens under the rows as sent; null for probability 0."),
  chain_logprob: z.number().nullable().describe("Sum of ln p of the tokens after the chain."),
  carry: z.array(z.number()).optional().describe("Numbers that belong to the rule."),
};

const PARENT = {
  parent: z.int().describe("Index of the row that this beam continues."),
  token_id: z.int(),
};

export const BEAM_REPLY = z
  .strictObject({
    beams: z
      .array(
        z.strictObject({
          ...PARENT,
          ...SUMS,
          state: STEP_REPLY.shape.state
            .optional()
            .describe("State of the stages that have one. The beam's next row must send it back."),
        }),
      )
      .describe("The beams that continue. The next step takes their rows in this order."),
    ended: z
      .array(
        z.strictObject({
          id: z.int().describe("Id of the sequence in `search.ended`."),
          ...SUMS,
          length: z.int().describe("Tokens, the end token included."),
          ...PARENT,
          finish_reason: z.enum(["end_token", "length"]),
        }),
      )
      .describe("The sequences that ended in this step and are kept."),
    finished: z
      .boolean()
      .describe("True when the search is over. `search.ended` then has its sequences, best first."),
    exact: z
      .boolean()
      .optional()
      .describe("For sparse rows: true when whole rows would provably have given the same answer."),
    kappa: z
      .number()
      .nullable()
      .optional()
      .describe(
        "stochastic, at the end: the largest perturbed ln p that was not selected; null when all were selected.",
      ),
    inclusion: z
      .array(z.number())
      .optional()
      .describe(
        "stochastic, at the end: the inclusion probability of each sequence of `search.ended`, given kappa.",
      ),
    search: SEARCH.describe("The state of the search. The next request must send it back."),
    system_fingerprint: STEP_REPLY.shape.system_fingerprint,
  })
  .describe("The result of one step of a beam search.");

export const RESAMPLE_REQUEST = RESAMPLE_OPTIONS.describe(
  "The ln weights of N sequences. N sequences continue.",
);

export const RESAMPLE_REPLY = z
  .strictObject({
    parents: z
      .array(z.int())
      .describe(
        "For each of the N continuing sequences, the index of the sequence that it continues; ascending.",
      ),
    resampled: z
      .boolean()
      .describe(
        "False when the effective sample size was above the threshold. Each sequence then continues itself.",
      ),
    effective_size: z.number().describe("(Σ w)² / Σ w²: 1 to N."),
    log_mean_weight: z
      .number()
      .describe("ln of the mean weight: the amount to add to the log evidence of a particle filter."),
    log_weights: z
      .array(z.number().nullable())
      .describe(
        "The ln weights to use from here on: all 0 after a resampling, otherwise the weights as sent; null for −∞.",
      ),
    seed: STEP_REPLY.shape.seed,
    step: z.int(),
  })
  .describe("The result of a resampling.");
