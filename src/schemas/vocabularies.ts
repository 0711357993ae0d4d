/** The body of GET /v1/vocabularies. */
import * as z from "zod";

export const VOCABULARIES_REPLY = z
  .strictObject({
    default: z.string().nullable().describe("What holds of a step that names none; null: none."),
    vocabularies: z.array(
      z.strictObject({
        name: z.string().describe("What a step calls it."),
        size: z.int().describe("One more than its largest token id."),
        hash: z.string().describe("Equal where tokens, special tokens and ends are."),
        special_tokens: z
          .array(z.strictObject({ token_id: z.int(), text: z.string().describe("Its name.") }))
          .describe("Tokens that stand for no text."),
        end_ids: z.array(z.int()).describe("Tokens that end a text."),
      }),
    ),
  })
  .describe("What token ids may stand for.");
