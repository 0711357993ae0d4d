/**
 * The bodies of drafts. The options of their steps are those of a step and are not repeated here, because the document
 * would list them two more times.
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
    "The target's rows: one after the history and one after each drafted token, in order. The draft model's rows follow when `draft_rows` is given. Options in a target row, such as a mask, apply to its position.",
  );

export const VERIFY_REQUEST = z
  .looseObject({ rows: ROWS, ...VERIFY_OPTIONS.shape })
  .describe(
    "A draft, the target's rows along it, and any option of StepRequest but `n`. `history`, `step` and `state` are those before the first drafted token.",
  );

export const VERIFY_BATCH_REQUEST = z
  .looseObject({
    rows: ROWS.describe("The rows of all sequences. The rows of one sequence are adjacent."),
    sequences: z
      .array(z.record(z.string(), z.unknown()))
      .min(1)
      .describe("The `draft_token_ids` of each sequence, and its own options: history, seed, step, state."),
  })
  .describe("Many drafts, and the options that they share.");

export const VERIFY_REPLY = z
  .strictObject({
    method: z.string().describe("The method of the request."),
    preserves: z
      .enum(PROMISES)
      .describe(
        "Property that the method keeps, compared with sampling without a draft: the tokens, their distribution, or nothing.",
      ),
    accepted: z.int().describe("Number of accepted draft tokens."),
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
        "With `draft_vocabulary`: number of the drafter's own tokens that lie wholly in the accepted text.",
      ),
    token_ids: z.array(z.int()).describe("The accepted tokens, and the token after them."),
    positions: z.array(STEP_REPLY).describe("The reply fields of a step, for each of these tokens."),
    exact: z
      .boolean()
      .optional()
      .describe("For sparse rows: true when whole rows would provably have given the same reply."),
    seed: STEP_REPLY.shape.seed,
    step: z.int().describe("Step number of the next token."),
    state: STEP_REPLY.shape.state,
    system_fingerprint: STEP_REPLY.shape.system_fingerprint,
    warnings: STEP_REPLY.shape.warnings,
  })
  .describe("The accepted part of a draft, and the token after it.");

export const VERIFY_BATCH_REPLY = z
  .strictObject({
    results: z.array(z.union([VERIFY_REPLY, PROBLEM])).describe("In the order of the sequences."),
  })
  .describe("The replies to many drafts.");
