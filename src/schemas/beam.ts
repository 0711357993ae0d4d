/** What POST /v1/beam and POST /v1/resample take and reply. */
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
      .describe("What the last reply had at `search`; absent or null in the first step."),
    rows: z
      .array(STEP_REQUEST)
      .min(1)
      .describe(
        "A row for each live beam, in their order; one row in the first step. A row's own options, its history for one, win over the shared ones.",
      ),
  })
  .describe(
    "One step of a beam search, and what the chains of its rows are made of: any option of a stage, preset, chain, history, prompt_length, state, seed.",
  );

const SUMS = {
  score: z.number().describe("By which sequences are ranked."),
  logprob: z
    .number()
    .nullable()
    .describe("ln p of the tokens under the rows as they came; null for probability 0."),
  chain_logprob: z.number().nullable().describe("ln p of the tokens under the chain."),
  carry: z.array(z.number()).optional().describe("Numbers of the rule's own."),
};

const PARENT = {
  parent: z.int().describe("Index of the row that it continues."),
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
            .describe("What the beam's next row brings along, of stages with a state."),
        }),
      )
      .describe("The beams that go on, in the order in which the next step wants their rows."),
    ended: z
      .array(
        z.strictObject({
          id: z.int().describe("By which `search.ended` names it."),
          ...SUMS,
          length: z.int().describe("Tokens, the end token included."),
          ...PARENT,
          finish_reason: z.enum(["end_token", "length"]),
        }),
      )
      .describe("The sequences that ended in this step and are kept."),
    finished: z
      .boolean()
      .describe("Whether the search is over: `search.ended` has its sequences, best first."),
    exact: z
      .boolean()
      .optional()
      .describe("Sparse rows: whether whole ones would provably have given the same answer."),
    kappa: z
      .number()
      .nullable()
      .optional()
      .describe(
        "stochastic, at the end: the largest perturbed ln p that was left behind; null when nothing was.",
      ),
    inclusion: z
      .array(z.number())
      .optional()
      .describe(
        "stochastic, at the end: the inclusion probability of each sequence of `search.ended`, given kappa.",
      ),
    search: SEARCH.describe("The state of the search: the next request brings it along."),
    system_fingerprint: STEP_REPLY.shape.system_fingerprint,
  })
  .describe("What became of the beams.");

export const RESAMPLE_REQUEST = RESAMPLE_OPTIONS.describe(
  "The weights of sequences, of which as many go on.",
);

export const RESAMPLE_REPLY = z
  .strictObject({
    parents: z
      .array(z.int())
      .describe("Of each of the N that go on: which sequence it continues, ascending."),
    resampled: z
      .boolean()
      .describe("False where the effective size was above the threshold: each continues itself."),
    effective_size: z.number().describe("(Σ w)² / Σ w²: 1 to N."),
    log_mean_weight: z
      .number()
      .describe("ln of the mean weight: what the evidence of a particle filter grows by."),
    log_weights: z
      .array(z.number().nullable())
      .describe(
        "What the weights are from here on: all 0 behind a resampling, else those that were sent; null for −∞.",
      ),
    seed: STEP_REPLY.shape.seed,
    step: z.int(),
  })
  .describe("Which sequences go on.");
