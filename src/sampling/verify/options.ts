/** All options of a verification, without its rows: the draft, the method, and the options of its steps. */
import * as z from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { didYouMean } from "../../nearest.ts";
import { NO_VOCABULARIES, type Vocabularies } from "../../vocabulary/vocabularies.ts";
import { DEFAULT_DRAW } from "../draw/choice.ts";
import { noTargetNoise } from "../draws.ts";
import { CONTROL } from "../options/control.ts";
import { nodeIds, oneOf, optionalEach, tokenIds } from "../options/fields.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits } from "../options/option-limits.ts";
import { parseWith } from "../options/parse.ts";
import { parseStepOptions } from "../options/step-options.ts";
import type { StepOptions } from "../step.ts";
import { DRAFT_ROWS, type Draft, type DraftRows } from "./draft.ts";
import { draftOptions } from "./draft-chain.ts";
import { SIBLINGS, type Siblings } from "./draft-law.ts";
import { VERIFY_METHODS } from "./index.ts";
import type { MethodOptions, VerifyMethod } from "./method.ts";
import { DRAFT_MATCHES, restricted, type Translation, translationOf } from "./translation.ts";
import { type DraftTree, PATH_TOKENS_MAX, TREE_TOKENS_MAX, treeOf } from "./tree.ts";

const NAMES = VERIFY_METHODS.map(({ name }) => name) as [string, ...string[]]; // there is at least one

const FIELDS = {
  draft_token_ids: tokenIds().describe(
    `The drafted tokens, 0 to ${PATH_TOKENS_MAX}, or with \`parents\` up to ${TREE_TOKENS_MAX}: k tokens need k + 1 rows of the target, the first after the history and one after each token.`,
  ),
  parents: nodeIds().describe(
    `A tree of drafts: for each drafted token the index of its parent, -1 for a token directly after the history. A parent comes before its children; no path is longer than ${PATH_TOKENS_MAX}. Default: each token follows the one before it.`,
  ),
  method: oneOf(NAMES).describe("How the draft is verified. Default strict."),
  draft_rows: oneOf(DRAFT_ROWS).describe(
    "The rows after those of the target: `none` (default), when each drafted token counts as certain, or the rows from which the draft was drawn, `logits` or `probabilities`: one for the root and one for each token with children, in order.",
  ),
  draft_siblings: oneOf(SIBLINGS).describe(
    "How tokens with one parent were drawn from their row: `independent` (default), or `without_replacement`, in the order of the draft.",
  ),
  draft_vocabulary: z
    .string()
    .describe(
      "The drafter's vocabulary, when it differs from the target's: a name from GET /v1/vocabularies. Then `draft_token_ids` are its ids, and the drafter's rows have its length.",
    ),
  draft_match: oneOf(DRAFT_MATCHES).describe(
    "How tokens of `draft_vocabulary` become those of the target: `tokens` (default), the target's token with the same bytes; the drafter's distribution is restricted to tokens that both have, and the drafter must draw from that distribution. `text`: the draft's text is spelled in tokens of the target, and the rows follow those.",
  ),
  draft_options: z
    .custom<Readonly<Record<string, unknown>>>()
    .describe(
      "How the draft was drawn from its rows of logits: options of stages, `chain`, `preset`. Default: plain softmax.",
    )
    .meta({ type: "object" }),
} as const;

/** The options that decide the number of rows. */
const ROWS_FIELDS = z.strictObject(
  optionalEach({
    draft_token_ids: FIELDS.draft_token_ids,
    parents: FIELDS.parents,
    method: FIELDS.method,
    draft_rows: FIELDS.draft_rows,
    draft_vocabulary: FIELDS.draft_vocabulary,
    draft_match: FIELDS.draft_match,
    vocabulary: CONTROL.vocabulary,
  }),
);

type RowsFields = z.infer<typeof ROWS_FIELDS>;

const OWN_FIELDS = z.strictObject(optionalEach(FIELDS));

/** The options of a draft that do not change how many rows come. */
const OTHER_FIELDS = z.strictObject(
  optionalEach({ draft_siblings: FIELDS.draft_siblings, draft_options: FIELDS.draft_options }),
);

/** The options of the methods, each once. */
const METHOD_FIELDS: Readonly<Record<string, z.ZodType>> = optionalEach(
  Object.fromEntries(
    VERIFY_METHODS.flatMap(({ options }) =>
      Object.entries(options.shape).filter(([name]) => name !== "method"),
    ),
  ),
);

/** All options of a draft, for the OpenAPI document. */
export const VERIFY_OPTIONS = z.strictObject({
  ...optionalEach(FIELDS),
  ...METHOD_FIELDS,
  draft_token_ids: FIELDS.draft_token_ids,
});

export interface Verification extends Draft {
  readonly method: VerifyMethod;
  readonly method_options: MethodOptions;
  /** true when the draft has parents: the reply then has its path */
  readonly is_tree: boolean;
}

/** The checked options of a call: those of its steps, and the draft. */
export interface VerifyOptions extends StepOptions {
  readonly verification: Verification;
  /** the options of its steps as given */
  readonly given: Readonly<Record<string, unknown>>;
}

/**
 * Checks the options of a call; throws a Problem whose pointer is relative to the options object. `known`: its tokens, as
 * `rowsOfDraft` found them.
 */
export function parseVerifyOptions(
  value: unknown,
  limits: OptionLimits = DEFAULT_OPTION_LIMITS,
  vocabularies: Vocabularies = NO_VOCABULARIES,
  known?: DraftTokens,
): VerifyOptions {
  if (!isRecord(value)) throw new Problem("invalid_option", `options must be an object, got ${show(value)}`);
  const [said, given] = divided(value);
  const options = parseStepOptions(given, limits);
  const verification = parseVerification(said, options, limits, vocabularies, known);
  const length = options.history.length + verification.tree.depth;
  if (length > limits.history_length_max)
    throw new Problem(
      "limit_exceeded",
      `history and draft may have at most ${limits.history_length_max} token ids (history_length_max), got ${length}`,
      "/draft_token_ids",
    );
  // The added field stands first, because a literal that begins with a spread gets a new shape each time.
  return { verification, given, ...options };
}

/** The options of the steps that matter to a draft. */
type Asked = Pick<StepOptions, "n" | "vocab_size" | "vocabulary" | "require_exact" | "draw" | "watermark">;

/** The rows that a draft needs. */
export interface DraftRowCounts {
  /**
   * rows that arrive: for the target, one for the root and each token; then the drafter's rows, unless they arrive
   * separately
   */
  readonly count: number;
  /** how many of these must be in memory at the same time: one, or all */
  readonly at_once: number;
  /** rows of the drafter: one for each node with children, or none */
  readonly of_draft: number;
  /** results that `parseVerification` need not compute again */
  readonly tokens: DraftTokens;
}

/** How many rows the draft of these options needs. `apart`: the drafter's rows are not among those of the target. */
export function rowsOfDraft(
  value: Readonly<Record<string, unknown>>,
  vocabularies: Vocabularies = NO_VOCABULARIES,
  apart = false,
): DraftRowCounts {
  const { draft_token_ids, parents, method, draft_rows, draft_vocabulary, draft_match, vocabulary } = value;
  const named = { draft_vocabulary, draft_match, vocabulary };
  const said = parseWith(ROWS_FIELDS, { draft_token_ids, parents, method, draft_rows, ...named }, "");
  const tokens = draftedTree(said, said.vocabulary, vocabularies);
  const rows = { draft_token_ids: tokens.drafted, tree: tokens.tree };
  const of_target = rowCount({ ...rows, draft_rows: "none" });
  const of_draft = rowCount({ ...rows, draft_rows: said.draft_rows ?? "none" }) - of_target;
  const count = apart ? of_target : of_target + of_draft;
  const together = needsAll(methodNamed(said.method), apart ? "none" : said.draft_rows);
  return { count, at_once: together ? count : 1, of_draft, tokens };
}

/** How many rows a checked draft needs. */
export function rowCount({
  draft_token_ids,
  tree,
  draft_rows,
}: Pick<Draft, "draft_token_ids" | "tree" | "draft_rows">): number {
  return draft_token_ids.length + 1 + (draft_rows === "none" ? 0 : tree.inner);
}

/** True when all rows of a draft must be in memory together. */
export function needsAll({ looksAhead }: VerifyMethod, draft_rows: DraftRows = "none"): boolean {
  return looksAhead || draft_rows !== "none";
}

/** The drafted tokens in the ids of the target, and how they follow one another. */
export interface DraftTokens {
  readonly drafted: readonly number[];
  readonly tree: DraftTree;
  /** undefined: the drafter has the target's vocabulary */
  readonly translation: Translation | undefined;
  /** the checked options that decide how many rows come */
  readonly fields: RowsFields;
}

function draftedTree(
  fields: RowsFields,
  vocabulary: string | undefined,
  vocabularies: Vocabularies,
): DraftTokens {
  const given = requireDrafted(fields.draft_token_ids);
  // The size is checked before any token is read.
  const own_tree = treeOf(given.length, fields.parents);
  const translation = translationOf(given, { ...fields, vocabulary }, vocabularies);
  if (translation?.match !== "text")
    return { drafted: translation?.token_ids ?? given, tree: own_tree, translation, fields };
  if (fields.parents !== undefined)
    throw new Problem(
      "option_conflict",
      "a text is one chain of tokens: leave parents out with draft_match text, got a tree",
      "/parents",
    );
  const drafted = translation.token_ids;
  return { drafted, tree: treeOf(drafted.length, undefined), translation, fields };
}

function methodNamed(name = "strict"): VerifyMethod {
  return VERIFY_METHODS.find((each) => each.name === name) as VerifyMethod; // the names are keys of FIELDS
}

type OtherFields = Pick<z.infer<typeof OWN_FIELDS>, "draft_siblings" | "draft_options">;

/** The checked options of a draft, and its tokens. */
function draftOf(
  own: Readonly<Record<string, unknown>>,
  vocabulary: string | undefined,
  vocabularies: Vocabularies,
): DraftTokens & OtherFields {
  const { draft_siblings, draft_options, ...fields } = parseWith(OWN_FIELDS, own, "");
  return { ...draftedTree(fields, vocabulary, vocabularies), draft_siblings, draft_options };
}

/** The options that `rowsOfDraft` has not checked. Most drafts have none of them. */
function otherFields({ draft_siblings, draft_options }: Readonly<Record<string, unknown>>): OtherFields {
  if (draft_siblings === undefined && draft_options === undefined) return NO_OTHER_FIELDS;
  return parseWith(OTHER_FIELDS, { draft_siblings, draft_options }, "");
}

const NO_OTHER_FIELDS: OtherFields = { draft_siblings: undefined, draft_options: undefined };

/**
 * Checks the options of a draft, next to the checked ones of its steps. `known`: its tokens, as `rowsOfDraft` found them.
 */
export function parseVerification(
  said: Readonly<Record<string, unknown>>,
  { n, vocab_size, vocabulary, require_exact, draw, watermark }: Asked,
  limits: OptionLimits = DEFAULT_OPTION_LIMITS,
  vocabularies: Vocabularies = NO_VOCABULARIES,
  known?: DraftTokens,
): Verification {
  const [own, rest] = split(said, (name) => Object.hasOwn(FIELDS, name));
  const { drafted, tree, translation, fields, draft_siblings, draft_options } =
    known === undefined ? draftOf(own, vocabulary, vocabularies) : { ...known, ...otherFields(own) };
  const { draft_rows, parents } = fields;
  const method = methodNamed(fields.method);
  const method_options = optionsOf(method, rest);
  if (n !== undefined)
    throw new Problem(
      "option_conflict",
      `each position of a draft is drawn once: leave n out, got ${n}`,
      "/n",
    );
  requireRead(method, draft_rows ?? "none", draft_options, draft_siblings);
  requireOwnDraws(method, draw, watermark);
  if (translation?.match === "text" && draft_rows !== undefined && draft_rows !== "none")
    throw new Problem(
      "option_conflict",
      `rows of the drafter are over its own tokens, and draft_match text has others: leave draft_rows out, got ${draft_rows}`,
      "/draft_rows",
    );
  const chain_options = draftOptions(draft_options, limits);
  const draft_chain = { ...chain_options, vocab_size, require_exact };
  if (tree.branches) requireBranches(method, chain_options);
  return {
    method,
    method_options,
    draft_token_ids: drafted,
    tree,
    translation,
    is_tree: parents !== undefined,
    draft_rows: draft_rows ?? "none",
    draft_siblings: draft_siblings ?? "independent",
    draft_options: translation === undefined ? draft_chain : restricted(draft_chain, translation),
  };
}

function requireDrafted(draft_token_ids: readonly number[] | undefined): readonly number[] {
  if (draft_token_ids === undefined)
    throw new Problem(
      "invalid_option",
      "draft_token_ids must be an array of token ids, got nothing",
      "/draft_token_ids",
    );
  return draft_token_ids;
}

/** Separates the options of the draft from those of its steps. */
function divided(value: Readonly<Record<string, unknown>>) {
  return split(value, (name) => Object.hasOwn(FIELDS, name) || Object.hasOwn(METHOD_FIELDS, name));
}

function split(value: Readonly<Record<string, unknown>>, isIn: (name: string) => boolean) {
  const parts: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const name of Object.keys(value)) parts[isIn(name) ? 0 : 1][name] = value[name];
  return parts;
}

function optionsOf(method: VerifyMethod, fields: Readonly<Record<string, unknown>>): MethodOptions {
  for (const name of Object.keys(fields)) {
    if (Object.hasOwn(method.options.shape, name)) continue;
    const owner = VERIFY_METHODS.find(({ options }) => Object.hasOwn(options.shape, name));
    if (owner !== undefined)
      throw new Problem(
        "option_conflict",
        `${name} is an option of method ${owner.name}, got method ${method.name}`,
        `/${name}`,
      );
    const known = [...Object.keys(FIELDS), ...Object.keys(METHOD_FIELDS)];
    throw new Problem(
      "unknown_option",
      `there is no option ${show(name)} of a draft${didYouMean(name, known)}`,
      pointerTo([name]),
    );
  }
  if (Object.keys(fields).length === 0) return defaultsOf(method);
  return parseWith(method.options, { method: method.name, ...fields }, "");
}

const defaults = new WeakMap<VerifyMethod, MethodOptions>();

/** The options of a method when a draft gives none. They are checked once. */
function defaultsOf(method: VerifyMethod): MethodOptions {
  const known = defaults.get(method);
  if (known !== undefined) return known;
  const options = parseWith(method.options, { method: method.name }, "");
  defaults.set(method, options);
  return options;
}

/**
 * A method that does not use the draft's probabilities refuses the draft's rows and the options about them.
 */
function requireRead(
  { name, readsDraft }: VerifyMethod,
  draft_rows: DraftRows,
  draft_options: unknown,
  draft_siblings: Siblings | undefined,
): void {
  if (draft_siblings !== undefined && draft_rows === "none")
    throw new Problem(
      "option_conflict",
      `draft_siblings say how tokens were drawn from rows of the draft, got ${draft_siblings} with draft_rows none`,
      "/draft_siblings",
    );
  if (draft_rows !== "none" && !readsDraft)
    throw new Problem(
      "option_conflict",
      `method ${name} does not ask how the draft was drawn: leave draft_rows out, got ${draft_rows}`,
      "/draft_rows",
    );
  if (draft_options !== undefined && draft_rows !== "logits")
    throw new Problem(
      "option_conflict",
      `draft_options say how the draft was drawn from rows of logits, got draft_rows ${draft_rows}`,
      "/draft_options",
    );
}

/** When a draft branches, the method must support trees, and the draft's chain must not depend on the drawn token. */
function requireBranches({ name, looksAhead }: VerifyMethod, { chain }: StepOptions): void {
  if (looksAhead)
    throw new Problem(
      "option_conflict",
      `method ${name} judges one chain of tokens as a whole: parents must be -1, 0, 1, …, got a token with several behind it; rejection takes trees`,
      "/parents",
    );
  const stateful = chain.find(({ stage }) => stage.state !== undefined);
  if (stateful !== undefined)
    throw new Problem(
      "option_conflict",
      `the chain of a draft that branches can have no stage with a state, which follows one token, got ${stateful.stage.name}`,
      "/draft_options",
    );
}

/** Refuses draw rules for a token that no rule draws. A watermark has its own noise for tokens that replace drafted ones. */
function requireOwnDraws(
  { name, preserves }: VerifyMethod,
  draw: StepOptions["draw"],
  watermark: StepOptions["watermark"],
): void {
  if (preserves === "tokens") return;
  if (watermark !== undefined && watermark.scheme.targetNoise === undefined)
    throw new Problem("option_conflict", noTargetNoise(watermark.scheme.name), "/watermark");
  if (draw.rule !== DEFAULT_DRAW.rule)
    throw new Problem(
      "option_conflict",
      `method ${name} draws as it does itself: leave draw out, got ${draw.rule.name}`,
      "/draw",
    );
}
