/**
 * The bodies of drafts. The options of their steps are those of a step, and are not told again here: the document would
 * say them twice more.
 */
import * as z from "zod";
import { PROMISES } from "../sampling/verify/method.ts";
import { VERIFY_OPTIONS } from "../sampling/verify/options.ts";
import { PROBLEM, STEP_REPLY } from "./replies.ts";
import { STEP_REQUEST } from "./requests.ts";

const ROWS = z
  .array(STEP_REQUEST)
  .min(1)
  .describe(
    "A row of the target behind the history and one behind each drafted token, in order, then the rows of the draft where `draft_rows` tells of them. What a row of the target says beside its logits holds for its position: a mask, for one.",
  );

export const VERIFY_REQUEST = z
  .looseObject({ rows: ROWS, ...VERIFY_OPTIONS.shape })
  .describe(
    "A draft, the rows that the target gave along it, and any option of StepRequest but `n`. `history`, `step` and `state` are those before the first drafted token.",
  );

export const VERIFY_BATCH_REQUEST = z
  .looseObject({
    rows: ROWS.describe("The rows of all sequences, those of each side by side."),
    sequences: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .describe("Of each its `draft_token_ids`, and what is its own: history, seed, step, state."),
  })
  .describe("Many drafts, with the options they share beside them.");

export const VERIFY_REPLY = z
  .strictObject({
    method: z.string().describe("As asked for."),
    preserves: z
      .enum(PROMISES)
      .describe("What is the same as without a draft: the tokens, their distribution, or nothing."),
    accepted: z.int().describe("How many tokens of the draft."),
    path: z
      .array(z.int())
      .optional()
      .describe("With `parents`: the accepted tokens by their index in the draft."),
    draft_token_ids: z
      .array(z.int())
      .optional()
      .describe("With `draft_vocabulary`: the draft in the ids of the target."),
    draft_accepted: z
      .int()
      .optional()
      .describe(
        "With `draft_vocabulary`: how many of the drafter's own tokens lie wholly in the accepted text.",
      ),
    token_ids: z.array(z.int()).describe("Those, and the one that follows them."),
    positions: z.array(STEP_REPLY).describe("What a step's reply holds, of each of these tokens."),
    exact: z
      .boolean()
      .optional()
      .describe("Sparse rows: whether whole ones would provably have given the same answer."),
    seed: STEP_REPLY.shape.seed,
    step: z.int().describe("Of the token that comes next."),
    state: STEP_REPLY.shape.state,
    system_fingerprint: STEP_REPLY.shape.system_fingerprint,
    warnings: STEP_REPLY.shape.warnings,
  })
  .describe("How much of a draft was accepted, and what follows it.");

export const VERIFY_BATCH_REPLY = z
  .strictObject({
    results: z.array(z.union([VERIFY_REPLY, PROBLEM])).describe("In the order of the sequences."),
  })
  .describe("The answers to many drafts.");
