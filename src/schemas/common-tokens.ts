/** The body and the reply of POST /v1/vocabularies/common. */
import * as z from "zod";
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { tokenIds } from "../sampling/options/fields.ts";
import { parseWith } from "../sampling/options/parse.ts";
import { DRAFT_MATCHES } from "../sampling/verify/translation.ts";

export const COMMON_REQUEST = z
  .strictObject({
    draft_vocabulary: z.string().describe("The drafter's: a name of GET /v1/vocabularies."),
    vocabulary: z.string().optional().describe("The target's. Default the service's, if it has one."),
    draft_token_ids: tokenIds()
      .optional()
      .describe(
        "A draft in the drafter's ids, to translate to the target's ids. Without it the reply has all tokens.",
      ),
    draft_match: z.enum(DRAFT_MATCHES).optional().describe("As in POST /v1/verify. Default tokens."),
  })
  .describe("Two vocabularies, and a draft of one of them.");

export const COMMON_REPLY = z
  .strictObject({
    vocabulary: z.string(),
    draft_vocabulary: z.string(),
    count: z.int().min(0).describe("How many tokens both have."),
    token_ids: z.array(z.int()).optional().describe("The draft in the ids of the target."),
    draft_token_bitmask: z
      .string()
      .optional()
      .describe(
        "The drafter's tokens that the target has too, as `token_bitmask` takes them: what it must draw from.",
      ),
    target_ids: z
      .string()
      .optional()
      .describe("Base64 of int32, little-endian, by id of the drafter: the target's id, or -1."),
  })
  .describe("The tokens that two vocabularies have in common.");

export type CommonRequest = z.output<typeof COMMON_REQUEST>;

/** Throws a Problem, whose pointer leads into the body. */
export function parseCommonRequest(fields: unknown): CommonRequest {
  if (isRecord(fields)) return parseWith(COMMON_REQUEST, fields, "");
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(fields)}`);
}
