/** The body of POST /v1/grammar, and what it answers. */
import * as z from "zod";
import { Problem, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import { grammarField } from "../sampling/options/grammar-field.ts";
import { parseWith } from "../sampling/options/parse.ts";

const TOKENS_MAX = 1000;

export const GRAMMAR_REQUEST = z
  .strictObject({
    grammar: grammarField().describe("The grammar, as a step has it: docs/structured.md."),
    vocabulary: z
      .string()
      .optional()
      .describe("The vocabulary whose tokens may follow. Default the service's, if it has one."),
    text: z
      .string()
      .default("")
      .describe("A text, of which is told whether it is one of the grammar, and where it leaves it."),
    tokens_max: z
      .int()
      .min(0)
      .max(TOKENS_MAX)
      .default(20)
      .describe("How many of the tokens that may follow the text are listed."),
  })
  .describe("A grammar, and a text to be read by it.");

export const GRAMMAR_REPLY = z
  .strictObject({
    kind: z
      .string()
      .describe("The kind of grammar: json_schema, regex, choice, gbnf, lark, tools, tags, json."),
    parts: z.int().min(0).describe("Parts of expressions, states among them."),
    bytes: z.int().min(0).describe("Memory that the compiled grammar takes, with the mask behind the text."),
    work: z.int().min(0).describe("Units of work to compile it; grammar_work_max bounds them."),
    notes: z
      .array(
        z
          .strictObject({
            kind: z
              .enum(["ignored", "weakened"])
              .describe("`ignored`: an annotation; `weakened`: the masks allow more than the grammar says."),
            keyword: z.string(),
            pointer: z.string().describe("The first place, within the grammar."),
            detail: z.string(),
            count: z.int().min(0).describe("How many places there are."),
          })
          .describe("A keyword or a part of the grammar that the masks do not hold to."),
      )
      .describe("What the masks do not hold to."),
    text: z
      .strictObject({
        is_complete: z.boolean().describe("Whether the text is one of the grammar."),
        is_begun: z.boolean().describe("Whether some text of the grammar begins so."),
        left_at: z
          .int()
          .min(0)
          .nullable()
          .describe("UTF-8 bytes before the first that cannot come; null: all can."),
      })
      .describe("Where the text stands."),
    next: z
      .strictObject({
        vocabulary: z.string(),
        fits: z.boolean().describe("Whether the vocabulary has a token for what must follow."),
        count: z.int().min(0).describe("How many tokens may follow, those that end the text among them."),
        token_ids: z.array(z.int().min(0)).describe("The first of them, by id."),
        texts: z.array(z.string().nullable()).describe("What they stand for; null: part of a character."),
      })
      .describe("The tokens that may follow a text.")
      .nullable()
      .describe(
        "Which tokens may follow the text; null without a vocabulary, and where the text has left the grammar.",
      ),
  })
  .describe("What a grammar takes, what it does not hold to, and where a text stands in it.");

export type GrammarRequest = z.output<typeof GRAMMAR_REQUEST>;

/** Throws a Problem, whose pointer leads into the body. */
export function parseGrammarRequest(fields: unknown): GrammarRequest {
  if (isRecord(fields)) return parseWith(GRAMMAR_REQUEST, fields, "");
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(fields)}`);
}
