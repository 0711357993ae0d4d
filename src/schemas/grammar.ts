/** The request and reply bodies of POST /v1/grammar. */
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
      .describe(
        "A text to check against the grammar. The reply says whether it matches, and where it first deviates.",
      ),
    tokens_max: z
      .int()
      .min(0)
      .max(TOKENS_MAX)
      .default(20)
      .describe("Maximum number of following tokens to list."),
  })
  .describe("A grammar, and a text to check against it.");

export const GRAMMAR_REPLY = z
  .strictObject({
    kind: z
      .string()
      .describe("The kind of grammar: json_schema, regex, choice, gbnf, lark, tools, tags, json."),
    parts: z.int().min(0).describe("Number of expressions and states of the compiled grammar."),
    bytes: z.int().min(0).describe("Memory that the compiled grammar takes, with the mask after the text."),
    work: z.int().min(0).describe("Units of work to compile it; grammar_work_max bounds them."),
    notes: z
      .array(
        z
          .strictObject({
            kind: z
              .enum(["ignored", "weakened"])
              .describe("`ignored`: an annotation; `weakened`: the masks allow more than the grammar says."),
            keyword: z.string(),
            pointer: z.string().describe("Pointer to its first occurrence in the grammar."),
            detail: z.string(),
            count: z.int().min(0).describe("Number of occurrences."),
          })
          .describe("A keyword or a part of the grammar that the masks do not enforce."),
      )
      .describe("The parts of the grammar that the masks do not enforce."),
    text: z
      .strictObject({
        is_complete: z.boolean().describe("True when the text matches the grammar."),
        is_begun: z
          .boolean()
          .describe("True when the text is a prefix of some text that matches the grammar."),
        left_at: z
          .int()
          .min(0)
          .nullable()
          .describe(
            "Number of UTF-8 bytes before the first one that the grammar forbids; null when it forbids none.",
          ),
      })
      .describe("How the text relates to the grammar."),
    next: z
      .strictObject({
        vocabulary: z.string(),
        fits: z.boolean().describe("True when the vocabulary has a token that may follow."),
        count: z.int().min(0).describe("Number of tokens that may follow, including end tokens."),
        token_ids: z.array(z.int().min(0)).describe("The ones with the lowest ids."),
        texts: z
          .array(z.string().nullable())
          .describe("Texts of these tokens; null for a token that is part of a character."),
      })
      .describe("The tokens that may follow a text.")
      .nullable()
      .describe(
        "The tokens that may follow the text; null without a vocabulary, or when the text does not fit the grammar.",
      ),
  })
  .describe("The size of a grammar, the parts that the masks do not enforce, and how a text relates to it.");

export type GrammarRequest = z.output<typeof GRAMMAR_REQUEST>;

/** Throws a Problem whose pointer leads into the body. */
export function parseGrammarRequest(fields: unknown): GrammarRequest {
  if (isRecord(fields)) return parseWith(GRAMMAR_REQUEST, fields, "");
  throw new Problem("invalid_option", `the body must be a JSON object, got ${show(fields)}`);
}
