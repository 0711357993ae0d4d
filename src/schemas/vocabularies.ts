/** The reply body of GET /v1/vocabularies. */
import * as z from "zod";

export const VOCABULARIES_REPLY = z
  .strictObject({
    default: z.string().nullable().describe("The default vocabulary of steps; null when there is none."),
    vocabularies: z.array(
      z.strictObject({
        name: z.string().describe("Its name in requests."),
        size: z.int().describe("Its largest token id plus 1."),
        hash: z.string().describe("Hash. It is equal when tokens, special tokens and end tokens are equal."),
        special_tokens: z
          .array(z.strictObject({ token_id: z.int(), text: z.string().describe("Its name.") }))
          .describe("Tokens without a text."),
        end_ids: z.array(z.int()).describe("Tokens that end a text."),
      }),
    ),
  })
  .describe("The vocabularies of this server.");
