/** The schema of a grammar: one of the kinds of grammars, and the options that apply to every kind. */
import * as z from "zod";
import { show } from "../../errors.ts";
import { DRAFT_NAMES } from "../../grammar/json/drafts.ts";
import { GRAMMAR_KINDS, type GrammarSource, READING } from "../../grammar/source.ts";
import { isRecord } from "../../is-record.ts";
import type { TokenName } from "../history/token-names.ts";
import { flag, oneOf, rule, tokenNames, whole } from "./fields.ts";
import { OWN_WORDS } from "./parse.ts";
import { FORMAT_TYPES, grammarOfFormat, isResponseFormat } from "./response-format.ts";

const NAMES = GRAMMAR_KINDS.map(({ name }) => name);
const ONE_KIND = `must hold one of ${NAMES.join(", ")}`;
/**
 * Maximum number of tokens in a list of a grammar, and of characters in its `after` text, because each is
 * stored.
 */
const TOKENS_MAX = 1024;
const AFTER_LENGTH_MAX = 1024;
const AFTER = 'must be {"token_ids": […]} or {"text": "…"}';

/** A grammar and its options. */
export interface GrammarOptions {
  readonly source: GrammarSource;
  /** true when any text may follow: OpenAI's {"type": "text"} */
  readonly is_free: boolean;
  /** undefined: the grammar applies from the beginning */
  readonly after: { readonly token_ids: readonly TokenName[] } | { readonly text: string } | undefined;
  /** undefined: the vocabulary's end tokens */
  readonly end_ids: readonly TokenName[] | undefined;
  readonly forced: boolean | "canonical";
  /** number of generated tokens within which the text must be complete; undefined: no bound */
  readonly complete_within: number | undefined;
}

/** A kind's value is checked when the grammar is compiled. Here only its type is checked. */
const KIND_FIELDS = Object.fromEntries(
  GRAMMAR_KINDS.map(({ name, must, takes }) => [name, z.custom(takes, rule(must)).optional()]),
);

const FIELDS = z.strictObject({
  ...KIND_FIELDS,
  after: z
    .union(
      [z.strictObject({ token_ids: tokenNames() }), z.strictObject({ text: z.string().min(1) })],
      rule(AFTER),
    )
    .optional()
    .describe(
      "The grammar applies only after the first of these tokens, or after this text, in the generated part of the history. Default: from its beginning.",
    ),
  whitespace: oneOf(["any", "compact"])
    .default("any")
    .describe(
      "Whitespace between the elements of a JSON text: `any`, up to 32 blanks and line ends, or `compact`, nothing.",
    ),
  property_order: oneOf(["schema", "any"])
    .default("schema")
    .describe(
      "The order of listed properties: the schema's, or `any`, for objects that list at most 10; with `unsupported: weaken` larger ones keep the schema's, which `warnings` tell.",
    ),
  unsupported: oneOf(["refuse", "weaken"])
    .default(READING.unsupported)
    .describe(
      "Treatment of rules that a mask cannot enforce, such as uniqueItems of long lists: the schema is refused, or the mask allows more and `warnings` say so.",
    ),
  unknown_keywords: oneOf(["ignore", "refuse"])
    .default(READING.unknown_keywords)
    .describe(
      "Treatment of a keyword that no draft defines: it is ignored as an annotation, or the schema is refused.",
    ),
  formats: oneOf(["annotate", "assert"])
    .default(READING.formats)
    .describe(
      "Treatment of a format that is not enforced: it is ignored as an annotation, or the schema is refused.",
    ),
  draft: oneOf(DRAFT_NAMES)
    .optional()
    .describe(
      "The draft of a schema without $schema. Default 2020-12, with `nullable` as OpenAPI 3.0 has it.",
    ),
  triggers: z
    .array(z.string().min(1), rule("must be a list of texts of 1 character or more"))
    .min(1)
    .max(256)
    .optional()
    .describe(
      "With tags: the texts that start one in free text. The `begin` of each tag begins with one. Default: each `begin` as a whole.",
    ),
  at_least_one: flag()
    .optional()
    .describe("With tags: the text begins with a tag, without free text before it. Default false."),
  stop_after_first: flag()
    .optional()
    .describe("With tags: the text ends after the first tag. Default false."),
  end_ids: tokenNames()
    .optional()
    .describe(
      "The tokens that end the text. They are allowed only where it is complete. Default the vocabulary's.",
    ),
  complete_within: whole({ min: 1, max: 1_000_000 })
    .optional()
    .describe(
      "Maximum number of generated tokens of the complete text, without its end token: a token is allowed only if the remaining tokens can still complete the text. Usual: the host's max_tokens. Default: no bound.",
    ),
  forced: z
    .union([z.boolean(), z.literal("canonical")], rule('must be true, false or "canonical"'))
    .default(false)
    .describe(
      "Report, as `forced`, the tokens after the drawn one that are the only allowed token in their place. `canonical`: also the tokens by which the vocabulary's own tokenizer writes the text that must follow, as far as no text after it can change them.",
    ),
});

/** Options that only tags have. */
const OF_TAGS = ["triggers", "at_least_one", "stop_after_first"] as const;

/** A zod issue with the value that it is about. */
type RawIssue = z.core.$ZodRawIssue;

/**
 * The OpenAPI document describes less than the service checks. The full table is in docs/structured.md, because
 * otherwise each request schema would repeat it.
 */
export function grammarField() {
  return z
    .unknown()
    .meta({ examples: EXAMPLES })
    .transform((value, context): GrammarOptions => {
      const format = isResponseFormat(value) ? grammarOfFormat(value) : { fields: value, pointer: undefined };
      if (format === "free") return FREE;
      if (format === undefined) {
        context.addIssue({ code: "custom", message: `${FORMAT_TYPES}, got ${show(value)}` });
        return z.NEVER;
      }
      const long = tooLong(format.fields);
      if (long !== undefined) {
        context.addIssue({ code: "custom", ...long });
        return z.NEVER;
      }
      const result = FIELDS.safeParse(format.fields, OWN_WORDS);
      if (result.success) {
        const fields: Readonly<Record<string, unknown>> = result.data;
        const given = NAMES.filter((name) => fields[name] !== undefined);
        const stray = given.includes("tags") ? [] : OF_TAGS.filter((name) => fields[name] !== undefined);
        if (given.length === 1 && stray.length === 0)
          return grammarOptions(result.data, given[0] ?? "", format.pointer);
        const message =
          stray.length > 0
            ? `must hold tags beside ${stray.join(" and ")}, got ${given.join(" and ") || "none"}`
            : `${ONE_KIND}, got ${given.join(" and ") || "none"}`;
        context.addIssue({ code: "custom", message });
      } else
        for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as RawIssue);
      return z.NEVER;
    })
    .meta({ type: "object" });
}

/** The first list or text that exceeds its maximum length. The search comes before the fields are checked and copied. */
function tooLong(fields: unknown): { path: string[]; message: string } | undefined {
  if (!isRecord(fields)) return undefined;
  const { after, end_ids } = fields;
  const { text, token_ids } = isRecord(after) ? after : NO_FIELDS;
  if (typeof text === "string" && text.length > AFTER_LENGTH_MAX)
    return {
      path: ["after", "text"],
      message: `must have at most ${AFTER_LENGTH_MAX} characters, got ${text.length}`,
    };
  if (isLong(token_ids)) return tooManyTokens(["after", "token_ids"], token_ids);
  return isLong(end_ids) ? tooManyTokens(["end_ids"], end_ids) : undefined;
}

const NO_FIELDS: Readonly<Record<string, unknown>> = {};

function isLong(list: unknown): list is readonly unknown[] {
  return Array.isArray(list) && list.length > TOKENS_MAX;
}

function tooManyTokens(path: string[], { length }: readonly unknown[]): { path: string[]; message: string } {
  return { path, message: `must list at most ${TOKENS_MAX} tokens, got ${length}` };
}

const EXAMPLES = [
  { regex: "( [a-z]+){4,9}\\." },
  {
    json_schema: { type: "object", properties: { ship: { enum: ["Pequod", "Rachel"] } }, required: ["ship"] },
    whitespace: "compact",
  },
  { choice: [" open sea.", " dark harbour."] },
  { gbnf: 'root ::= " open " ("sea" | "harbour") ("." | " and" root)' },
  { lark: 'start: " open " PLACE ("." | " and" start)\nPLACE: "sea" | "harbour"' },
];

/** The grammar for OpenAI's {"type": "text"}. */
const FREE: GrammarOptions = {
  source: { kind: "json", value: true, whitespace: "any", property_order: "schema" },
  is_free: true,
  after: undefined,
  end_ids: undefined,
  forced: false,
  complete_within: undefined,
};

function grammarOptions(
  fields: z.infer<typeof FIELDS>,
  kind: string,
  pointer: string | undefined,
): GrammarOptions {
  const { after, end_ids, forced, complete_within, whitespace, property_order, ...others } = fields;
  const { unsupported, unknown_keywords, formats, draft, triggers, at_least_one, stop_after_first } = others;
  const value = (fields as Readonly<Record<string, unknown>>)[kind];
  const reading = { unsupported, unknown_keywords, formats, draft };
  const source = {
    kind,
    value,
    whitespace,
    property_order,
    ...reading,
    ...(kind === "tags" && {
      triggers,
      at_least_one: at_least_one ?? false,
      stop_after_first: stop_after_first ?? false,
    }),
    ...(pointer !== undefined && { pointer }),
  };
  return { source, is_free: false, after, end_ids, forced, complete_within };
}
