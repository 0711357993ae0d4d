/**
 * The building blocks of option schemas: numbers with a range, token ids and switches. Each has one error
 * sentence with the rule and the value received. Every schema of a client-visible option is made of these.
 */
import * as z from "zod";
import { show } from "../../errors.ts";
import { didYouMean } from "../../nearest.ts";
import { TOKEN_ID_MAX, type TokenIds } from "../../vocabulary/vocabulary.ts";
import { CONTEXT_ID_MAX } from "../history/foreign-ids.ts";
import type { TokenName } from "../history/token-names.ts";

/** A rule as a sentence that the value completes: `must lie in (0, 1], got 1.5`. */
export function rule(sentence: string) {
  return { error: (issue: { readonly input?: unknown }) => `${sentence}, got ${show(issue.input)}` };
}

interface Range {
  readonly min?: number;
  readonly max?: number;
  /**
   * the value that switches the option off; named in the error for clients that send another engine's off
   * value, such as -1
   */
  readonly off?: number;
  /** true when the bound itself is not allowed */
  readonly openMin?: boolean;
  readonly openMax?: boolean;
}

function describeRange({ min, max, off, openMin = false, openMax = false }: Range, noun: string): string {
  const hint = off === undefined ? "" : ` (${off} is off)`;
  if (min !== undefined && max !== undefined)
    return `must lie in ${openMin ? "(" : "["}${min}, ${max}${openMax ? ")" : "]"}${hint}`;
  if (min !== undefined) return `must be ${noun} ${openMin ? "above" : "of at least"} ${min}${hint}`;
  if (max !== undefined) return `must be ${noun} ${openMax ? "below" : "of at most"} ${max}${hint}`;
  return `must be ${noun}`;
}

/** The error for a value that is not a number, such as a string of digits whose number may be in the range. */
function describeType({ off: _, ...range }: Range, noun: string): string {
  const sentence = describeRange(range, noun);
  return sentence.includes(noun) ? sentence : sentence.replace("must lie", `must be ${noun}`);
}

function withRange(schema: z.ZodNumber, range: Range, noun: string): z.ZodNumber {
  const message = rule(describeRange(range, noun));
  let checked = schema;
  if (range.min !== undefined)
    checked = range.openMin ? checked.gt(range.min, message) : checked.gte(range.min, message);
  if (range.max !== undefined)
    checked = range.openMax ? checked.lt(range.max, message) : checked.lte(range.max, message);
  return checked;
}

/** A finite number in a range. */
export function finite(range: Range = {}): z.ZodNumber {
  return withRange(z.number(rule(describeType(range, "a number"))), range, "a number");
}

/** A whole number in a range, within ±(2^53 − 1). */
export function whole(range: Range = {}): z.ZodNumber {
  const { error } = rule(describeType(range, "a whole number"));
  const unsafe = rule(`must be at most ${Number.MAX_SAFE_INTEGER} in size`).error;
  const told = (issue: { readonly code?: string | undefined; readonly input?: unknown }) =>
    Number.isInteger(issue.input) ? unsafe(issue) : error(issue);
  return withRange(z.int({ error: told }), range, "a whole number");
}

/** true or false, and no value that only resembles them. `number` is a hint for clients that send a number. */
export function flag(number?: string): z.ZodBoolean {
  const { error } = rule("must be true or false");
  const hint = number === undefined ? "" : `: ${number}`;
  return z.boolean({ error: (issue) => error(issue) + (typeof issue.input === "number" ? hint : "") });
}

/** One of a list of words. `elsewhere` maps words of other tools to them. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
  elsewhere: Readonly<Record<string, Words[number]>> = {},
) {
  const { error } = rule(`must be one of ${words.map((word) => `"${word}"`).join(", ")}`);
  const hintFor = (given: unknown) => {
    const known = typeof given === "string" ? given.toLowerCase() : "";
    return Object.hasOwn(elsewhere, known)
      ? `; it is called "${elsewhere[known]}" here`
      : didYouMean(given, words);
  };
  return z.enum(words, { error: (issue) => error(issue) + hintFor(issue.input) });
}

/**
 * A list of token ids, checked in one plain loop (a history holds up to 10⁵ of them; zod per element would cost
 * more than the step).
 */
export function tokenIds() {
  return listOfTokens<number>(isTokenId, notATokenId).meta({ type: "array", items: ID });
}

/** Indices into another list of the request, and −1. The caller checks the upper bound. */
export function nodeIds() {
  return listOfTokens<number>(isNodeId, (value) => `must be -1, 0, 1, 2, …, got ${show(value)}`).meta({
    type: "array",
    items: { type: "integer", minimum: -1 },
  });
}

function isNodeId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= -1;
}

/**
 * The ids of a history: any int32 from 0 on, and −1 for a token without an id, which becomes the largest int32. Both
 * match nothing when the row has no logit for them.
 */
export function contextIds() {
  return listOfTokens<number, TokenIds>(isContextId, notAContextId, areContextIds)
    .transform(contextIdsOf)
    .meta({ type: "array", items: { type: "integer", minimum: -1, maximum: CONTEXT_ID_MAX } });
}

/** True when all ids are valid. A plain loop, because a call for each of a million ids takes 10 ms. */
function areContextIds(list: unknown): boolean {
  if (list instanceof Int32Array) return areAbove(list, -2);
  if (!Array.isArray(list)) return false;
  for (let i = 0; i < list.length; i++) {
    const id = list[i];
    // CONTEXT_ID_MAX is the largest int32.
    if (typeof id !== "number" || (id | 0) !== id || id < -1) return false;
  }
  return true;
}

/** A loop of its own, because one that reads lists too is three times slower. */
function areAbove(ids: Int32Array, bound: number): boolean {
  for (let i = 0; i < ids.length; i++) if (ids[i]! <= bound) return false;
  return true;
}

/** The list itself, or a copy in which each −1 became the largest int32. */
export function contextIdsOf<Ids extends TokenIds>(ids: Ids): Ids | number[] {
  if (ids instanceof Int32Array && areAbove(ids, -1)) return ids;
  return ids.includes(-1) ? Array.from<number, number>(ids, (id) => (id === -1 ? CONTEXT_ID_MAX : id)) : ids;
}

export function isContextId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= -1 && (value as number) <= CONTEXT_ID_MAX;
}

export function notAContextId(value: unknown): string {
  return `must be a token id (0, 1, 2, …), or -1 for a token without one, got ${show(value)}`;
}

/** The same, with tokens named by their text allowed. */
export function tokenNames() {
  return listOfTokens<TokenName>(isTokenName, notATokenName).meta({ type: "array", items: NAME });
}

function isList(value: unknown): value is readonly unknown[] | Int32Array {
  return Array.isArray(value) || value instanceof Int32Array;
}

/** `areAll` may say of a list that all of them are, which is quicker than to ask of each. */
function listOfTokens<Token, List = readonly Token[]>(
  isOne: (value: unknown) => boolean,
  notOne: (value: unknown) => string,
  areAll: (list: unknown) => boolean = () => false,
) {
  return z.custom<List>().superRefine((value: unknown, context) => {
    if (areAll(value)) return;
    const index = isList(value) ? value.findIndex((token) => !isOne(token)) : undefined;
    if (index === undefined)
      context.addIssue({ code: "custom", message: `must be an array of token ids, got ${show(value)}` });
    else if (index >= 0)
      context.addIssue({ code: "custom", path: [index], message: notOne((value as unknown[])[index]) });
  });
}

/** JSON Schema of a token id, and of a token named by its id or its text. */
const ID = { type: "integer", minimum: 0 } as const;
export const NAME = { type: ["integer", "string"], minimum: 0 } as const;

export function isTokenId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TOKEN_ID_MAX;
}

export function notATokenId(value: unknown): string {
  return `must be a token id (0, 1, 2, …), got ${show(value)}`;
}

/** A token named by its id or by its text. */
export function isTokenName(value: unknown): value is TokenName {
  return typeof value === "string" ? value !== "" : isTokenId(value);
}

export function notATokenName(value: unknown): string {
  return `must be a token id (0, 1, 2, …) or the text of a token, got ${show(value)}`;
}

/** The tokens that end a text, for stages that suppress or favour them. */
export function stopTokenIds() {
  return tokenNames().describe("The tokens that end a text.");
}

/** A description that stages with encoder tokens share. */
export const ENCODER_INPUT_IDS =
  "The tokens that the model's encoder has read, or those of a text to which the output should stay close.";

/** The minimum number of tokens that a removing stage keeps. */
export function minKeep() {
  return whole({ min: 1 }).default(1).describe("Never keep fewer than this many tokens.");
}

/** The length of the history that a penalty uses. */
export function penaltyLastN() {
  return whole({ min: -1 })
    .default(-1)
    .describe(
      "Only the last n tokens count; -1: all of them, 0: none, which switches the penalty off (llama.cpp) unless penalty_decay_range lets older ones count.",
    );
}

/** How the weight of tokens falls before the last n. */
export function penaltyDecayRange() {
  return whole({ min: 0 })
    .default(0)
    .describe(
      "Number of tokens before the last penalty_last_n over which the penalty fades linearly: the token k before them counts 1 − k / penalty_decay_range. 0: no fading (ExLlamaV3's decay range).",
    );
}

/** The part of the history that a penalty uses; hosts differ, so each penalty has its own default. */
export function penaltyScope(standard: "history" | "generated") {
  return oneOf(["history", "generated"])
    .default(standard)
    .describe("`history`: prompt and generated tokens count; `generated`: only those after `prompt_length`.");
}

/** The same fields, all optional. A default is not filled in, only mentioned in the description. */
export function optionalEach<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  const fields = Object.entries(shape).map(([name, schema]) => [name, optional(schema)]);
  return Object.fromEntries(fields) as { [Name in keyof Shape]: z.ZodOptional<Shape[Name]> }; // names are kept one by one
}

function optional(schema: z.ZodType): z.ZodType {
  if (!(schema instanceof z.ZodDefault)) return schema.optional().meta({ ...schema.meta() });
  const inner = schema.unwrap() as z.ZodType; // the default wraps a classic schema: all fields are made above
  return inner.optional().meta({ ...inner.meta(), ...schema.meta(), default: schema.def.defaultValue });
}
